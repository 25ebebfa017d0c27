/**
 * Poly1305 (RFC 8439, 2.5) in floating point, as its author first wrote it.
 *
 * Six limbs of 22 bits take 36 products a block, where noble's ten of 13 bits take 100. That is
 * what counts where a browser has no JIT (see chacha20.ts); and nothing here takes longer for one
 * value than for another. A test holds it against noble's.
 *
 * Every sum is exact, being below 2⁵³. After the carries a limb is at most 2²¹ and a little, on
 * either side of zero; with the message it is below 1.6 · 2²². Its product with 20 times a limb of
 * the key is below 32 · 2⁴⁴, and six of them are below 2⁵².
 */

import { type Bytes, little } from "./bytes.js";

const PRIME = 2n ** 130n - 5n;
const CLAMP = 0x0ffffffc0ffffffc0ffffffc0fffffffn;
const LIMBS = [0n, 22n, 44n, 66n, 88n, 110n] as const;
const LIMB = 2 ** 22 - 1;
/** The bit above the 16 bytes of a block, as it is in the highest limb. */
const TOP = 2 ** 18;
/** Adding this and taking it away again rounds to a multiple of 2²². */
const ROUND = 1.5 * 2 ** 74;
/** Brings what was carried to the next limb; and from the highest to the lowest, as 2¹³² is 20. */
const DOWN = 2 ** -22;
const WRAP = 20 * DOWN;

/**
 * @param key 32 bytes, used once.
 * @param words what is authenticated, whole blocks of 4 words, the least byte first.
 * @returns the tag of 16 bytes.
 */
export function poly1305(key: Bytes, words: Uint32Array): Bytes {
  const r = little(key.subarray(0, 16)) & CLAMP;
  const [r0, r1, r2, r3, r4, r5] = LIMBS.map((at) => Number(BigInt.asUintN(22, r >> at))) as Limbs;
  const [s1, s2, s3, s4, s5] = [20 * r1, 20 * r2, 20 * r3, 20 * r4, 20 * r5];
  let h0 = 0, h1 = 0, h2 = 0, h3 = 0, h4 = 0, h5 = 0, c = 0;
  for (let at = 0; at < words.length; at += 4) {
    const w0 = words[at]!, w1 = words[at + 1]!, w2 = words[at + 2]!, w3 = words[at + 3]!;
    h0 += w0 & LIMB;
    h1 += ((w0 >>> 22) | (w1 << 10)) & LIMB;
    h2 += ((w1 >>> 12) | (w2 << 20)) & LIMB;
    h3 += (w2 >>> 2) & LIMB;
    h4 += ((w2 >>> 24) | (w3 << 8)) & LIMB;
    h5 += (w3 >>> 14) | TOP;
    let d0 = h0 * r0 + h1 * s5 + h2 * s4 + h3 * s3 + h4 * s2 + h5 * s1;
    let d1 = h0 * r1 + h1 * r0 + h2 * s5 + h3 * s4 + h4 * s3 + h5 * s2;
    let d2 = h0 * r2 + h1 * r1 + h2 * r0 + h3 * s5 + h4 * s4 + h5 * s3;
    let d3 = h0 * r3 + h1 * r2 + h2 * r1 + h3 * r0 + h4 * s5 + h5 * s4;
    let d4 = h0 * r4 + h1 * r3 + h2 * r2 + h3 * r1 + h4 * r0 + h5 * s5;
    let d5 = h0 * r5 + h1 * r4 + h2 * r3 + h3 * r2 + h4 * r1 + h5 * r0;
    c = d0 + ROUND - ROUND; d0 -= c; d1 += c * DOWN;
    c = d1 + ROUND - ROUND; d1 -= c; d2 += c * DOWN;
    c = d2 + ROUND - ROUND; d2 -= c; d3 += c * DOWN;
    c = d3 + ROUND - ROUND; d3 -= c; d4 += c * DOWN;
    c = d4 + ROUND - ROUND; d4 -= c; d5 += c * DOWN;
    c = d5 + ROUND - ROUND; d5 -= c; d0 += c * WRAP;
    c = d0 + ROUND - ROUND; h0 = d0 - c; h1 = d1 + c * DOWN;
    h2 = d2; h3 = d3; h4 = d4; h5 = d5;
  }
  return finished([h0, h1, h2, h3, h4, h5], little(key.subarray(16)));
}

type Limbs = [number, number, number, number, number, number];

/** The tag, of what the limbs are modulo the prime and the other half of the key. */
function finished(limbs: Limbs, s: bigint): Bytes {
  const sum = limbs.reduce((whole, limb, at) => whole + (BigInt(limb) << LIMBS[at]!), 0n);
  const tag = ((sum % PRIME) + PRIME) % PRIME + s;
  return new Uint8Array(BigUint64Array.of(tag, tag >> 64n).buffer);
}
