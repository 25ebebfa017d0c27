/** How a vector is read (tests/vectors/README.md). */

import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { inflateSync } from "node:zlib";

import { type Bytes, concat } from "../../intake/browser/src/bytes.js";

export class Vector {
  readonly expect: string;
  readonly #path: string;
  readonly #lines: (readonly [string, string])[];
  readonly #packed: Bytes;

  constructor(path: string) {
    const [head, body] = halves(readFileSync(path, "ascii"), "\n\n");
    this.#path = path;
    this.#lines = head.trimEnd().split("\n").map((line) => halves(line, ": "));
    this.#packed = new Uint8Array(Buffer.from(body, "base64"));
    this.expect = this.one("expect");
  }

  /** Every value of a header. */
  all(name: string): string[] {
    return this.#lines.filter(([key]) => key === name).map(([, value]) => value);
  }

  /** The value of a header that is there once. */
  one(name: string): string {
    const [value, ...more] = this.all(name);
    if (value === undefined || more.length) throw new Error(`${this.#path}: ${name}`);
    return value;
  }

  /** The bytes of a header that is there once. */
  hex(name: string): Bytes {
    return unhex(this.one(name));
  }

  /** The text of a header that is there once. */
  text(name: string): string {
    return JSON.parse(this.one(name)) as string;
  }

  /** What is to be read. */
  input(): Bytes {
    const body = this.all("body")[0] === "zlib" ? inflated(this.#packed) : this.#packed;
    const pieces = this.all("piece").map((piece) => this.#piece(piece.split(" "), body));
    return pieces.length ? concat(...pieces) : body;
  }

  #piece([of, start, end]: string[], body: Bytes): Bytes {
    if (of === "hex") return unhex(start!);
    const whole = of === "body" ? body : new Vector(join(dirname(this.#path), of!)).input();
    return whole.slice(Number(start), Number(end));
  }
}

export function unhex(digits: string): Bytes {
  return new Uint8Array(Buffer.from(digits, "hex"));
}

function inflated(packed: Bytes): Bytes {
  return new Uint8Array(inflateSync(packed));
}

function halves(text: string, between: string): readonly [string, string] {
  const at = text.indexOf(between);
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + between.length)];
}
