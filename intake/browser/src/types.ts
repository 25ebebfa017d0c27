/** What the page and the worker hand each other; nothing in it is secret but the capability. */

/** Says how far something is, from 0 to 1. */
export type Progress = (fraction: number) => void;

/** What a codename and a keyring are good for, once the worker has derived what it keeps. */
export interface Opened {
  /** 32 bytes, F5.3: what `POST /mailbox` is asked with. It reads no reply. */
  readonly capability: Uint8Array<ArrayBuffer>;
  /** The newsroom's root key as people compare it (F2.3). */
  readonly rootFingerprint: string;
  /** Under `gpg` the server seals on arrival alone, and nothing can be sealed here. */
  readonly suite: "nacl" | "gpg";
  /** How many editors can open what is sealed. */
  readonly editors: number;
}

/** One envelope, whole, ready to be sent as P2 says. */
export interface Sealed {
  /** `/uploads/ADDRESS.LENGTH` (P2.1). */
  readonly url: string;
  /** SHA-256 of the content: for a pack what the manifest lists. */
  readonly digest: Uint8Array<ArrayBuffer>;
  /** Bytes of the content. */
  readonly contentSize: number;
  readonly envelope: ArrayBuffer;
}

/** A pack of several pieces. */
export interface SealedPack extends Sealed {
  /** Which of the pieces are not in it, since their files cannot be read. */
  readonly unread: readonly number[];
}

/** What an editor wrote, opened. */
export interface Reply {
  /** 32 bytes, what `POST /mailbox/delete` deletes it by. */
  readonly name: Uint8Array<ArrayBuffer>;
  /** Place among the desk's replies to the thread, from 1. */
  readonly number: number;
  /** Days since 1970-01-01 on which it was written. */
  readonly day: number;
  readonly text: string;
}

/** Bytes `offset` to `offset + length` of a file. */
export interface Range {
  readonly offset: number;
  readonly length: number;
}
