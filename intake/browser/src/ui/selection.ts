/** The files that somebody has chosen, in however many goes. */

/** Bytes of a path: F3.5 has room for more, which is left for a number. */
const LONGEST = 4_080;

export interface Chosen {
  readonly file: File;
  /** With the folders before it, as it is sent. */
  readonly path: string;
}

/** What was chosen as one thing: a file, or a folder with all that is in it. */
export interface Item {
  readonly name: string;
  readonly folder: boolean;
  readonly files: readonly Chosen[];
}

export class Selection {
  #items: Item[] = [];

  get items(): readonly Item[] {
    return this.#items;
  }

  get files(): Chosen[] {
    return this.#items.flatMap((item) => item.files);
  }

  /** Take files that were chosen one by one; one that was chosen before is passed over. */
  addFiles(files: Iterable<File>): void {
    for (const file of files) this.#add(file.name, false, [file]);
  }

  /** Take the files of one folder. */
  addFolder(files: readonly File[]): void {
    const [first] = files;
    if (!first) return;
    // Browsers list a folder in any order.
    const paths = new Map(files.map((file) => [file.webkitRelativePath, file]));
    const sorted = [...paths.keys()].sort().map((path) => paths.get(path) ?? first);
    this.#add(first.webkitRelativePath.split("/")[0] ?? "", true, sorted);
  }

  remove(item: Item): void {
    this.#items = this.#items.filter((one) => one !== item);
  }

  #add(name: string, folder: boolean, files: readonly File[]): void {
    const known = new Map(this.files.map((one) => [one.path, one.file]));
    const chosen: Chosen[] = [];
    for (const file of files) {
      const path = freePath(shortened(file.webkitRelativePath || file.name), file, known);
      if (path === undefined) continue;
      known.set(path, file);
      chosen.push({ file, path });
    }
    if (chosen.length) this.#items.push({ name, folder, files: chosen });
  }
}

/** Return how many bytes files have. */
export function sizeOf(files: readonly Chosen[]): number {
  return files.reduce((sum, { file }) => sum + file.size, 0);
}

/**
 * Return the path that a file is sent under, or `undefined` if it was chosen before.
 *
 * A desk tells files of one path apart by their size. Those of one size it would take for two
 * versions of one file, so the second gets a name of its own.
 */
function freePath(path: string, file: File, known: Map<string, File>): string | undefined {
  const dot = path.lastIndexOf(".");
  const end = dot > path.lastIndexOf("/") + 1 ? dot : path.length;
  for (let number = 1; ; number += 1) {
    const free = number === 1 ? path : `${path.slice(0, end)} (${number})${path.slice(end)}`;
    const other = known.get(free);
    if (other === undefined) return free;
    if (other.size === file.size && other.lastModified === file.lastModified) return undefined;
  }
}

/** Return a path cut to its limit. Its end is kept, which says what the file is. */
function shortened(path: string): string {
  const bytes = new TextEncoder().encode(path);
  let start = Math.max(0, bytes.length - LONGEST);
  // Not in the middle of a character.
  while ((bytes[start] ?? 0) >> 6 === 0b10) start += 1;
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes.subarray(start));
}
