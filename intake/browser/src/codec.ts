/**
 * The one encoding of everything structured: big-endian integers and length-prefixed bytes.
 *
 * Strict on purpose: for every input that is accepted, writing what was read gives the same bytes.
 */

import { type Bytes, concat, equal, textOf, utf8 } from "./bytes.js";
import { Malformed, Truncated } from "./errors.js";

/** Builds an encoding front to back; a value that does not fit is a `RangeError`. */
export class Writer {
  readonly #parts: Uint8Array[] = [];

  /** An unsigned integer of `size` bytes, at most 8. */
  number(value: number | bigint, size: number): this {
    const whole = BigInt(value);
    if (BigInt.asUintN(8 * size, whole) !== whole) {
      throw new RangeError(`${value} does not fit into ${size} bytes`);
    }
    const eight = new Uint8Array(8);
    new DataView(eight.buffer).setBigUint64(0, whole);
    this.#parts.push(eight.subarray(8 - size));
    return this;
  }

  /** Exactly `size` bytes. */
  fixed(value: Uint8Array, size: number): this {
    if (value.length !== size) {
      throw new RangeError(`${value.length} bytes where the format has ${size}`);
    }
    this.#parts.push(value);
    return this;
  }

  /** A 4-byte length and at most `limit` bytes. */
  blob(value: Uint8Array, limit: number): this {
    if (value.length > limit) {
      throw new RangeError(`${value.length} bytes where the format allows ${limit}`);
    }
    return this.number(value.length, 4).fixed(value, value.length);
  }

  /** UTF-8 of at most `limit` bytes, behind a 2-byte length. */
  text(value: string, limit: number): this {
    const encoded = utf8(value);
    if (encoded.length > limit) {
      throw new RangeError(`${encoded.length} bytes of text where the format allows ${limit}`);
    }
    return this.number(encoded.length, 2).fixed(encoded, encoded.length);
  }

  /** The encoding so far. */
  done(): Bytes {
    return concat(...this.#parts);
  }
}

/**
 * Reads an encoding front to back. What it gives out are views of the input.
 *
 * Every method throws `Truncated` where the input ends inside a value, and `Malformed` where a
 * length, a text or a constant is not as the format has it.
 */
export class Reader {
  readonly #data: Bytes;
  offset: number;

  constructor(untrusted: Bytes, offset = 0) {
    this.#data = untrusted;
    this.offset = offset;
  }

  /** Exactly `size` bytes. */
  fixed(size: number): Bytes {
    const end = this.offset + size;
    if (end > this.#data.length) {
      throw new Truncated(`${end - this.#data.length} bytes are missing at the end`);
    }
    const value = this.#data.subarray(this.offset, end);
    this.offset = end;
    return value;
  }

  /** An unsigned integer of `size` bytes, at most 4. */
  number(size: number): number {
    return this.fixed(size).reduce((value, byte) => value * 256 + byte, 0);
  }

  /** An unsigned integer of 8 bytes. */
  u64(): bigint {
    const bytes = this.fixed(8);
    return new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0);
  }

  /** At most `limit` bytes behind a 4-byte length. */
  blob(limit: number): Bytes {
    const size = this.number(4);
    if (size > limit) throw new Malformed(`a part of ${size} bytes, ${limit} are allowed`);
    return this.fixed(size);
  }

  /** At most `limit` bytes of UTF-8 behind a 2-byte length. */
  text(limit: number): string {
    const size = this.number(2);
    if (size > limit) throw new Malformed(`a text of ${size} bytes, ${limit} are allowed`);
    return textOf(this.fixed(size));
  }

  /** How many of something follow. */
  count(size: number, limit: number): number {
    const count = this.number(size);
    if (count > limit) throw new Malformed(`${count} parts, ${limit} are allowed`);
    return count;
  }

  /** The constant that an object begins with. */
  magic(expected: Uint8Array): void {
    const found = this.fixed(expected.length);
    if (!equal(found, expected)) throw new Malformed("begins as something else");
  }

  /** Nothing may be left. */
  done(): void {
    const left = this.#data.length - this.offset;
    if (left) throw new Malformed(`${left} bytes too many at the end`);
  }
}
