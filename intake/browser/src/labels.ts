/** Every label that separates one use of a key from another (F2), and the one way to derive. */

import { blake2b } from "@noble/hashes/blake2.js";

import { type Bytes, NONE, utf8 } from "./bytes.js";

/** Bytes of BLAKE2b's personalisation, to which a label is padded with zeros. */
const PERSON = 16;

function label(text: string): Bytes {
  const padded = new Uint8Array(PERSON);
  padded.set(utf8(text));
  return padded;
}

export const CODENAME_CHECK = label("intake1 check");
export const CAPABILITY = label("intake1 mailbox");
export const REPLY_KEY = label("intake1 replykey");
export const THREAD_ID = label("intake1 thread");
export const REPLY_TAG = label("intake1 replytag");
export const PAYLOAD_KEY = label("intake1 payload");
export const HEADER_MAC = label("intake1 header");
export const ENVELOPE_ID = label("intake1 envelope");
export const FINGERPRINT = label("intake1 fingerpr");
export const SIGNED = label("intake1 signed");
export const UPLOAD_KEY = label("intake1 upload");
export const SUBMISSION = label("intake1 submit");
export const CONTENT = label("intake1 content");
export const CONTENT_KEY = label("intake1 filekey");
export const ADDRESS = label("intake1 address");
export const UPLOAD_ID = label("intake1 uploadid");

// HPKE's info, and what is put before the digest of a body that is signed.
export const HPKE_INFO = utf8("intake1 file key for one editor");
export const SIGN_EDITOR = utf8("intake1 editor's public half\0");
export const SIGN_KEYRING = utf8("intake1 keyring\0");
export const SIGN_DISPATCH = utf8("intake1 dispatch\0");

// The first eight bytes of every object.
export const MAGIC_RECORD = utf8("intakeR1");
export const MAGIC_ENVELOPE = utf8("intakeE1");
export const MAGIC_REPLY = utf8("intakeA1");
export const MAGIC_EDITOR = utf8("intakeP1");
export const MAGIC_KEYRING = utf8("intakeK1");
export const MAGIC_DISPATCH = utf8("intakeD1");

/** BLAKE2b of `data`, keyed with `key` (may be empty), personalised by a padded label (F2.1). */
export function derive(
  key: Uint8Array,
  person: Uint8Array,
  data: Uint8Array = NONE,
  size = 32,
): Bytes {
  const keyed = key.length ? { key } : {};
  return blake2b(data, { dkLen: size, personalization: person, ...keyed });
}
