/** What somebody sees while everything is sent: how far it is, how fast, and what is wrong. */

import { Line, type State } from "./line.js";
import { act, copy, fill, find, slot, type Stage } from "./page.js";
import { Rate } from "./rate.js";
import type { Part, Sending } from "./sending.js";
import type { Words } from "./words.js";

/** Times a second that it is brought up to date. */
const PER_SECOND = 4;
/** Bytes of which one in a hundred takes long. */
const FINE = 500_000_000;
/** Files that are shown, however many there are, and how many of those that were sent. */
const SHOWN = 12;
const BEHIND = 4;

export class SendingView {
  readonly line: Line;
  readonly #stage: Stage;
  readonly #words: Words;
  readonly #view: HTMLElement;
  readonly #back: () => void;
  readonly #timer: ReturnType<typeof setInterval>;
  readonly #rate = new Rate();
  readonly #prepared: () => number;
  #sending: Sending | undefined;
  #rows: HTMLElement[] = [];
  #first = -1;

  /** @param prepared how far that is, from 0 to 1, which comes before the sending. */
  constructor(stage: Stage, words: Words, prepared: () => number) {
    this.#prepared = prepared;
    this.#stage = stage;
    this.#words = words;
    this.line = new Line((state) => this.#show(state));
    const shape = copy("sending");
    this.#view = find(shape, ".sending-view", HTMLElement);
    act(shape, "pause", () => this.line.pause());
    act(shape, "go", () => this.line.go());
    act(shape, "now", () => this.line.go());
    act(shape, "stop", () => this.line.stop());
    fill(shape, "title", words.say("preparing"));
    this.#back = stage.show(shape, words.say("preparing"));
    this.#show(this.line.state);
    this.#timer = setInterval(() => this.#update(), 1000 / PER_SECOND);
    window.addEventListener("beforeunload", warn);
  }

  /** Show how far this is, from now on. */
  follow(sending: Sending): void {
    this.#sending = sending;
    this.#show(this.line.state);
    this.#update();
  }

  /** Show nothing any more. */
  end(): void {
    clearInterval(this.#timer);
    window.removeEventListener("beforeunload", warn);
    this.line.close();
  }

  /** Show what was there before. */
  back(): void {
    this.end();
    this.#back();
  }

  /** Show what the line's state is. */
  #show(state: State): void {
    this.#rate.clear();
    const [title, said] = this.#said(state);
    fill(this.#view, "title", this.#words.say(title));
    fill(this.#view, "state", said);
    this.#view.dataset["state"] = state.is;
    const focused = document.activeElement;
    this.#offer("pause", state.is !== "paused");
    this.#offer("go", state.is === "paused");
    this.#offer("now", state.is === "offline" || "trouble" in state);
    if (focused instanceof HTMLElement && focused.hidden) {
      find(this.#view, ".acts button:not([hidden])", HTMLElement).focus();
    }
    this.#update();
  }

  /** Return the heading and the sentence below it. */
  #said(state: State): [title: string, said: string] {
    const words = this.#words;
    if ("trouble" in state) return [state.trouble, words.say(`${state.trouble}State`)];
    if (state.is !== "open") return [state.is, words.say(`${state.is}State`)];
    const title = this.#sending ? "sending" : "preparing";
    return [title, words.say(`${title}State`)];
  }

  #offer(name: string, offered: boolean): void {
    find(this.#view, `[data-act="${name}"]`, HTMLElement).hidden = !offered;
  }

  #update(): void {
    const now = performance.now();
    const { state } = this.line;
    const sending = this.#sending;
    const [title] = this.#said(state);
    fill(this.#view, "speed", this.#speed(state, now));
    const bar = find(this.#view, "progress", HTMLProgressElement);
    if (!sending) {
      bar.value = this.#prepared();
      this.#stage.entitle(this.#words.say(title));
      return;
    }
    const share = sending.total ? sending.done / sending.total : 1;
    const percent = this.#words.percent(share, sending.total < FINE ? 0 : 1);
    bar.value = share;
    fill(this.#view, "percent", percent);
    const [done, total] = [this.#words.size(sending.done), this.#words.size(sending.total)];
    fill(this.#view, "amount", this.#words.say("of", { done, total }));
    const found = sending.found ? this.#words.size(sending.found) : "";
    fill(this.#view, "found", found && this.#words.say("found", { size: found }));
    this.#stage.entitle(`${percent} · ${this.#words.say(title)}`);
    this.#list(sending);
  }

  /** Return what stands beside the amount: how fast it goes, or when it will. */
  #speed(state: State, now: number): string {
    if (state.is === "waiting") {
      const seconds = Math.max(1, Math.ceil((state.until - now) / 1000));
      return this.#words.say("again", { time: this.#words.time(seconds) });
    }
    if (state.is === "trying") return this.#words.say("tryingNow");
    const sending = this.#sending;
    if (state.is !== "open" || !sending) return "";
    this.#rate.add(now / 1000, sending.done - sending.found);
    const rate = this.#rate.perSecond;
    const left = this.#rate.secondsFor(sending.total - sending.done);
    if (!rate || left === undefined) return "";
    const values = { rate: this.#words.rate(rate), time: this.#words.time(left) };
    return this.#words.say(left < 60 ? "speedAtTheEnd" : "speed", values);
  }

  #list(sending: Sending): void {
    const { parts } = sending;
    const first = Math.max(0, Math.min(sending.current - BEHIND, parts.length - SHOWN));
    if (first !== this.#first) {
      this.#first = first;
      this.#rows = parts.slice(first, first + SHOWN).map((part) => this.#row(part));
      slot(this.#view, "files").replaceChildren(...this.#rows);
      const after = parts.length - first - this.#rows.length;
      const count = this.#words.count(after);
      fill(this.#view, "rest", after ? this.#words.say("stillToCome", { count }) : "");
    }
    for (const [index, row] of this.#rows.entries()) {
      const part = parts[first + index];
      if (!part) continue;
      row.dataset["state"] = part.state;
      fill(row, "state", this.#howFar(part));
    }
  }

  #row(part: Part): HTMLElement {
    const row = find(copy("file"), "li", HTMLElement);
    fill(row, "name", part.path);
    fill(row, "amount", this.#words.size(part.size));
    return row;
  }

  #howFar(part: Part): string {
    if (part.state !== "sending") return this.#words.say(part.state);
    const digits = part.size < FINE ? 0 : 1;
    return this.#words.percent(part.size ? part.sent / part.size : 0, digits);
  }
}

function warn(event: BeforeUnloadEvent): void {
  event.preventDefault();
}
