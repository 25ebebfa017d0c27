/** The record: what is inside every envelope (F3); here what it says of itself. */

import type { Bytes } from "./bytes.js";
import { Writer } from "./codec.js";
import { MAGIC_RECORD } from "./labels.js";

/** Bytes of a block: with the 16-byte tag of the payload's cipher it is 64 KiB exactly. */
export const BLOCK = 65_520;
/** Bytes of a block that can carry something; the four before them say how many do, and what. */
export const CAPACITY = BLOCK - 4;
export const MAX_NAME = 4_096;
export const MAX_MEDIA_TYPE = 255;
export const TRAILER = 1 + 8 + 32;

export const Kind = { MESSAGE: 1, FILE: 2, DECOY: 3, PACK: 4, MANIFEST: 5 } as const;
export const Ending = { COMPLETE: 1, CUT: 2 } as const;
export const BlockKind = { MORE: 0, END: 1, PADDING: 2 } as const;

/** What a record says of itself before its content (F3.2). */
export interface Header {
  readonly kind: number;
  /** 16 bytes, the same in every record of one submission. */
  readonly submission: Uint8Array;
  /** 32 bytes each, of the thread (F5.3). */
  readonly capability: Uint8Array;
  readonly replyKey: Uint8Array;
  /** Place in the submission, from 0. */
  readonly position: number;
  /** As the source gave it, empty but for a file; untrusted. */
  readonly name: string;
  /** As the source's browser gave it; untrusted. */
  readonly mediaType: string;
}

export function headerBytes(header: Header): Bytes {
  return new Writer()
    .fixed(MAGIC_RECORD, 8)
    .number(header.kind, 1)
    .fixed(header.submission, 16)
    .fixed(header.capability, 32)
    .fixed(header.replyKey, 32)
    .number(header.position, 4)
    .text(header.name, MAX_NAME)
    .text(header.mediaType, MAX_MEDIA_TYPE)
    .done();
}

/** What a record says of itself after its content (F3.3): the true size, and its SHA-256. */
export interface Trailer {
  readonly ending: number;
  readonly size: number | bigint;
  readonly sha256: Uint8Array;
}

export function trailerBytes(trailer: Trailer): Bytes {
  const { ending, size, sha256 } = trailer;
  return new Writer().number(ending, 1).number(size, 8).fixed(sha256, 32).done();
}
