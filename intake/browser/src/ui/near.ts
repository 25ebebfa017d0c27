/** Words that are near to one that is on no list. */

/** As many slips as a memory has; more are none, and to compare all of them is not worth it. */
const MOST_SLIPS = 3;
const MOST_EDITS = 2;
const SHOWN = 3;

export interface Wrong {
  readonly word: string;
  readonly near: readonly string[];
}

/** Return each word that is on no list, with those near it on the list that has most others. */
export function wrongWords(typed: readonly string[], lists: readonly string[][]): Wrong[] {
  const known = lists.map((list) => new Set(list));
  const unknown = typed.filter((word) => !known.some((list) => list.has(word)));
  const [likeliest] = [...known].sort((a, b) => count(b, typed) - count(a, typed));
  if (unknown.length > MOST_SLIPS) return unknown.map((word) => ({ word, near: [] }));
  return unknown.map((word) => ({ word, near: nearest(word, likeliest ?? []) }));
}

function count(list: ReadonlySet<string>, words: readonly string[]): number {
  return words.filter((word) => list.has(word)).length;
}

function nearest(word: string, list: Iterable<string>): string[] {
  const found: { one: string; edits: number }[] = [];
  for (const one of list) {
    // As the server does it; to compare all of them takes seconds where there is no JIT.
    if (one[0] !== word[0] || Math.abs(one.length - word.length) > MOST_EDITS) continue;
    const edits = distance(word, one);
    if (edits <= MOST_EDITS) found.push({ one, edits });
  }
  found.sort((a, b) => a.edits - b.edits);
  return found.slice(0, SHOWN).map(({ one }) => one);
}

/** Return how many letters have to be put in, left out, replaced, or swapped with the next. */
export function distance(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  const at = (i: number, j: number): number => rows[i]?.[j] ?? 0;
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    rows.push(row);
    for (let j = 1; j <= b.length; j += 1) {
      const replaced = at(i - 1, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(at(i - 1, j) + 1, at(i, j - 1) + 1, replaced));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        row[j] = Math.min(at(i, j), at(i - 2, j - 2) + 1);
      }
    }
  }
  return at(a.length, b.length);
}
