/** What reads the content of packs and manifests (F3.5, F3.6). For the vectors, and in no page. */

import type { Bytes } from "../bytes.js";
import { Reader } from "../codec.js";
import { Malformed } from "../errors.js";
import { DIGEST, type Manifest, MAX_PACKS } from "../manifest.js";
import { FOLDER, PIECE, type Piece } from "../pack.js";
import { MAX_NAME } from "../record.js";

/** A folder is an entry without a piece. */
export interface Entry {
  readonly path: string;
  readonly piece?: Piece;
  readonly bytes?: Bytes;
}

/** @throws Malformed, Truncated as the names say; what came before was yielded. */
export function* readPack(untrusted: Bytes): Generator<Entry> {
  const reader = new Reader(untrusted);
  while (reader.offset < untrusted.length) {
    const kind = reader.number(1);
    if (kind !== PIECE && kind !== FOLDER) throw new Malformed(`an entry of kind ${kind}`);
    const path = reader.text(MAX_NAME);
    if (!path) throw new Malformed("an entry without a path");
    if (kind === FOLDER) {
      yield { path };
      continue;
    }
    const [size, offset, length] = [reader.u64(), reader.u64(), reader.number(4)];
    if (offset + BigInt(length) > size || (size && !length)) {
      throw new Malformed("a piece that is none of its file");
    }
    yield { path, piece: { path, size, offset, length }, bytes: reader.fixed(length) };
  }
}

/** @throws Malformed, Truncated as the names say. */
export function readManifest(untrusted: Bytes): Manifest {
  const reader = new Reader(untrusted);
  const [files, size] = [reader.u64(), reader.u64()];
  const packs = Array.from({ length: reader.count(4, MAX_PACKS) }, () => reader.fixed(DIGEST));
  reader.done();
  return { files, size, packs };
}
