/** What the page's side decides without a page, asked over standard input: a JSON line in and out. */

import { createInterface } from "node:readline";

import { packs } from "../../intake/browser/src/ui/gathering.js";
import { wrongWords } from "../../intake/browser/src/ui/near.js";
import { givesAway } from "../../intake/browser/src/ui/problems.js";
import { Rate } from "../../intake/browser/src/ui/rate.js";
import { Selection } from "../../intake/browser/src/ui/selection.js";
import { Words } from "../../intake/browser/src/ui/words.js";

/** A file as far as rules look at it. */
interface Seen {
  readonly path: string;
  readonly size: number;
  readonly changed: number;
}

const DOES: Record<string, (asked: never) => unknown> = {
  packs: ({ files }: { files: Seen[] }) =>
    packs(files.map((seen) => ({ path: seen.path, file: fileOf(seen) }))).map((pack) =>
      pack.map(({ path, offset, length }) => [path, offset, length]),
    ),

  wrong: ({ typed, lists }: { typed: string[]; lists: string[][] }) => wrongWords(typed, lists),

  givesAway: ({ text, codename }: { text: string; codename: string }) => givesAway(text, codename),

  chosen({ files }: { files: Seen[] }) {
    const selection = new Selection();
    selection.addFiles(files.map(fileOf));
    return selection.files.map(({ path }) => path);
  },

  rate({ samples, left }: { samples: [number, number][]; left: number }) {
    const rate = new Rate();
    for (const [at, bytes] of samples) rate.add(at, bytes);
    return [rate.perSecond ?? null, rate.secondsFor(left) ?? null];
  },

  amounts({ lang, bytes }: { lang: string; bytes: number }) {
    const words = new Words(lang, {});
    return { size: words.size(bytes), rate: words.rate(bytes), count: words.count(bytes) };
  },

  day: ({ lang, day }: { lang: string; day: number }) => new Words(lang, {}).day(day),
};

function fileOf({ path, size, changed }: Seen): File {
  return { name: path, webkitRelativePath: "", size, lastModified: changed } as File;
}

for await (const line of createInterface({ input: process.stdin })) {
  const { does, ...asked } = JSON.parse(line);
  console.log(JSON.stringify({ answer: (await DOES[does]!(asked as never)) ?? null }));
}
