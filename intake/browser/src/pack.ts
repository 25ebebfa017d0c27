/** The pack: pieces of files in one record (F3.5). */

import { type Bytes, utf8 } from "./bytes.js";
import { Writer } from "./codec.js";
import { MAX_NAME } from "./record.js";

export const PIECE = 1;
export const FOLDER = 2;

/** What comes before a piece's bytes. */
export interface Piece {
  /** Of the file, its folders before it with a slash between; untrusted. */
  readonly path: string;
  /** Bytes of the whole file. */
  readonly size: number | bigint;
  /** Which of them follow. */
  readonly offset: number | bigint;
  readonly length: number;
}

/** Encode; the piece's bytes are to follow. */
export function pieceFront({ path, size, offset, length }: Piece): Bytes {
  const writer = new Writer().number(PIECE, 1).text(path, MAX_NAME);
  return writer.number(size, 8).number(offset, 8).number(length, 4).done();
}

/** Bytes that `pieceFront` makes of a piece with this path. */
export function frontSize(path: string): number {
  return 1 + 2 + utf8(path).length + 8 + 8 + 4;
}
