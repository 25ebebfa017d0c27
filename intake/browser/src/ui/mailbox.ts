/** The page with the replies, which were opened here: the server saw the capability alone. */

import type { Opened, Reply } from "../types.js";
import { Letter } from "./letter.js";
import type { Identity } from "./identity.js";
import { act, copy, fill, find, slot, type Stage } from "./page.js";
import { clear, ending, tell } from "./problems.js";
import { deleteReplies, mailbox } from "./server.js";
import type { Words } from "./words.js";

export class Mailbox {
  readonly #stage: Stage;
  readonly #words: Words;
  readonly #identity: Identity;
  readonly #codename: string;
  readonly #capability: Opened["capability"];
  #replies: readonly Reply[] = [];

  constructor(stage: Stage, words: Words, identity: Identity, codename: string, opened: Opened) {
    this.#stage = stage;
    this.#words = words;
    this.#identity = identity;
    this.#codename = codename;
    this.#capability = opened.capability;
  }

  /** Fetch the replies, and show them. */
  async show(): Promise<void> {
    await this.#fetch();
    const page = copy("replies");
    act(page, "again", () => void this.#attempt(() => this.#fetch(), ""));
    act(page, "delete-all", () => {
      const all = this.#words.say("allDeleted");
      void this.#attempt(() => this.#delete(this.#replies), all);
    });
    this.#stage.show(page, this.#words.say("replies"));
    this.#list();
    const form = document.querySelector<HTMLFormElement>("#letter");
    const codename = { value: this.#codename, fresh: false };
    if (form) new Letter(this.#stage, this.#words, this.#identity, codename, form);
  }

  async #fetch(): Promise<void> {
    const answer = await mailbox(this.#capability);
    this.#replies = await this.#identity.vault.replies(answer);
  }

  async #delete(replies: readonly Reply[]): Promise<void> {
    await deleteReplies(
      this.#capability,
      replies.map((reply) => reply.name),
    );
    this.#replies = this.#replies.filter((reply) => !replies.includes(reply));
  }

  /** Do something about the replies, show what there is then, and say so. */
  async #attempt(does: () => Promise<void>, said: string): Promise<void> {
    const { main } = this.#stage;
    clear(main);
    try {
      await does();
    } catch (error) {
      tell(main, ending(error, this.#words), this.#words);
      return;
    }
    this.#list();
    const notice = slot(main, "notice");
    find(notice, "p", HTMLElement).textContent = said;
    notice.hidden = said === "";
    this.#stage.focus(said ? '[data-slot="notice"]' : "h1");
  }

  #list(): void {
    const { main } = this.#stage;
    const rows = this.#replies.map((reply, index) => this.#row(reply, index + 1));
    slot(main, "list").replaceChildren(...rows);
    slot(main, "some").hidden = !rows.length;
    slot(main, "none").hidden = rows.length > 0;
    slot(main, "all").hidden = rows.length < 2;
  }

  #row(reply: Reply, number: number): DocumentFragment {
    const row = copy("reply");
    const title = slot(row, "title");
    title.id = `reply-${number}`;
    fill(row, "title", this.#words.say("reply", { number: this.#words.count(number) }));
    const day = find(row, "time", HTMLTimeElement);
    day.textContent = this.#words.day(reply.day);
    day.dateTime = new Date(reply.day * 86_400_000).toISOString().slice(0, 10);
    slot(row, "text").textContent = reply.text;
    find(row, "article", HTMLElement).setAttribute("aria-labelledby", title.id);
    const button = act(row, "delete", () => {
      const deleted = this.#words.say("oneDeleted");
      void this.#attempt(() => this.#delete([reply]), deleted);
    });
    button.setAttribute("aria-describedby", title.id);
    return row;
  }
}
