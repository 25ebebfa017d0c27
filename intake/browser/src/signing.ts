/** Ed25519 over a label and a body's digest, and fingerprints that people compare (F2.3). */

import { ed25519 } from "@noble/curves/ed25519.js";
import { sha512 } from "@noble/hashes/sha2.js";

import { type Bytes, concat, hex, little, NONE } from "./bytes.js";
import { BadSignature } from "./errors.js";
import { derive, FINGERPRINT, SIGNED } from "./labels.js";

export const SIGNATURE = 64;
export const VERIFY_KEY = 32;

const { Point } = ed25519;
const ORDER = Point.Fn.ORDER;

/** @throws BadSignature it is not good. */
export function verify(
  key: Uint8Array,
  label: Uint8Array,
  body: Uint8Array,
  signature: Uint8Array,
): void {
  if (!isGood(key, message(label, body), signature)) {
    throw new BadSignature("the signature is not good");
  }
}

/**
 * As libsodium decides it. noble's own `verify` multiplies by the cofactor, also with
 * `zip215: false`, and so accepts what libsodium rejects: two sides could not agree on a keyring.
 */
function isGood(key: Uint8Array, signed: Uint8Array, signature: Uint8Array): boolean {
  const s = little(signature.subarray(32));
  if (s >= ORDER) return false;
  const a = pointOf(key);
  const r = pointOf(signature.subarray(0, 32));
  if (!a || !r || a.isSmallOrder() || r.isSmallOrder()) return false;
  const k = little(sha512(concat(signature.subarray(0, 32), key, signed))) % ORDER;
  return Point.BASE.multiplyUnsafe(s).subtract(a.multiplyUnsafe(k)).equals(r);
}

/** The point of 32 bytes, if they are the one form in which it is written. */
function pointOf(bytes: Uint8Array): InstanceType<typeof Point> | undefined {
  try {
    return Point.fromBytes(bytes);
  } catch {
    return undefined;
  }
}

/** What is signed for a body. */
export function message(label: Uint8Array, body: Uint8Array): Bytes {
  return concat(label, derive(NONE, SIGNED, body, 64));
}

/** 100 bits of the key's hash in groups that can be read out over a telephone. */
export function fingerprint(key: Uint8Array): string {
  const digits = hex(derive(NONE, FINGERPRINT, key, 16)).slice(0, 25);
  return digits.match(/.{5}/g)!.join(" ");
}
