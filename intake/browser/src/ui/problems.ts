/** What can be wrong with what somebody wants to send, told on the page as the server would. */

import { folded, MAX_CODENAME, split, WORDS } from "../codename.js";
import { BadSignature, Malformed, Refused as NotInForce, Truncated } from "../errors.js";
import { Later, Refused } from "./line.js";
import { wrongWords, type Wrong } from "./near.js";
import { copy, fill, find, slot } from "./page.js";
import { wordLists } from "./server.js";
import type { Told, Words } from "./words.js";

export interface Problem extends Told {
  /** The id of the field that it is about. */
  readonly field?: "codename" | "message" | "files";
  readonly suggestions?: readonly Wrong[];
}

/** Return what is wrong with a codename that has not passed its check. */
export async function slip(typed: string, words: Words): Promise<Problem> {
  const told = words.problem("slip");
  const given = split(typed);
  const lists = await wordLists(words.lang);
  const suggestions = lists.length ? wrongWords(given.slice(0, WORDS), lists) : [];
  const key = suggestions.length ? "codenameUnknown" : "codenameMismatch";
  let message = words.say(given.length ? key : "codenameMissing");
  if (given.length && given.length !== WORDS) {
    message = words.say("codenameCount", { expected: WORDS, count: given.length });
  }
  return { ...told, message, field: "codename", suggestions };
}

/** Return whether a text gives the codename away. */
export function givesAway(text: string, codename: string): boolean {
  const words = split(codename);
  return words.length === WORDS && spaced(folded(text)).includes(words.join(" "));
}

/** Words with a space between them, whatever else there was. */
function spaced(text: string): string {
  return text.replaceAll(/[^\p{L}\p{N}]+/gu, " ");
}

/** Return what a person is told about an error that ended a sending or a reading. */
export function ending(error: unknown, words: Words): Problem {
  if (error instanceof Later) return words.problem("unreachable");
  if (error instanceof Refused) {
    const known: Record<number, string> = { 404: "closed", 413: "tooLarge" };
    return words.problem(known[error.status] ?? "failed");
  }
  const keyring = [NotInForce, BadSignature, Malformed, Truncated];
  return words.problem(keyring.some((kind) => error instanceof kind) ? "closed" : "failed");
}

/** Show a problem at the top of a view, in place of one that is there; the keyboard goes to it. */
export function tell(view: HTMLElement, problem: Problem, words: Words): void {
  const shown = copy("problem");
  fill(shown, "title", problem.title);
  fill(shown, "message", problem.message);
  fill(shown, "hint", problem.hint);
  const list = slot(shown, "suggestions");
  for (const wrong of problem.suggestions ?? []) list.append(suggestion(wrong, words));
  list.hidden = !list.hasChildNodes();
  if (problem.field) {
    slot(shown, "link").hidden = false;
    find(shown, "a", HTMLAnchorElement).href = `#${problem.field}`;
    mark(view, problem.field);
  }
  place(view, shown);
}

/** Put a banner under the view's heading, and the keyboard on it. */
export function place(view: HTMLElement, banner: DocumentFragment): void {
  const before = view.querySelector("#problem");
  before?.remove();
  find(view, "h1", HTMLElement).after(banner);
  find(view, "#problem", HTMLElement).focus();
}

/** Take away what was told before. */
export function clear(view: HTMLElement): void {
  view.querySelector("#problem")?.remove();
  for (const field of view.querySelectorAll("[aria-invalid]")) {
    field.removeAttribute("aria-invalid");
    field.setAttribute("aria-describedby", `${field.id}-hint`);
  }
}

function mark(view: HTMLElement, field: string): void {
  const element = find(view, `#${field}`, HTMLElement);
  element.setAttribute("aria-invalid", "true");
  element.setAttribute("aria-describedby", `${field}-hint problem`);
}

function suggestion({ word, near }: Wrong, words: Words): HTMLLIElement {
  const item = document.createElement("li");
  const wrong = word.slice(0, MAX_CODENAME);
  if (!near.length) {
    item.textContent = words.say("wrongWord", { wrong });
    return item;
  }
  item.append(words.say("wrongWordNear", { wrong }));
  for (const [index, one] of near.entries()) {
    const bold = document.createElement("b");
    bold.dir = "auto";
    bold.textContent = one;
    item.append(index ? " · " : " ", bold);
  }
  return item;
}
