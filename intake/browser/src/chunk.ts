/** A chunk: one block of a record under ChaCha20-Poly1305 (F4.3). */

import type { Bytes } from "./bytes.js";
import { chacha20 } from "./chacha20.js";
import { CHUNK, TAG } from "./envelope.js";
import { poly1305 } from "./poly1305.js";
import { BLOCK } from "./record.js";

/** The 12 bytes that a chunk is sealed with, no others twice under one key. */
export function chunkNonce(number: number, last: boolean): Bytes {
  const nonce = new Uint8Array(12);
  const view = new DataView(nonce.buffer);
  view.setBigUint64(3, BigInt(number));
  view.setUint8(11, last ? 1 : 0);
  return nonce;
}

/**
 * Seal a chunk where it lies (RFC 8439, 2.8).
 *
 * @param chunk 65,536 bytes that begin at a multiple of 4: the block, and room for the tag.
 */
export function sealChunk(payloadKey: Bytes, nonce: Bytes, chunk: Bytes): void {
  const [key, words] = [wordsOf(payloadKey), wordsOf(nonce)];
  const once = new Uint32Array(16);
  chacha20(key, words, 0, once);
  const data = new Uint32Array(chunk.buffer, chunk.byteOffset, CHUNK / 4);
  chacha20(key, words, 1, data);
  // The tag is over the ciphertext, which needs no padding here, and over two lengths: of what is
  // not encrypted, and of what is. They lie where the tag will.
  data.set([0, 0, BLOCK, 0], BLOCK / 4);
  const tag = poly1305(new Uint8Array(once.buffer, 0, 32), data);
  chunk.set(tag, CHUNK - TAG);
}

/** Bytes as words of 32 bits, in memory of their own: a view could not begin just anywhere. */
function wordsOf(bytes: Bytes): Uint32Array {
  return new Uint32Array(bytes.slice().buffer);
}
