/** What desks make: keyrings, public halves, dispatches. For the vectors, and in no page. */

import { ed25519 } from "@noble/curves/ed25519.js";

import { type Bytes, concat, hex, textOf } from "../bytes.js";
import { Reader, Writer } from "../codec.js";
import { SALT } from "../codename.js";
import { MAX_SLOTS } from "../envelope.js";
import { BadSignature, Malformed, Refused } from "../errors.js";
import {
  type Editor,
  type Keyring,
  MAX_KEYRING,
  MAX_NAME,
  MAX_OPENPGP,
  readEditor,
} from "../keyring.js";
import {
  MAGIC_DISPATCH,
  MAGIC_EDITOR,
  MAGIC_KEYRING,
  SIGN_DISPATCH,
  SIGN_EDITOR,
  SIGN_KEYRING,
} from "../labels.js";
import { PUBLIC_KEY } from "../publickey.js";
import { NAME, SEALED } from "../reply.js";
import { message, SIGNATURE, VERIFY_KEY, verify } from "../signing.js";

/** Bytes of the longest public half. */
const MAX_ARMOR = 524_288;
const BEGIN = "-----BEGIN INTAKE EDITOR-----";
const END = "-----END INTAKE EDITOR-----";

/** Sign a body under a label; `seed` is 32 secret bytes. */
export function sign(seed: Bytes, label: Bytes, body: Bytes): Bytes {
  return ed25519.sign(message(label, body), seed);
}

/** The keyring, signed (F7). */
export function keyringBytes(keyring: Keyring, rootSeed: Bytes): Bytes {
  const writer = new Writer()
    .fixed(MAGIC_KEYRING, 8)
    .number(keyring.sequence, 4)
    .fixed(keyring.rootKey, VERIFY_KEY)
    .fixed(keyring.salt, SALT)
    .number(keyring.firstDay, 4)
    .number(keyring.lastDay, 4)
    .number(keyring.suite, 1)
    .number(keyring.threshold, 1)
    .number(keyring.editors.length, 1);
  for (const editor of keyring.editors) writeEditor(writer, editor);
  const body = writer.done();
  return concat(body, sign(rootSeed, SIGN_KEYRING, body));
}

function writeEditor(writer: Writer, editor: Editor): Writer {
  writer.text(editor.name, MAX_NAME).fixed(editor.verifyKey, VERIFY_KEY);
  writer.number(editor.epochs.length, 2);
  for (const epoch of editor.epochs) {
    writer.number(epoch.firstDay, 4).fixed(epoch.public, PUBLIC_KEY);
  }
  return writer.blob(editor.openpgp, MAX_OPENPGP);
}

/** An editor's public half as text (F7.1). */
export function armored(editor: Editor, seed: Bytes): string {
  const body = writeEditor(new Writer().fixed(MAGIC_EDITOR, 8), editor).done();
  return armor(concat(body, sign(seed, SIGN_EDITOR, body)));
}

function armor(data: Bytes): string {
  const encoded = btoa(String.fromCharCode(...data));
  return [BEGIN, ...(encoded.match(/.{1,64}/g) ?? []), END, ""].join("\n");
}

/** @throws Malformed, Truncated, BadSignature as the names say. */
export function parseArmored(untrusted: Bytes): Editor {
  if (untrusted.length > MAX_ARMOR) throw new Malformed("larger than any editor's public half");
  const text = textOf(untrusted);
  const data = decoded(text.split("\n").slice(1, -2).join(""));
  if (armor(data) !== text) throw new Malformed("not an editor's public half");
  const body = data.subarray(0, -SIGNATURE);
  const reader = new Reader(body);
  reader.magic(MAGIC_EDITOR);
  const editor = readEditor(reader);
  reader.done();
  verify(editor.verifyKey, SIGN_EDITOR, body, data.subarray(-SIGNATURE));
  return editor;
}

function decoded(base64: string): Bytes {
  try {
    return Uint8Array.from(atob(base64), (one) => one.charCodeAt(0));
  } catch {
    throw new Malformed("not an editor's public half");
  }
}

/** What a desk sends (F8). */
export interface Dispatch {
  readonly author: Bytes;
  readonly number: bigint;
  readonly replies: readonly { readonly name: Bytes; readonly sealed: Bytes }[];
  readonly receipts: readonly { readonly envelope: Bytes; readonly size: bigint }[];
  readonly keyring: Bytes;
  readonly signers: readonly Bytes[];
}

/** @throws Malformed, Truncated, BadSignature as the names say. */
export function parseDispatch(untrusted: Bytes): Dispatch {
  const reader = new Reader(untrusted);
  reader.magic(MAGIC_DISPATCH);
  const [author, number] = [reader.fixed(VERIFY_KEY), reader.u64()];
  const replies = Array.from({ length: reader.count(4, 4_096) }, () => ({
    name: reader.fixed(NAME),
    sealed: reader.fixed(SEALED),
  }));
  const receipts = Array.from({ length: reader.count(4, 262_144) }, () => ({
    envelope: reader.fixed(16),
    size: reader.u64(),
  }));
  const keyring = reader.blob(MAX_KEYRING);
  const body = untrusted.subarray(0, reader.offset);
  const signatures = Array.from({ length: reader.count(1, MAX_SLOTS) }, () => ({
    key: reader.fixed(VERIFY_KEY),
    signature: reader.fixed(SIGNATURE),
  }));
  reader.done();
  // Big-endian numbers and bytes compare as their digits do.
  const names = replies.map((reply) => hex(reply.name));
  const ids = receipts.map((one) => hex(one.envelope) + one.size.toString(16).padStart(16, "0"));
  for (const keys of [names, ids]) {
    if (keys.some((key, at) => at > 0 && key <= keys[at - 1]!)) throw new Malformed("out of order");
  }
  const signers = signatures.map(({ key }) => key);
  const signing = signers.map(hex);
  if (signing[0] !== hex(author) || new Set(signing).size < signing.length) {
    throw new BadSignature("the author's signature comes first, and nobody signs twice");
  }
  for (const { key, signature } of signatures) verify(key, SIGN_DISPATCH, body, signature);
  return { author, number, replies, receipts, keyring, signers };
}

/**
 * Return if a server with this keyring may act on the dispatch.
 *
 * @throws BadSignature its author is no editor, or too few editors have signed it.
 * @throws Refused delivered already, or older than one that was.
 */
export function checkDispatch(dispatch: Dispatch, keyring: Keyring, last?: bigint): void {
  const editors = new Set(keyring.editors.map((one) => hex(one.verifyKey)));
  const signed = dispatch.signers.filter((key) => editors.has(hex(key))).length;
  if (!editors.has(hex(dispatch.author)) || signed < keyring.threshold) {
    throw new BadSignature("not by an editor of this newsroom, or not by enough of them");
  }
  if (last !== undefined && dispatch.number <= last) throw new Refused("delivered already");
}
