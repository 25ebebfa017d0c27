/** Holds what is written here for speed against noble's, which serves everything else. */

import { strictEqual as same } from "node:assert";

import { poly1305 as noblePoly1305 } from "@noble/ciphers/_poly1305.js";
import { chacha20 as nobleChacha20, chacha20poly1305 } from "@noble/ciphers/chacha.js";
import { x25519 } from "@noble/curves/ed25519.js";

import { type Bytes, hex } from "../../intake/browser/src/bytes.js";
import { chacha20 } from "../../intake/browser/src/chacha20.js";
import { random } from "../../intake/browser/src/chance.js";
import { chunkNonce, sealChunk } from "../../intake/browser/src/chunk.js";
import { CHUNK } from "../../intake/browser/src/envelope.js";
import { poly1305 } from "../../intake/browser/src/poly1305.js";
import { checkPublicKey, LOW_ORDER, PUBLIC_KEY } from "../../intake/browser/src/publickey.js";
import { BLOCK } from "../../intake/browser/src/record.js";

const TIMES = 500;

function words(bytes: Bytes): Uint32Array {
  return new Uint32Array(bytes.slice().buffer);
}

/** Bytes that are drawn, or all of one kind: the least and the greatest carries. */
function some(size: number, time: number): Bytes {
  if (time % 4 === 0) return new Uint8Array(size).fill(255);
  if (time % 4 === 1) return new Uint8Array(size);
  if (time % 4 === 2) return random(size).map((byte) => (byte < 128 ? 0 : 255));
  return random(size);
}

function chacha20IsNobles(time: number): void {
  const [key, nonce] = [some(32, time), some(12, time >> 2)];
  const data = some(64 * (time % 5), time >> 4);
  const counter = time % 7;
  const ours = words(data);
  chacha20(words(key), words(nonce), counter, ours);
  same(hex(new Uint8Array(ours.buffer)), hex(nobleChacha20(key, nonce, data, undefined, counter)));
}

function poly1305IsNobles(time: number): void {
  const [key, data] = [some(32, time), some(16 * (time % 40), time >> 2)];
  same(hex(poly1305(key, words(data))), hex(noblePoly1305(data, key)));
}

function aChunkIsNobles(time: number): void {
  const [key, block] = [random(32), random(BLOCK)];
  const nonce = chunkNonce(2 ** 32 + time, time % 2 === 0);
  const memory = new Uint8Array(CHUNK + 8);
  const chunk = memory.subarray(8);
  chunk.set(block);
  sealChunk(key, nonce, chunk);
  same(hex(chunk), hex(chacha20poly1305(key, nonce).encrypt(block)));
}

/** RFC 8439, A.3: sums at the edges of the modulus. */
function poly1305IsRight(): void {
  const edges = [
    ["02", "ffffffffffffffffffffffffffffffff", "03"],
    ["02", "02", "03", "ffffffffffffffffffffffffffffffff"],
    ["01", "fffffffffffffffffffffffffffffffff0ffffffffffffffffffffffffffffff11", "05"],
    ["01", `${"f".repeat(32)}fb${"fe".repeat(15)}${"01".repeat(16)}`, "00"],
    ["02", "fdffffffffffffffffffffffffffffff", "faffffffffffffffffffffffffffffff"],
  ] as const;
  for (const [r, message, tag, s = ""] of edges) {
    const key = hexed(r.padEnd(32, "0") + s.padEnd(32, "0"));
    const data = hexed(message.padEnd(Math.ceil(message.length / 32) * 32, "0"));
    same(hex(poly1305(key, words(data))), tag.padEnd(32, "0"));
  }
}

function hexed(digits: string): Bytes {
  return new Uint8Array(Buffer.from(digits, "hex"));
}

/** The list of points of low order is what X25519 gives zero for, or noble an error. */
function lowOrderIsX25519s(): void {
  for (const u of LOW_ORDER) {
    const point = Uint8Array.from({ length: 32 }, (_, at) => Number((u >> BigInt(8 * at)) & 255n));
    same(isRefused(() => x25519.getSharedSecret(random(32), point)), true);
    for (const high of [0, 128]) {
      const key = new Uint8Array(PUBLIC_KEY);
      key.set(point, PUBLIC_KEY - 32);
      key[PUBLIC_KEY - 1]! |= high;
      same(isRefused(() => checkPublicKey(key)), true);
    }
  }
  same(isRefused(() => checkPublicKey(new Uint8Array(PUBLIC_KEY).fill(9, PUBLIC_KEY - 32))), false);
}

function isRefused(act: () => unknown): boolean {
  try {
    act();
    return false;
  } catch {
    return true;
  }
}

for (let time = 0; time < TIMES; time++) {
  chacha20IsNobles(time);
  poly1305IsNobles(time);
}
for (let time = 0; time < 4; time++) aChunkIsNobles(time);
poly1305IsRight();
lowOrderIsX25519s();
console.log("the same");
