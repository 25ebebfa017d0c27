/** The receipt, as the server makes it for those without a script. */

import { copy, fill, find, slot } from "./page.js";
import type { Part, Sending } from "./sending.js";
import type { Words } from "./words.js";

/** Files that are listed; nobody reads more, and each takes memory. */
const LISTED = 1_000;

/** Return the page that says what has arrived, and its title. */
export function receipt(
  sending: Sending,
  codename: string,
  words: Words,
): [page: DocumentFragment, title: string] {
  const page = copy("receipt");
  slot(page, sending.complete ? "incomplete" : "complete").remove();
  find(page, "h1", HTMLElement).parentElement?.removeAttribute("hidden");
  const size = sending.messageSize;
  fill(page, "message", size ? words.say("messageSize", { size: words.exactSize(size) }) : "");
  // What is missing comes first: it has to be sent again.
  const parts = [...sending.parts].sort((a, b) => rank(a) - rank(b));
  slot(page, "rows").append(...parts.slice(0, LISTED).map((part) => row(part, words)));
  slot(page, "table").hidden = !parts.length;
  const count = words.count(parts.length - LISTED);
  fill(page, "rest", parts.length > LISTED ? words.say("notListed", { count }) : "");
  find(page, ".codename", HTMLElement).textContent = codename;
  return [page, words.say(sending.complete ? "receiptComplete" : "receiptIncomplete")];
}

function rank(part: Part): number {
  return part.state === "arrived" ? 1 : 0;
}

function row(part: Part, words: Words): DocumentFragment {
  const made = copy("row");
  fill(made, "name", part.path);
  slot(made, "size").append(words.size(part.size));
  if (part.size >= 1000) {
    const exact = document.createElement("small");
    exact.textContent = words.exactSize(part.size);
    slot(made, "size").append(document.createElement("br"), exact);
  }
  const whole = part.state === "arrived";
  slot(made, "tag").hidden = whole;
  find(made, "tr", HTMLElement).classList.toggle("cut", !whole);
  return made;
}
