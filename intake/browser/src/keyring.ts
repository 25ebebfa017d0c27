/** The keyring: who can open what arrives, signed offline by the newsroom's root key (F7). */

import type { Bytes } from "./bytes.js";
import { Reader } from "./codec.js";
import { SALT } from "./codename.js";
import { MAX_SLOTS } from "./envelope.js";
import { Malformed, Refused, Truncated } from "./errors.js";
import { MAGIC_KEYRING, SIGN_KEYRING } from "./labels.js";
import { checkPublicKey, PUBLIC_KEY } from "./publickey.js";
import { SIGNATURE, VERIFY_KEY, verify } from "./signing.js";

export const MAX_NAME = 64;
export const MAX_EPOCHS = 128;
export const MAX_OPENPGP = 65_536;
export const MAX_KEYRING = 8 * 1024 * 1024;

/** What a name must not have: controls, what nobody sees, and every white space but the space. */
const UNREADABLE = new RegExp(
  "[\\x00-\\x1f\\x7f-\\xa0\\xad\\u061c\\u1680\\u180e\\u2000-\\u200f\\u2028-\\u202f" +
    "\\u205f-\\u206f\\u3000\\ufeff\\ufff9-\\ufffb]",
);

export const Suite = { NACL: 1, GPG: 2 } as const;

/** A public key and the first day (since 1970-01-01) on which it is used. */
export interface Epoch {
  readonly firstDay: number;
  readonly public: Bytes;
}

export interface Editor {
  readonly name: string;
  /** 32 bytes, Ed25519. */
  readonly verifyKey: Bytes;
  /** In the order of their days. */
  readonly epochs: readonly Epoch[];
  readonly openpgp: Bytes;
}

/** What the root key says. Days are days since 1970-01-01, both included. */
export interface Keyring {
  readonly sequence: number;
  readonly rootKey: Bytes;
  readonly salt: Bytes;
  readonly firstDay: number;
  readonly lastDay: number;
  readonly suite: number;
  readonly threshold: number;
  readonly editors: readonly Editor[];
}

/**
 * Read a keyring whose signature by the root key in it is good. Whether that is the newsroom's root
 * key, a person has to say.
 *
 * @throws Malformed, Truncated, BadSignature as the names say.
 */
export function parseKeyring(untrusted: Bytes): Keyring {
  if (untrusted.length > MAX_KEYRING) throw new Malformed("larger than any keyring");
  if (untrusted.length <= SIGNATURE) throw new Truncated("too short for a keyring");
  const body = untrusted.subarray(0, -SIGNATURE);
  const reader = new Reader(body);
  reader.magic(MAGIC_KEYRING);
  const [sequence, rootKey] = [reader.number(4), reader.fixed(VERIFY_KEY)];
  verify(rootKey, SIGN_KEYRING, body, untrusted.subarray(-SIGNATURE));
  const [salt, firstDay, lastDay] = [reader.fixed(SALT), reader.number(4), reader.number(4)];
  const [suite, threshold] = [reader.number(1), reader.number(1)];
  const editors = Array.from({ length: reader.count(1, MAX_SLOTS) }, () => readEditor(reader));
  reader.done();
  const keyring = { sequence, rootKey, salt, firstDay, lastDay, suite, threshold, editors };
  check(keyring);
  return keyring;
}

/** Read an editor's public half, as it is in a keyring too. */
export function readEditor(reader: Reader): Editor {
  const [name, verifyKey] = [reader.text(MAX_NAME), reader.fixed(VERIFY_KEY)];
  const epochs = Array.from({ length: reader.count(2, MAX_EPOCHS) }, () => ({
    firstDay: reader.number(4),
    public: reader.fixed(PUBLIC_KEY),
  }));
  if (epochs.some((epoch, at) => at > 0 && epoch.firstDay <= epochs[at - 1]!.firstDay)) {
    throw new Malformed("epochs out of order");
  }
  for (const epoch of epochs) checkPublicKey(epoch.public);
  if (!name || name.startsWith(" ") || name.endsWith(" ") || UNREADABLE.test(name)) {
    throw new Malformed("an editor without a readable name");
  }
  return { name, verifyKey, epochs, openpgp: reader.blob(MAX_OPENPGP) };
}

/** What has to hold among the parts (F7). */
function check({ suite, threshold, editors, firstDay, lastDay }: Keyring): void {
  const count = editors.length;
  const wrong = [
    [suite !== Suite.NACL && suite !== Suite.GPG, `a suite of number ${suite}`],
    [threshold < 1 || threshold > count, `a threshold of ${threshold} among ${count} editors`],
    [firstDay > lastDay, "a keyring that ends before it begins"],
    [new Set(editors.map((one) => one.name)).size < count, "two editors of one name"],
    [new Set(editors.map((one) => one.verifyKey.join())).size < count, "two editors with one key"],
    [
      suite === Suite.NACL && editors.some((one) => !one.epochs.length),
      "an editor without keys for the suite",
    ],
    [
      suite === Suite.GPG && editors.some((one) => !one.openpgp.length),
      "an editor without an OpenPGP key",
    ],
  ] as const;
  const found = wrong.find(([is]) => is);
  if (found) throw new Malformed(found[1]);
}

/**
 * Return if the keyring is in force on a day.
 *
 * @throws Refused not yet, or no longer; or an editor's first epoch is still to come.
 */
function checkDay(keyring: Keyring, day: number): void {
  if (day < keyring.firstDay) throw new Refused("the keyring is not in force yet");
  if (day > keyring.lastDay) throw new Refused("the keyring has run out");
  if (keyring.suite === Suite.NACL && keyring.editors.some((one) => !epochAt(one, day))) {
    throw new Refused("an editor's keys are not in force yet");
  }
}

/** Each editor's public key of the day; throws as `checkDay` does. */
export function publicKeys(keyring: Keyring, day: number): Bytes[] {
  checkDay(keyring, day);
  return keyring.editors.flatMap((one) => epochAt(one, day)?.public ?? []);
}

/** The epoch of an editor that is used on a day: the last that has begun. */
function epochAt(editor: Editor, day: number): Epoch | undefined {
  return editor.epochs.findLast((epoch) => epoch.firstDay <= day);
}
