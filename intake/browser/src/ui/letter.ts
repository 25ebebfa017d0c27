/** The form for a message and files, taken over: what it sends is sealed here. */

import { Slip, Unsupported } from "../errors.js";
import { MAX_PACKS } from "../manifest.js";
import { Choosing } from "./choosing.js";
import { type Pack, packs } from "./gathering.js";
import type { Identity } from "./identity.js";
import { Stopped } from "./line.js";
import { copy, fill, find, type Stage } from "./page.js";
import { clear, ending, givesAway, place, type Problem, slip, tell } from "./problems.js";
import { receipt } from "./receipt.js";
import { Sending } from "./sending.js";
import { SendingView } from "./view.js";
import type { Words } from "./words.js";

/** Bytes of a message, as the server takes it from those without a script. */
const MAX_MESSAGE = 256 * 1024;

/** Where a letter's codename comes from. */
export interface Codename {
  readonly value: string;
  /** Drawn in this page, and not used yet. */
  fresh: boolean;
}

export class Letter {
  readonly #stage: Stage;
  readonly #words: Words;
  readonly #identity: Identity;
  readonly #codename: Codename;
  readonly #form: HTMLFormElement;
  readonly #choosing: Choosing;
  readonly #message: HTMLTextAreaElement;
  readonly #undo: () => void;
  /** A message that has arrived, though what was to follow it has not. */
  #arrived = "";

  constructor(
    stage: Stage,
    words: Words,
    identity: Identity,
    codename: Codename,
    form: HTMLFormElement,
  ) {
    this.#stage = stage;
    this.#words = words;
    this.#identity = identity;
    this.#codename = codename;
    this.#form = form;
    this.#message = find(form, "#message", HTMLTextAreaElement);
    find(form, "#patience", HTMLElement).replaceChildren(copy("patience"));
    this.#undo = disarm(form);
    this.#choosing = new Choosing(form, words);
    fill(form, "seal", words.say("letterHere"));
    form.addEventListener("submit", this.#submit);
  }

  /** Send what is in the form. */
  readonly send = async (): Promise<void> => {
    const codename = this.#codename.value;
    clear(this.#view);
    const all = packs(this.#choosing.selection.files);
    const problem = this.#problem(codename, all);
    if (problem) return tell(this.#view, problem, this.#words);
    const shown = new SendingView(this.#stage, this.#words, () => this.#identity.progress);
    let sending: Sending | undefined;
    try {
      await shown.line.through(() => this.#identity.open(codename));
      sending = this.#sending(shown, all);
      shown.follow(sending);
      await sending.run();
      this.#identity.vault.close();
      shown.end();
      this.#stage.show(...receipt(sending, codename, this.#words));
    } catch (error) {
      shown.back();
      if (sending?.messageArrived) this.#arrived = this.#message.value;
      await this.#ended(error, codename, sending);
    }
  };

  readonly #submit = (event: Event): void => {
    event.preventDefault();
    void this.send();
  };

  #sending(shown: SendingView, all: readonly Pack[]): Sending {
    const { fresh } = this.#codename;
    this.#codename.fresh = false;
    const text = this.#message.value;
    const message = text.trim() ? text : "";
    const messageArrived = message !== "" && message === this.#arrived;
    const { files } = this.#choosing.selection;
    const parcel = { message, messageArrived, files, packs: all, fresh };
    return new Sending(this.#identity, shown.line, parcel);
  }

  /** Return what is wrong with what is in the form, as far as that can be told at once. */
  #problem(codename: string, all: readonly Pack[]): Problem | undefined {
    const text = this.#message.value;
    if (!text.trim() && !all.length) {
      return { ...this.#words.problem("nothing"), field: "message" };
    }
    if (givesAway(text, codename)) {
      return { ...this.#words.problem("codenameInMessage"), field: "message" };
    }
    if (new TextEncoder().encode(text).length > MAX_MESSAGE) {
      const limit = this.#words.size(MAX_MESSAGE);
      return { ...this.#words.problem("messageTooLong", { limit }), field: "message" };
    }
    if (all.length > MAX_PACKS) return { ...this.#words.problem("tooMany"), field: "files" };
    return undefined;
  }

  /** Say how it ended, if it did not end well. */
  async #ended(error: unknown, codename: string, sending: Sending | undefined): Promise<void> {
    if (error instanceof Stopped) {
      this.#tellStopped(sending);
    } else if (error instanceof Slip) {
      tell(this.#view, await slip(codename, this.#words), this.#words);
    } else if (error instanceof Unsupported && this.#form.hasAttribute("action")) {
      this.#giveBack();
    } else {
      tell(this.#view, ending(error, this.#words), this.#words);
    }
  }

  #tellStopped(sending: Sending | undefined): void {
    if (!sending?.done) return find(this.#form, ".send button", HTMLElement).focus();
    const banner = copy("stopped");
    const [done, total] = [this.#words.size(sending.done), this.#words.size(sending.total)];
    fill(banner, "message", this.#words.say("stopped", { done, total }));
    place(this.#view, banner);
  }

  /** Have the form do what it does without a script. */
  #giveBack(): void {
    this.#form.removeEventListener("submit", this.#submit);
    this.#undo();
    fill(this.#form, "seal", this.#words.say("letterThere"));
  }

  get #view(): HTMLElement {
    return this.#stage.main;
  }
}

/**
 * Have a form send nothing, whatever happens to the script; return what undoes it.
 *
 * A form of the method "dialog" that is in no dialog goes nowhere, and fields without names have
 * nothing to say.
 */
function disarm(form: HTMLFormElement): () => void {
  const fields = [...form.elements].filter((one) => one.hasAttribute("name"));
  const names = fields.map((one) => one.getAttribute("name") ?? "");
  const method = form.getAttribute("method") ?? "";
  // What shows those without a script how much has arrived.
  const progress = form.querySelector("#progress");
  const beside = progress?.parentElement;
  form.method = "dialog";
  progress?.remove();
  for (const field of fields) field.removeAttribute("name");
  return () => {
    form.method = method;
    if (progress) beside?.append(progress);
    for (const [index, field] of fields.entries()) field.setAttribute("name", names[index] ?? "");
  };
}
