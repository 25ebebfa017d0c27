/** What is asked of the server beside uploads. Of the codename it hears what P3 says, no more. */

import { LEAST_LIST } from "../codename.js";
import { Later, Refused } from "./line.js";

/** Seconds after which an answer is not waited for any longer: the circuit may have broken. */
const PATIENCE = 120;
/** The same for what is only good to have. */
const HASTE = 15;
/** Languages that have a list of their own. */
const LISTS = ["en", "de", "es", "fr"];

/** Return the signed keyring (P1). */
export function keyring(): Promise<ArrayBuffer> {
  return ask("/keyring?raw=1");
}

/** Return the words of a language's list, each once. */
export async function wordList(lang: string, patience = PATIENCE): Promise<string[]> {
  const text = new TextDecoder().decode(await ask(`/words/${lang}`, {}, patience));
  const words = text.split("\n").filter(Boolean);
  if (new Set(words).size !== words.length || words.length < LEAST_LIST) {
    throw new Refused(200);
  }
  return words;
}

/** Return the words of every list, that for one language first; none if they do not come soon. */
export async function wordLists(lang: string): Promise<string[][]> {
  const all = [lang, ...LISTS.filter((one) => one !== lang)];
  return Promise.all(all.map((one) => wordList(one, HASTE))).catch(() => []);
}

/** Return the sealed replies to whoever has the capability (P3). */
export function mailbox(capability: Uint8Array<ArrayBuffer>): Promise<ArrayBuffer> {
  return ask("/mailbox", posted(capability));
}

/** Delete replies by their names (P3). */
export async function deleteReplies(
  capability: Uint8Array<ArrayBuffer>,
  names: readonly Uint8Array<ArrayBuffer>[],
): Promise<void> {
  await ask("/mailbox/delete", posted(new Blob([capability, ...names])));
}

function posted(body: BodyInit): RequestInit {
  return { method: "POST", headers: { "Content-Type": "application/octet-stream" }, body };
}

/**
 * Return an answer's body, whole.
 *
 * @throws Later, Refused
 */
async function ask(
  path: string,
  options: RequestInit = {},
  patience = PATIENCE,
): Promise<ArrayBuffer> {
  const signal = AbortSignal.timeout(patience * 1000);
  const quietly = { cache: "no-store", credentials: "omit", signal } as const;
  const broken = (): never => {
    throw new Later("broken");
  };
  const answer = await fetch(path, { ...quietly, ...options }).catch(broken);
  if (answer.status >= 500) throw new Later("busy");
  if (!answer.ok) throw new Refused(answer.status);
  return answer.arrayBuffer().catch(broken);
}
