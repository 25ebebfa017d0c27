/** How a file is cut into pieces, so that every program of one source finds the same uploads. */

import { frontSize } from "./pack.js";
import { MAX_CONTENT } from "./resumable.js";
import type { Range } from "./types.js";

/**
 * Cut a file into pieces, in order. A file of no bytes has one, of no bytes.
 *
 * @param path as it will be in the pack: how long it is decides how much fits beside it.
 */
export function pieces(path: string, size: number): Range[] {
  const most = MAX_CONTENT - frontSize(path);
  const count = Math.max(1, Math.ceil(size / most));
  return Array.from({ length: count }, (_, number) => ({
    offset: number * most,
    length: Math.min(most, size - number * most),
  }));
}
