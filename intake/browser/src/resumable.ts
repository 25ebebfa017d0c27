/** An upload that the codename and the content find again: nothing else is remembered (F4.6). */

import { Blocks } from "./blocks.js";
import { type Bytes, hex, NONE } from "./bytes.js";
import { chunkNonce, sealChunk } from "./chunk.js";
import { Writer } from "./codec.js";
import { CHUNK, headerSize, sealHeader } from "./envelope.js";
import { ADDRESS, CONTENT, CONTENT_KEY, derive, PAYLOAD_KEY, UPLOAD_ID } from "./labels.js";
import { BLOCK, CAPACITY, TRAILER } from "./record.js";

export const CONTENT_ID = 32;
/** Blocks, and bytes of content, of the largest record that a sender makes so. */
export const MAX_BLOCKS = 128;
export const MAX_CONTENT = MAX_BLOCKS * CAPACITY - TRAILER - 97;

/** The 32 bytes that stand for one record of one source; `front` is its header, encoded. */
export function contentId(uploadKey: Bytes, front: Bytes, size: number, sha256: Bytes): Bytes {
  const said = new Writer().fixed(front, front.length).number(size, 8).fixed(sha256, 32);
  return derive(uploadKey, CONTENT, said.done());
}

/** The 16 bytes under which a server keeps what arrives at an address. */
export function uploadId(address: Uint8Array, size: number): Bytes {
  const said = new Writer().fixed(address, 32).number(size, 8);
  return derive(NONE, UPLOAD_ID, said.done(), 16);
}

/** One record on its way: any chunk of it can be sealed at any time, and again. */
export class Resumable {
  /** 32 bytes; whoever knows them can add to the upload. */
  readonly address: Bytes;
  readonly #fileKey: Bytes;
  readonly #payloadKey: Bytes;
  readonly #blocks: Blocks;

  /**
   * @param front the record's header, encoded.
   * @param content at most `MAX_CONTENT` bytes that nobody changes any more.
   * @param sha256 of the content.
   * @param identity as `contentId` made it; or as many random bytes, where nobody is to find the
   * upload again once this object is gone.
   */
  constructor(front: Bytes, content: Bytes, sha256: Bytes, identity: Bytes) {
    if (identity.length !== CONTENT_ID) throw new RangeError(`an id of ${identity.length} bytes`);
    if (content.length > MAX_CONTENT) {
      throw new RangeError(`${content.length} bytes are too much for one record`);
    }
    this.address = derive(identity, ADDRESS);
    this.#fileKey = derive(identity, CONTENT_KEY);
    this.#payloadKey = derive(this.#fileKey, PAYLOAD_KEY);
    this.#blocks = new Blocks(front, content, sha256);
  }

  /** How many chunks there are, padding included. */
  get chunks(): number {
    return this.#blocks.count;
  }

  /** Bytes of the whole envelope. */
  size(editors: number): number {
    return headerSize(editors) + this.chunks * CHUNK;
  }

  /** Where the envelope is sent to (P2.1). */
  url(editors: number): string {
    return `/uploads/${hex(this.address)}.${this.size(editors)}`;
  }

  /** Seal it whole: the chunks are the same each time, the header is another. */
  async seal(publicKeys: readonly Bytes[]): Promise<Bytes> {
    const header = await sealHeader(publicKeys, this.#fileKey);
    const envelope = new Uint8Array(this.size(publicKeys.length));
    envelope.set(header);
    for (let number = 0; number < this.chunks; number++) {
      const at = header.length + number * CHUNK;
      const chunk = envelope.subarray(at, at + CHUNK);
      this.#blocks.write(number, chunk.subarray(0, BLOCK));
      sealChunk(this.#payloadKey, chunkNonce(number, number === this.chunks - 1), chunk);
    }
    return envelope;
  }
}
