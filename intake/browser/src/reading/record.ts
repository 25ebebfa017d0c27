/** What reads a record again (F3). Only a desk does; here it is for the vectors, and in no page. */

import { sha256 } from "@noble/hashes/sha2.js";

import { type Bytes, equal, isZero } from "../bytes.js";
import { Reader } from "../codec.js";
import { Corrupt, Malformed, Truncated } from "../errors.js";
import { MAGIC_RECORD } from "../labels.js";
import { bucket } from "../padme.js";
import {
  BLOCK,
  BlockKind,
  CAPACITY,
  Ending,
  type Header,
  Kind,
  MAX_MEDIA_TYPE,
  MAX_NAME,
  type Trailer,
  TRAILER,
} from "../record.js";

/** Verified blocks in, content out: everything up to where reading ends is in `content`. */
export class RecordReader {
  readonly header: Header;
  /** There when all content was delivered, although padding may be missing. */
  trailer: Trailer | undefined;
  readonly #blocks: Iterator<Bytes>;
  #count = 0;
  #first: [number, Bytes];
  #offset: number;

  /** @throws Malformed, Truncated, and what the blocks throw. */
  constructor(blocks: Iterable<Bytes>) {
    this.#blocks = blocks[Symbol.iterator]();
    const first = this.#next();
    if (!first) throw new Truncated("cut off before its first block");
    if (first[0] === BlockKind.PADDING) throw new Malformed("a record that begins with padding");
    const reader = new Reader(first[1]);
    try {
      this.header = readHeader(reader);
    } catch (error) {
      if (error instanceof Truncated) throw new Malformed("a header that does not fit its block");
      throw error;
    }
    this.#first = first;
    this.#offset = reader.offset;
  }

  /**
   * Yield the content, once; its size and hash are verified at the end.
   *
   * @throws Truncated, Corrupt, Malformed after everything before it was yielded.
   */
  *content(): Generator<Bytes> {
    const digest = sha256.create();
    let [size, short, offset] = [0, false, this.#offset];
    let block: [number, Bytes] | undefined = this.#first;
    for (;;) {
      if (!block) throw new Truncated("cut off before its end");
      const [kind, data]: [number, Bytes] = block;
      if (kind === BlockKind.PADDING || (short && kind === BlockKind.MORE)) {
        throw new Malformed("blocks out of order");
      }
      const end = data.length - (kind === BlockKind.END ? TRAILER : 0);
      // Only a rest that leaves no room for the trailer may be short (F3.3).
      if (kind === BlockKind.MORE && data.length < CAPACITY) {
        short = true;
        if (data.length + TRAILER <= CAPACITY) throw new Malformed("a short block");
      }
      if (end < offset || (kind === BlockKind.END && short && end !== 0)) {
        throw new Malformed("an ending that does not fit its block");
      }
      const piece = data.subarray(offset, end);
      digest.update(piece);
      size += piece.length;
      if (piece.length) yield piece;
      if (kind === BlockKind.END) {
        this.#close(data.subarray(end), size, digest.digest());
        return;
      }
      [block, offset] = [this.#next(), 0];
    }
  }

  #close(ending: Bytes, size: number, digest: Uint8Array): void {
    const trailer = readTrailer(ending);
    if (trailer.size !== BigInt(size) || !equal(trailer.sha256, digest)) {
      throw new Corrupt("size or SHA-256 do not agree with the content");
    }
    this.trailer = trailer;
    const total = bucket(this.#count);
    for (let block = this.#next(); block; block = this.#next()) {
      if (block[0] !== BlockKind.PADDING || block[1].length) {
        throw new Malformed("something follows the record's end");
      }
      if (this.#count > total) throw new Malformed("more padding than its bucket has");
    }
    if (this.#count < total) throw new Truncated("cut off in its padding; the content is whole");
  }

  /** The next block's kind, and what counts in it. */
  #next(): [number, Bytes] | undefined {
    const { value: block } = this.#blocks.next() as { value: Bytes | undefined };
    if (!block) return undefined;
    this.#count += 1;
    if (block.length !== BLOCK) throw new Malformed(`a block of ${block.length} bytes`);
    const reader = new Reader(block);
    const [kind, used] = [reader.number(1), reader.number(3)];
    if (kind > BlockKind.PADDING || used > CAPACITY) throw new Malformed("no such block");
    if (!isZero(block.subarray(4 + used))) throw new Malformed("unused bytes that are not zero");
    return [kind, block.subarray(4, 4 + used)];
  }
}

function readHeader(reader: Reader): Header {
  reader.magic(MAGIC_RECORD);
  const kind = reader.number(1);
  if (kind < Kind.MESSAGE || kind > Kind.MANIFEST) throw new Malformed(`a record of kind ${kind}`);
  return {
    kind,
    submission: reader.fixed(16),
    capability: reader.fixed(32),
    replyKey: reader.fixed(32),
    position: reader.number(4),
    name: reader.text(MAX_NAME),
    mediaType: reader.text(MAX_MEDIA_TYPE),
  };
}

function readTrailer(data: Bytes): Trailer {
  const reader = new Reader(data);
  const ending = reader.number(1);
  if (ending !== Ending.COMPLETE && ending !== Ending.CUT) {
    throw new Malformed(`a record with ending ${ending}`);
  }
  return { ending, size: reader.u64(), sha256: reader.fixed(32) };
}
