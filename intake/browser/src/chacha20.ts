/**
 * ChaCha20 (RFC 8439, 2.4) in straight lines.
 *
 * Why not noble's, which serves everything else here: where a browser has no JIT, as in Tor
 * Browser's level "Safer", its call for each rotation doubles the time, and sealing has to keep up
 * with Tor. A test holds the two against each other.
 */

/** "expand 32-byte k" */
const [C0, C1, C2, C3] = [0x61707865, 0x3320646e, 0x79622d32, 0x6b206574];

/**
 * Encrypt, or decrypt, where it lies.
 *
 * Words are of 32 bits, the least byte first, as in memory on whatever browsers run on.
 *
 * @param key 8 words.
 * @param nonce 3 words.
 * @param counter of the first block.
 * @param data whole blocks of 16 words.
 */
export function chacha20(
  key: Uint32Array,
  nonce: Uint32Array,
  counter: number,
  data: Uint32Array,
): void {
  const [k0, k1, k2, k3, k4, k5, k6, k7] = key as unknown as Numbers;
  const [n0, n1, n2] = nonce as unknown as Numbers;
  for (let at = 0; at < data.length; at += 16, counter++) {
    let x0 = C0, x1 = C1, x2 = C2, x3 = C3, x4 = k0, x5 = k1, x6 = k2, x7 = k3;
    let x8 = k4, x9 = k5, x10 = k6, x11 = k7, x12 = counter, x13 = n0, x14 = n1, x15 = n2;
    for (let round = 0; round < 20; round += 2) {
      x0 = (x0 + x4) | 0; x12 ^= x0; x12 = (x12 << 16) | (x12 >>> 16);
      x8 = (x8 + x12) | 0; x4 ^= x8; x4 = (x4 << 12) | (x4 >>> 20);
      x0 = (x0 + x4) | 0; x12 ^= x0; x12 = (x12 << 8) | (x12 >>> 24);
      x8 = (x8 + x12) | 0; x4 ^= x8; x4 = (x4 << 7) | (x4 >>> 25);
      x1 = (x1 + x5) | 0; x13 ^= x1; x13 = (x13 << 16) | (x13 >>> 16);
      x9 = (x9 + x13) | 0; x5 ^= x9; x5 = (x5 << 12) | (x5 >>> 20);
      x1 = (x1 + x5) | 0; x13 ^= x1; x13 = (x13 << 8) | (x13 >>> 24);
      x9 = (x9 + x13) | 0; x5 ^= x9; x5 = (x5 << 7) | (x5 >>> 25);
      x2 = (x2 + x6) | 0; x14 ^= x2; x14 = (x14 << 16) | (x14 >>> 16);
      x10 = (x10 + x14) | 0; x6 ^= x10; x6 = (x6 << 12) | (x6 >>> 20);
      x2 = (x2 + x6) | 0; x14 ^= x2; x14 = (x14 << 8) | (x14 >>> 24);
      x10 = (x10 + x14) | 0; x6 ^= x10; x6 = (x6 << 7) | (x6 >>> 25);
      x3 = (x3 + x7) | 0; x15 ^= x3; x15 = (x15 << 16) | (x15 >>> 16);
      x11 = (x11 + x15) | 0; x7 ^= x11; x7 = (x7 << 12) | (x7 >>> 20);
      x3 = (x3 + x7) | 0; x15 ^= x3; x15 = (x15 << 8) | (x15 >>> 24);
      x11 = (x11 + x15) | 0; x7 ^= x11; x7 = (x7 << 7) | (x7 >>> 25);

      x0 = (x0 + x5) | 0; x15 ^= x0; x15 = (x15 << 16) | (x15 >>> 16);
      x10 = (x10 + x15) | 0; x5 ^= x10; x5 = (x5 << 12) | (x5 >>> 20);
      x0 = (x0 + x5) | 0; x15 ^= x0; x15 = (x15 << 8) | (x15 >>> 24);
      x10 = (x10 + x15) | 0; x5 ^= x10; x5 = (x5 << 7) | (x5 >>> 25);
      x1 = (x1 + x6) | 0; x12 ^= x1; x12 = (x12 << 16) | (x12 >>> 16);
      x11 = (x11 + x12) | 0; x6 ^= x11; x6 = (x6 << 12) | (x6 >>> 20);
      x1 = (x1 + x6) | 0; x12 ^= x1; x12 = (x12 << 8) | (x12 >>> 24);
      x11 = (x11 + x12) | 0; x6 ^= x11; x6 = (x6 << 7) | (x6 >>> 25);
      x2 = (x2 + x7) | 0; x13 ^= x2; x13 = (x13 << 16) | (x13 >>> 16);
      x8 = (x8 + x13) | 0; x7 ^= x8; x7 = (x7 << 12) | (x7 >>> 20);
      x2 = (x2 + x7) | 0; x13 ^= x2; x13 = (x13 << 8) | (x13 >>> 24);
      x8 = (x8 + x13) | 0; x7 ^= x8; x7 = (x7 << 7) | (x7 >>> 25);
      x3 = (x3 + x4) | 0; x14 ^= x3; x14 = (x14 << 16) | (x14 >>> 16);
      x9 = (x9 + x14) | 0; x4 ^= x9; x4 = (x4 << 12) | (x4 >>> 20);
      x3 = (x3 + x4) | 0; x14 ^= x3; x14 = (x14 << 8) | (x14 >>> 24);
      x9 = (x9 + x14) | 0; x4 ^= x9; x4 = (x4 << 7) | (x4 >>> 25);
    }
    data[at]! ^= x0 + C0;
    data[at + 1]! ^= x1 + C1;
    data[at + 2]! ^= x2 + C2;
    data[at + 3]! ^= x3 + C3;
    data[at + 4]! ^= x4 + k0;
    data[at + 5]! ^= x5 + k1;
    data[at + 6]! ^= x6 + k2;
    data[at + 7]! ^= x7 + k3;
    data[at + 8]! ^= x8 + k4;
    data[at + 9]! ^= x9 + k5;
    data[at + 10]! ^= x10 + k6;
    data[at + 11]! ^= x11 + k7;
    data[at + 12]! ^= x12 + counter;
    data[at + 13]! ^= x13 + n0;
    data[at + 14]! ^= x14 + n1;
    data[at + 15]! ^= x15 + n2;
  }
}

type Numbers = readonly [number, number, number, number, number, number, number, number];
