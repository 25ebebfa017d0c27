/** The manifest: which packs belong together; by it a desk can tell that none is missing (F3.6). */

import type { Bytes } from "./bytes.js";
import { Writer } from "./codec.js";

/** Packs in one manifest. Full packs of this number hold two terabytes. */
export const MAX_PACKS = 250_000;
export const DIGEST = 32;

export interface Manifest {
  /** How many files, folders apart. */
  readonly files: number | bigint;
  /** Bytes of all of them. */
  readonly size: number | bigint;
  /** SHA-256 of the content of each pack, in the sender's order. */
  readonly packs: readonly Uint8Array[];
}

/** Encode. */
export function manifestBytes({ files, size, packs }: Manifest): Bytes {
  if (packs.length > MAX_PACKS) throw new RangeError(`a manifest of ${packs.length} packs`);
  const writer = new Writer().number(files, 8).number(size, 8).number(packs.length, 4);
  for (const digest of packs) writer.fixed(digest, DIGEST);
  return writer.done();
}
