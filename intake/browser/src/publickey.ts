/** An editor's public key of one epoch (F4.1): what makes it one that can be sealed to. */

import { little } from "./bytes.js";
import { Malformed } from "./errors.js";

export const PUBLIC_KEY = 1_184 + 32;
const MLKEM = 1_184;
/** Bytes of the ML-KEM key that hold its coefficients, 12 bits each. */
const COEFFICIENTS = 1_152;
const Q = 3_329;

const PRIME = 2n ** 255n - 19n;
/** Every u of low order, on the curve and its twist: X25519 of any scalar with it is zero. */
export const LOW_ORDER = new Set([
  0n,
  1n,
  PRIME - 1n,
  0x00b8495f16056286fdb1329ceb8d09da6ac49ff1fae35616aeb8413b7c7aebe0n,
  0x57119fd0dd4e22d8868e1c58c45c44045bef839c55b1d0b1248c50a3bc959c5fn,
]);

/** @throws Malformed nothing can be sealed to it. */
export function checkPublicKey(untrusted: Uint8Array): void {
  if (untrusted.length !== PUBLIC_KEY) {
    throw new Malformed(`a public key of ${untrusted.length} bytes`);
  }
  for (let at = 0; at < COEFFICIENTS; at += 3) {
    const [a, b, c] = [untrusted[at]!, untrusted[at + 1]!, untrusted[at + 2]!];
    if ((a | ((b & 15) << 8)) >= Q || ((b >> 4) | (c << 4)) >= Q) {
      throw new Malformed("a public key whose coefficients are not reduced");
    }
  }
  // X25519 looks at 255 bits, modulo the prime.
  const u = BigInt.asUintN(255, little(untrusted.subarray(MLKEM))) % PRIME;
  if (LOW_ORDER.has(u)) throw new Malformed("a public key of low order");
}
