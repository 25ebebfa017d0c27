/** Which pieces go into which pack, by names and sizes alone: the same files, the same packs. */

import { frontSize } from "../pack.js";
import { pieces } from "../plan.js";
import { MAX_CONTENT } from "../resumable.js";
import type { PieceRequest } from "../worker/calls.js";
import type { Chosen } from "./selection.js";

/** Pieces of one pack, at most. */
const MOST_PIECES = 16_384;
/** Packs' worth of content after which, on average, a hash ends one. */
const SPAN = 4;

export interface Piece extends PieceRequest {
  /** The file's place among all. */
  readonly index: number;
}
export type Pack = readonly Piece[];

/**
 * Gather small files into packs, and cut large ones into packs of their own.
 *
 * A pack ends early where a hash of its last file says so. So what is added, taken away or changed
 * moves the packs near by, and not all that follow.
 */
export function packs(files: readonly Chosen[]): Pack[] {
  const all: Pack[] = [];
  let gathered: Piece[] = [];
  let room = MAX_CONTENT;
  const end = (): void => {
    if (gathered.length) all.push(gathered);
    [gathered, room] = [[], MAX_CONTENT];
  };
  for (const [index, { file, path }] of files.entries()) {
    const ranges = pieces(path, file.size);
    const cost = Math.max(frontSize(path) + file.size, MAX_CONTENT / MOST_PIECES);
    if (ranges.length > 1 || cost > room) end();
    if (ranges.length > 1) {
      for (const range of ranges) all.push([{ index, file, path, ...range }]);
      continue;
    }
    gathered.push({ index, file, path, offset: 0, length: file.size });
    room -= cost;
    if (chance(`${file.size} ${path}`) * SPAN * MAX_CONTENT < cost) end();
  }
  end();
  return all;
}

/** Return a number from 0 to 1 that looks drawn, and is the same for the same text (FNV-1a). */
function chance(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  }
  // Its upper bits change too little with the last letters.
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return ((hash ^ (hash >>> 13)) >>> 0) / 2 ** 32;
}
