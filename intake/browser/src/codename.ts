/** The codename: seven words in a source's head, and all that is derived from them (F5). */

import { argon2id } from "@noble/hashes/argon2.js";

import { type Bytes, NONE, utf8 } from "./bytes.js";
import { Slip } from "./errors.js";
import {
  CAPABILITY,
  CODENAME_CHECK,
  derive,
  REPLY_KEY,
  SUBMISSION,
  THREAD_ID,
  UPLOAD_KEY,
} from "./labels.js";
import type { Progress } from "./types.js";

export const WORDS = 7;
/** Words a list must have: 7 · log2(7000) bits, less the eight of the check, are 81.4. */
export const LEAST_LIST = 7_000;
/** Code points of the longest text that is looked at for a codename. */
export const MAX_CODENAME = 512;
export const SALT = 16;

/** Argon2id's price of one guess (F5.3): KiB of memory, passes, lanes. */
const COST = { m: 19_456, t: 2, p: 1, version: 0x13, dkLen: 32 } as const;

const INVISIBLE = /\p{Cf}/gu;
const SEPARATOR = /[-‐‑–—_.,;]/g;
// JavaScript's own \s has not the same members.
const SPACES =
  /[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/;

/** All that a codename stands for at one newsroom, as the source's own machine has it. */
export interface Source {
  /** 32 bytes: finds, fetches and deletes the thread's replies. */
  readonly capability: Bytes;
  /** 32 bytes: reads and writes replies. */
  readonly replyKey: Bytes;
  /** 32 bytes, from which the keys and addresses of uploads come (F4.6). */
  readonly uploadKey: Bytes;
  /** 16 bytes, the submission that every upload that can be resumed belongs to. */
  readonly submission: Bytes;
}

/** The words of what a person typed: spacing, case and hyphens do not matter (F5.1). */
export function split(untrusted: string): string[] {
  if ([...untrusted].length > MAX_CODENAME) return [];
  const visible = folded(untrusted).replaceAll(INVISIBLE, "").replaceAll(SEPARATOR, " ");
  return visible.split(SPACES).filter((word) => word !== "");
}

/** Case folding, which JavaScript has not, made of what it has. */
export function folded(text: string): string {
  const lower = text.normalize("NFKC").toLowerCase().toUpperCase().toLowerCase();
  return lower.replaceAll("ς", "σ").normalize("NFKC");
}

/** Whether the words agree with their own check (F5.2). */
export function passes(words: readonly string[]): boolean {
  return words.length === WORDS && derive(NONE, CODENAME_CHECK, joined(words), 1)[0] === 0;
}

/**
 * Draw a codename.
 *
 * @param words at least `LEAST_LIST` different words, as `split` gives them back.
 * @param below draws evenly from 0 to n - 1, from the system's generator.
 * @throws RangeError the list is too short, or has words that cannot be typed back.
 */
export function draw(words: readonly string[], below: (n: number) => number): string[] {
  if (new Set(words).size < LEAST_LIST) throw new RangeError("a list that is too short");
  for (;;) {
    const drawn = Array.from({ length: WORDS }, () => words[below(words.length)]!);
    if (!passes(drawn)) continue;
    if (split(drawn.join(" ")).join(" ") !== drawn.join(" ")) {
      throw new RangeError("a list of words that are not as split gives them back");
    }
    return drawn;
  }
}

/**
 * Derive what the codename stands for at the newsroom with this instance salt (F5.3).
 *
 * Takes 19 MiB, half a second where there is a JIT, and ten where there is none.
 *
 * @throws Slip the words do not agree with their check.
 */
export function deriveSource(
  words: readonly string[],
  salt: Uint8Array,
  onProgress: Progress = () => {},
): Source {
  if (salt.length !== SALT) throw new RangeError(`a salt of ${salt.length} bytes`);
  if (!passes(words)) throw new Slip(`${words.length} words that are no codename`);
  const root = argon2id(joined(words), salt, { ...COST, onProgress });
  const uploadKey = derive(root, UPLOAD_KEY);
  const source = {
    capability: derive(root, CAPABILITY),
    replyKey: derive(root, REPLY_KEY),
    uploadKey,
    submission: derive(uploadKey, SUBMISSION, NONE, 16),
  };
  root.fill(0);
  return source;
}

/** 16 bytes that name a thread at the desk, and nowhere else. */
export function threadId(capability: Uint8Array): Bytes {
  return derive(capability, THREAD_ID, NONE, 16);
}

function joined(words: readonly string[]): Bytes {
  return utf8(words.join(" "));
}
