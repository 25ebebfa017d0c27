/** The envelope's header (F4.1, F4.2): the file key, sealed to every editor. */

import {
  AEAD_ChaCha20Poly1305,
  KDF_HKDF_SHA256,
  KEM_MLKEM768_X25519,
} from "@panva/hpke-noble";
import { CipherSuite } from "hpke";

import { type Bytes, concat, NONE } from "./bytes.js";
import { Writer } from "./codec.js";
import { derive, ENVELOPE_ID, HEADER_MAC, HPKE_INFO, MAGIC_ENVELOPE } from "./labels.js";
import { BLOCK } from "./record.js";

export const TAG = 16;
/** Bytes of a sealed chunk: one block of the record and its tag. */
export const CHUNK = BLOCK + TAG;
export const PAGE = 4_096;
export const FILE_KEY = 32;
export const MAC = 32;
export const SLOT = 1_120 + FILE_KEY + TAG;
export const MAX_SLOTS = 32;

const SUITE = new CipherSuite(KEM_MLKEM768_X25519, KDF_HKDF_SHA256, AEAD_ChaCha20Poly1305);

/** Bytes before the first chunk of an envelope to so many editors. */
export function headerSize(slots: number): number {
  return Math.ceil((8 + 2 + slots * SLOT + MAC) / PAGE) * PAGE;
}

/** The 16-byte id of an envelope, from its first page (F4.5). */
export function envelopeId(front: Uint8Array): Bytes {
  return derive(NONE, ENVELOPE_ID, front.subarray(0, PAGE), 16);
}

/**
 * Seal the file key to each public key, one to 32 of them, as `checkPublicKey` accepts them.
 *
 * Every call gives another header, and each fits the chunks: HPKE draws its own randomness.
 */
export async function sealHeader(publicKeys: readonly Bytes[], fileKey: Bytes): Promise<Bytes> {
  if (publicKeys.length < 1 || publicKeys.length > MAX_SLOTS) {
    throw new RangeError(`an envelope to ${publicKeys.length} editors`);
  }
  const slots = await Promise.all(publicKeys.map((key) => wrap(key, fileKey)));
  const writer = new Writer().fixed(MAGIC_ENVELOPE, 8).number(slots.length, 2);
  for (const slot of slots) writer.fixed(slot, SLOT);
  const body = writer.done();
  const header = new Uint8Array(headerSize(slots.length));
  header.set(concat(body, derive(fileKey, HEADER_MAC, body)));
  return header;
}

async function wrap(publicKey: Bytes, fileKey: Bytes): Promise<Bytes> {
  const key = await SUITE.DeserializePublicKey(publicKey);
  const sealed = await SUITE.Seal(key, fileKey, { info: HPKE_INFO });
  return concat(sealed.encapsulatedSecret, sealed.ciphertext);
}
