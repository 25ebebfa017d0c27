/**
 * An editor's private key: what opens a slot (F4.1). For the vectors, and in no page.
 *
 * HPKE is done by hand here, base mode, single-shot: no package opens with 96 bytes, and what the
 * package sealed is so read by something else than itself.
 */

import { chacha20poly1305 } from "@noble/ciphers/chacha.js";
import { x25519 } from "@noble/curves/ed25519.js";
import { expand, extract } from "@noble/hashes/hkdf.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { sha3_256 } from "@noble/hashes/sha3.js";
import { ml_kem768 } from "@noble/post-quantum/ml-kem.js";

import { type Bytes, concat, NONE, utf8 } from "../bytes.js";
import { FILE_KEY } from "../envelope.js";
import { HPKE_INFO } from "../labels.js";

const MLKEM_SEED = 64;
const MLKEM_CIPHERTEXT = 1_088;
const ENCAPSULATED = MLKEM_CIPHERTEXT + 32;
const X_WING = Uint8Array.of(0x5c, 0x2e, 0x2f, 0x2f, 0x5e, 0x5c);
/** KEM, KDF and AEAD (F4.1). */
const SUITE = concat(utf8("HPKE"), Uint8Array.of(0x64, 0x7a, 0, 1, 0, 3));
const BASE_MODE = Uint8Array.of(0);

export class Identity {
  readonly #mlkem: ReturnType<typeof ml_kem768.keygen>;
  readonly #scalar: Bytes;

  /** @param priv 96 bytes: the seed of ML-KEM-768, then the X25519 scalar. */
  constructor(priv: Bytes) {
    this.#mlkem = ml_kem768.keygen(priv.slice(0, MLKEM_SEED));
    this.#scalar = priv.slice(MLKEM_SEED);
  }

  /** The 1,216 bytes that others seal to. */
  public(): Bytes {
    return concat(this.#mlkem.publicKey, x25519.getPublicKey(this.#scalar));
  }

  /** The file key if the slot is ours. */
  unwrap(slot: Bytes): Bytes | undefined {
    try {
      const [key, nonce] = schedule(this.#decapsulate(slot.subarray(0, ENCAPSULATED)));
      const fileKey = chacha20poly1305(key, nonce).decrypt(slot.subarray(ENCAPSULATED));
      return fileKey.length === FILE_KEY ? fileKey : undefined;
    } catch {
      return undefined;
    }
  }

  #decapsulate(encapsulated: Bytes): Bytes {
    const [forMlkem, forX25519] = [
      encapsulated.subarray(0, MLKEM_CIPHERTEXT),
      encapsulated.subarray(MLKEM_CIPHERTEXT),
    ];
    return sha3_256(
      concat(
        ml_kem768.decapsulate(forMlkem, this.#mlkem.secretKey),
        x25519.getSharedSecret(this.#scalar, forX25519),
        forX25519,
        x25519.getPublicKey(this.#scalar),
        X_WING,
      ),
    );
  }
}

/** HPKE's key and nonce (RFC 9180, 5.1). */
function schedule(shared: Bytes): [Bytes, Bytes] {
  const context = concat(
    BASE_MODE,
    extracted(NONE, "psk_id_hash", NONE),
    extracted(NONE, "info_hash", HPKE_INFO),
  );
  const secret = extracted(shared, "secret", NONE);
  return [expanded(secret, "key", context, 32), expanded(secret, "base_nonce", context, 12)];
}

function extracted(salt: Bytes, label: string, ikm: Bytes): Bytes {
  return extract(sha256, concat(utf8("HPKE-v1"), SUITE, utf8(label), ikm), salt);
}

function expanded(secret: Bytes, label: string, info: Bytes, size: number): Bytes {
  const said = concat(Uint8Array.of(0, size), utf8("HPKE-v1"), SUITE, utf8(label), info);
  return expand(sha256, secret, said, size);
}
