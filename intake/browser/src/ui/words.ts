/** The script's words: sentences that the page has with it, and amounts in the page's language. */

import { find, Missing } from "./page.js";

type Sentences = Record<string, string | readonly string[]>;
type Values = Record<string, string | number>;

const UNITS = ["kilobyte", "megabyte", "gigabyte", "terabyte"] as const;
const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const MINUTES = { unit: "minute", seconds: MINUTE };
const HOURS = { unit: "hour", seconds: HOUR };
const DAYS = { unit: "day", seconds: DAY };

/** What a person is told when something is wrong: what, why, and what to do. */
export interface Told {
  readonly title: string;
  readonly message: string;
  readonly hint: string;
}

export class Words {
  /** The page's language. */
  readonly lang: string;
  readonly #sentences: Sentences;

  constructor(lang: string, sentences: Sentences) {
    this.lang = lang;
    this.#sentences = sentences;
  }

  /** Return those of the page that is open. */
  static ofPage(): Words {
    const block = find(document, "#words", HTMLScriptElement);
    return new Words(document.documentElement.lang, JSON.parse(block.text) as Sentences);
  }

  /** Return a sentence with the values in it. */
  say(key: string, values: Values = {}): string {
    const sentence = this.#sentences[key];
    if (typeof sentence !== "string") throw new Missing(key);
    return filled(sentence, values);
  }

  /** Return what a person is told about a problem. */
  problem(key: string, values: Values = {}): Told {
    const [title, message, hint] = this.#sentences[key] ?? [];
    if (title === undefined || message === undefined || hint === undefined) throw new Missing(key);
    return { title, message: filled(message, values), hint };
  }

  /** Return a whole number. */
  count(value: number): string {
    return new Intl.NumberFormat(this.lang).format(value);
  }

  /** Return a share from 0 to 1 in per cent, rounded down: all of it is all of it. */
  percent(share: number, digits: number): string {
    const floor = Math.floor(share * 100 * 10 ** digits) / 10 ** digits / 100;
    const format = {
      style: "percent",
      minimumFractionDigits: digits,
      maximumFractionDigits: digits,
    } as const;
    return new Intl.NumberFormat(this.lang, format).format(floor);
  }

  /** Return a number of bytes in units of a thousand, as the server writes it. */
  size(bytes: number): string {
    return bytes < 999.5 ? this.exactSize(bytes) : this.#inUnits(bytes, "");
  }

  /** Return a number of bytes to the byte. */
  exactSize(bytes: number): string {
    return this.#unit(Math.round(bytes), "byte", "long", 0);
  }

  /** Return bytes a second. */
  rate(bytes: number): string {
    return this.#inUnits(Math.max(bytes, 100), "-per-second");
  }

  /** Return how long something takes, in one unit or two, no finer than anybody needs. */
  time(seconds: number): string {
    if (seconds < MINUTE) return this.#unit(Math.ceil(seconds), "second", "short", 0);
    if (seconds < HOUR) return this.#unit(Math.round(seconds / MINUTE), "minute", "short", 0);
    const [large, small] = seconds < DAY ? [HOURS, MINUTES] : [DAYS, HOURS];
    const rest = Math.floor((seconds % large.seconds) / small.seconds);
    const whole = this.#unit(Math.floor(seconds / large.seconds), large.unit, "short", 0);
    return rest ? `${whole} ${this.#unit(rest, small.unit, "short", 0)}` : whole;
  }

  /** Return a day that is given in days since 1970-01-01. */
  day(day: number): string {
    const format = new Intl.DateTimeFormat(this.lang, { dateStyle: "long", timeZone: "UTC" });
    return format.format(day * DAY * 1000);
  }

  #inUnits(bytes: number, per: "" | "-per-second"): string {
    let value = bytes / 1000;
    let rank = 0;
    while (value >= 999.5 && rank < UNITS.length - 1) {
      value /= 1000;
      rank += 1;
    }
    return this.#unit(value, `${UNITS[rank]}${per}`, "short", value >= 99.95 ? 0 : 1);
  }

  #unit(value: number, unit: string, unitDisplay: "short" | "long", digits: number): string {
    const format = { style: "unit", unit, unitDisplay, maximumFractionDigits: digits } as const;
    return new Intl.NumberFormat(this.lang, format).format(value);
  }
}

function filled(sentence: string, values: Values): string {
  return sentence.replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ""));
}
