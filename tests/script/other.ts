/** The other implementation, asked over standard input: a JSON line in, a JSON line out. */

import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { createInterface } from "node:readline";

import { ed25519 } from "@noble/curves/ed25519.js";

import { type Bytes, concat, hex, little } from "../../intake/browser/src/bytes.js";
import { below, random } from "../../intake/browser/src/chance.js";
import { split } from "../../intake/browser/src/codename.js";
import { IntakeError } from "../../intake/browser/src/errors.js";
import { parseKeyring } from "../../intake/browser/src/keyring.js";
import { pieces } from "../../intake/browser/src/plan.js";
import { checkPublicKey } from "../../intake/browser/src/publickey.js";
import { openEnvelope, openHeader } from "../../intake/browser/src/reading/envelope.js";
import { Identity } from "../../intake/browser/src/reading/identity.js";
import { message, verify } from "../../intake/browser/src/signing.js";
import type { Reply, Sealed } from "../../intake/browser/src/types.js";
import { Keeper } from "../../intake/browser/src/worker/keeper.js";
import { unhex } from "./vector.js";

const keeper = new Keeper({ random, below });

/** Bytes are hexadecimal, or the path of a file that has them. */
const DOES: Record<string, (asked: never) => unknown> = {
  split: ({ texts }: { texts: string[] }) => texts.map(split),
  draw: ({ words }: { words: string[] }) => keeper.draw(words),
  pieces: ({ path, size }: { path: string; size: number }) => pieces(path, size),

  open({ codename, keyring, day }: { codename: string; keyring: string; day: number }) {
    const opened = keeper.open({ codename, keyring: bytesOf(keyring).buffer, day }, () => {});
    return { ...opened, capability: hex(opened.capability) };
  },

  async message({ text, to }: { text: string; to: string }) {
    return kept(await keeper.message(text), to);
  },

  async piece({ file: from, to, ...asked }: PieceAsked) {
    return kept(await keeper.pack([{ file: new Blob([bytesOf(from)]), ...asked }]), to);
  },

  async pack({ files, to }: { files: { path: string; file: string; size: number }[]; to: string }) {
    const pieces = files.map(({ path, file, size }) => {
      return { path, file: new Blob([bytesOf(file)]), offset: 0, length: size };
    });
    const sealed = await keeper.pack(pieces);
    return { ...(kept(sealed, to) as object), unread: sealed.unread };
  },

  async manifest({ files, size, packs, to }: ManifestAsked) {
    return kept(await keeper.manifest({ files, size, packs: packs.map(unhex) }), to);
  },

  replies: ({ answer }: { answer: string }) =>
    keeper.replies(bytesOf(answer).buffer).map((one: Reply) => ({ ...one, name: hex(one.name) })),

  read({ envelope, identity }: { envelope: string; identity: string }) {
    const identities = [new Identity(unhex(identity))];
    const [fileKey] = openHeader(bytesOf(envelope), identities);
    const reader = openEnvelope(bytesOf(envelope), identities);
    const content = Buffer.concat([...reader.content()]);
    return { fileKey: hex(fileKey), kind: reader.header.kind, content: content.toString("hex") };
  },

  keyring: ({ keyring }: { keyring: string }) => parseKeyring(unhex(keyring)).sequence,
  publicKey: ({ key }: { key: string }) => checkPublicKey(unhex(key)),

  verify({ key, label, body, signature }: Record<string, string>) {
    verify(unhex(key!), unhex(label!), unhex(body!), unhex(signature!));
  },

  /** Signatures that some verifiers take, each with whether noble's does. */
  nearlySigned({ label, body }: Record<string, string>) {
    const signed = message(unhex(label!), unhex(body!));
    return [nearly(signed, true, false), nearly(signed, false, true)];
  },
};

/**
 * Sign so that only a lax verifier takes it.
 *
 * @param mixed a key with a part of small order: good where the equation is multiplied by the
 * cofactor.
 * @param small an R of small order: good where that is allowed.
 */
function nearly(signed: Bytes, mixed: boolean, small: boolean): unknown {
  const { scalar, point } = ed25519.utils.getExtendedPublicKey(random(32));
  const key = (mixed ? point.add(Point.fromHex(TORSION)) : point).toBytes();
  for (;;) {
    const nonce = small ? 0n : little(random(32)) % ORDER;
    const r = Point.BASE.multiplyUnsafe(nonce).toBytes();
    const k = little(sha512(r, key, signed)) % ORDER;
    if (mixed && k % 8n === 0n) continue;
    const signature = concat(r, Point.Fn.toBytes((nonce + k * scalar) % ORDER));
    const noble = ed25519.verify(signature, signed, key, { zip215: false });
    return { key: hex(key), signature: hex(signature), noble };
  }
}

const { Point } = ed25519;
const ORDER = Point.Fn.ORDER;

interface PieceAsked {
  readonly file: string;
  readonly path: string;
  readonly offset: number;
  readonly length: number;
  readonly to: string;
}

interface ManifestAsked {
  readonly files: number;
  readonly size: number;
  readonly packs: string[];
  readonly to: string;
}

/** A point of order 8. */
const TORSION = "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a";

function sha512(...parts: Uint8Array[]): Bytes {
  const hash = createHash("sha512");
  for (const part of parts) hash.update(part);
  return new Uint8Array(hash.digest());
}

function bytesOf(path: string): Bytes {
  return new Uint8Array(readFileSync(path));
}

function kept({ url, digest, contentSize, envelope }: Sealed, to: string): unknown {
  writeFileSync(to, new Uint8Array(envelope));
  return { url, digest: hex(digest), contentSize };
}

for await (const line of createInterface({ input: process.stdin })) {
  const { does, ...asked } = JSON.parse(line);
  try {
    console.log(JSON.stringify({ answer: (await DOES[does]!(asked as never)) ?? null }));
  } catch (error) {
    const kind = error instanceof IntakeError ? error.kind : null;
    console.log(JSON.stringify({ kind, failed: String(error) }));
  }
}
