/** Bytes, and the one way in which texts become bytes and come back (F1). */

import { Malformed } from "./errors.js";

export type Bytes = Uint8Array<ArrayBuffer>;

export const NONE: Bytes = new Uint8Array(0);

export function concat(...parts: readonly Uint8Array[]): Bytes {
  const whole = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Whether two are the same, in a time that does not tell where they differ. */
export function equal(one: Uint8Array, other: Uint8Array): boolean {
  if (one.length !== other.length) return false;
  let difference = 0;
  for (let at = 0; at < one.length; at++) difference |= one[at]! ^ other[at]!;
  return difference === 0;
}

export function isZero(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0);
}

/** Hexadecimal digits, lower case. */
export function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** An unsigned number, its least byte first. */
export function little(bytes: Uint8Array): bigint {
  return BigInt(`0x${hex(bytes.toReversed())}`);
}

const ENCODER = new TextEncoder();
const DECODER = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** UTF-8; what is half a character becomes U+FFFD. */
export function utf8(text: string): Bytes {
  return ENCODER.encode(text);
}

/** @throws Malformed not well-formed UTF-8. */
export function textOf(untrusted: Uint8Array): string {
  try {
    return DECODER.decode(untrusted);
  } catch {
    throw new Malformed("a text is not UTF-8");
  }
}
