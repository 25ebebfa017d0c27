/** What can go wrong, as types that a caller can tell apart; each goes through `postMessage`. */

/** Base of all that is thrown on purpose. The message is for developers, not for the page. */
export abstract class IntakeError extends Error {
  /** What stands for the type on the way. */
  abstract readonly kind: Kind;
}

/** The bytes end before the format does; all that came before the cut was genuine. */
export class Truncated extends IntakeError {
  readonly kind = "truncated";
}

/** The bytes were altered: an authentication tag, a hash or a size does not agree. */
export class Corrupt extends IntakeError {
  readonly kind = "corrupt";
}

/** The bytes are not in the format, or not in its one accepted encoding. */
export class Malformed extends IntakeError {
  readonly kind = "malformed";
}

/** No key at hand opens it. */
export class NotForUs extends IntakeError {
  readonly kind = "not for us";
}

/** A signature is missing or wrong. */
export class BadSignature extends IntakeError {
  readonly kind = "bad signature";
}

/** Genuine, but out of order or out of date: a keyring that is not in force on that day. */
export class Refused extends IntakeError {
  readonly kind = "refused";
}

/** What was typed is no codename: a word is missing, too much, or not the one that was given. */
export class Slip extends IntakeError {
  readonly kind = "slip";
}

/** This browser cannot seal: the form has to do, and the server seals on arrival. */
export class Unsupported extends IntakeError {
  readonly kind = "unsupported";
}

/** A file is gone, was changed, or may not be read. */
export class Unreadable extends IntakeError {
  readonly kind = "unreadable";
}

/** The vault was closed, or its worker came to an end, before this was done. */
export class Closed extends IntakeError {
  readonly kind = "closed";
}

const MADE = {
  // Of bytes from outside, as F1 has them.
  truncated: Truncated,
  corrupt: Corrupt,
  malformed: Malformed,
  "not for us": NotForUs,
  "bad signature": BadSignature,
  refused: Refused,
  // Of a source, a browser, a file.
  slip: Slip,
  unsupported: Unsupported,
  unreadable: Unreadable,
  closed: Closed,
};
export type Kind = keyof typeof MADE;

/** Make the error of a kind again on the other side of `postMessage`. */
export function errorOf(kind: Kind, message: string): IntakeError {
  return new MADE[kind](message);
}
