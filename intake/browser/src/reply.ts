/** The reply (F6): found by its name, opened with the thread's reply key; and the mailbox (P3). */

import { xsalsa20poly1305 } from "@noble/ciphers/salsa.js";

import { type Bytes, equal, isZero } from "./bytes.js";
import { Reader } from "./codec.js";
import { Corrupt, IntakeError, Malformed } from "./errors.js";
import { derive, MAGIC_REPLY, REPLY_TAG } from "./labels.js";
import type { Reply } from "./types.js";

export const SEALED = 16_384;
export const NAME = 32;
const NONCE = 24;
/** Bytes of UTF-8 that one reply can hold. */
export const MAX_TEXT = SEALED - NONCE - 16 - 8 - 4 - 4 - 2;
/** Bytes of the shortest answer of a mailbox; longer ones are this, doubled. */
const LEAST_ANSWER = 65_536;

/** Whether a reply of this name is for the thread with this capability. */
export function isFor(name: Bytes, capability: Bytes): boolean {
  const tag = derive(capability, REPLY_TAG, name.subarray(0, 16), 16);
  return name.length === NAME && equal(tag, name.subarray(16));
}

/**
 * Open a reply.
 *
 * @throws Corrupt altered, or sealed under another key.
 * @throws Malformed sealed by somebody who does not keep to the format.
 */
export function openReply(sealed: Bytes, replyKey: Bytes): Omit<Reply, "name"> {
  if (sealed.length !== SEALED) throw new Malformed(`a reply of ${sealed.length} bytes`);
  const plain = unsealed(sealed, replyKey);
  const reader = new Reader(plain);
  reader.magic(MAGIC_REPLY);
  const reply = { number: reader.number(4), day: reader.number(4), text: reader.text(MAX_TEXT) };
  if (!isZero(plain.subarray(reader.offset))) {
    throw new Malformed("a reply whose unused bytes are not zero");
  }
  return reply;
}

function unsealed(sealed: Bytes, replyKey: Bytes): Bytes {
  try {
    return xsalsa20poly1305(replyKey, sealed.subarray(0, NONCE)).decrypt(sealed.subarray(NONCE));
  } catch {
    throw new Corrupt("the reply was altered, or is under another key");
  }
}

/**
 * Open what a mailbox answered, the newest first.
 *
 * What cannot be opened is left out: it is nobody's who has the reply key.
 *
 * @throws Malformed, Truncated not a mailbox's answer.
 */
export function openMailbox(untrusted: Bytes, capability: Bytes, replyKey: Bytes): Reply[] {
  const reader = new Reader(untrusted);
  const replies: Reply[] = [];
  for (let left = reader.number(4); left > 0; left--) {
    const [name, sealed] = [reader.fixed(NAME), reader.fixed(SEALED)];
    try {
      if (!isFor(name, capability)) continue;
      replies.push({ name: name.slice(), ...openReply(sealed, replyKey) });
    } catch (error) {
      if (!(error instanceof IntakeError)) throw error;
    }
  }
  const rest = untrusted.subarray(reader.offset);
  if (untrusted.length !== answerSize(reader.offset) || !isZero(rest)) {
    throw new Malformed("an answer that is not padded as a mailbox's is");
  }
  return replies.sort((one, other) => other.day - one.day || other.number - one.number);
}

function answerSize(size: number): number {
  let padded = LEAST_ANSWER;
  while (padded < size) padded *= 2;
  return padded;
}
