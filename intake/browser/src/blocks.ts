/** Any block of a record whose content is in memory, by its number (F3.1). */

import type { Bytes } from "./bytes.js";
import { bucket } from "./padme.js";
import { BlockKind, CAPACITY, Ending, TRAILER, trailerBytes } from "./record.js";

/** A complete record, whose blocks can be asked for in any order and again. */
export class Blocks {
  /** How many there are, padding included. */
  readonly count: number;
  readonly #front: Bytes;
  readonly #content: Bytes;
  readonly #trailer: Bytes;
  /** Blocks that are full, bytes after them, and the number of the block that ends the record. */
  readonly #full: number;
  readonly #rest: number;
  readonly #end: number;

  /**
   * @param front the header, encoded.
   * @param content all of it; must not change.
   * @param sha256 of the content.
   */
  constructor(front: Bytes, content: Bytes, sha256: Bytes) {
    this.#front = front;
    this.#content = content;
    this.#trailer = trailerBytes({ ending: Ending.COMPLETE, size: content.length, sha256 });
    const size = front.length + content.length;
    this.#rest = size % CAPACITY;
    this.#full = (size - this.#rest) / CAPACITY;
    // F3.1: a rest that leaves no room for the trailer has a block of its own.
    this.#end = this.#full + (this.#rest + TRAILER > CAPACITY ? 1 : 0);
    this.count = bucket(this.#end + 1);
  }

  /** Write block `number`, from 0, into `out`, which has `BLOCK` bytes. */
  write(number: number, out: Bytes): void {
    if (!(number >= 0 && number < this.count)) {
      throw new RangeError(`block ${number} of ${this.count}`);
    }
    const [kind, used] = this.#shape(number);
    let end = 4 + used;
    this.#stream(number * CAPACITY, out.subarray(4, end));
    if (kind === BlockKind.END) {
      out.set(this.#trailer, end);
      end += TRAILER;
    }
    out.fill(0, end);
    new DataView(out.buffer, out.byteOffset).setUint32(0, (kind << 24) | (end - 4));
  }

  /** A block's kind, and how many bytes of the stream are in it. */
  #shape(number: number): [number, number] {
    if (number > this.#end) return [BlockKind.PADDING, 0];
    const kind = number === this.#end ? BlockKind.END : BlockKind.MORE;
    if (number < this.#full) return [kind, CAPACITY];
    return [kind, number === this.#full ? this.#rest : 0];
  }

  /** Fill `out` with bytes of header and content, one after the other, from `start` on. */
  #stream(start: number, out: Bytes): void {
    if (!out.length) return;
    const front = this.#front.subarray(start, start + out.length);
    out.set(front);
    const begin = Math.max(0, start - this.#front.length);
    out.set(this.#content.subarray(begin, begin + out.length - front.length), front.length);
  }
}
