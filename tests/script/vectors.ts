/** Prints a line for each vector: its name, and how reading it ended or what is wrong with it. */

import { deepStrictEqual as same } from "node:assert";
import { createHash } from "node:crypto";
import { readdirSync } from "node:fs";
import { join } from "node:path";

import { type Bytes, hex, NONE } from "../../intake/browser/src/bytes.js";
import { deriveSource, passes, split, threadId } from "../../intake/browser/src/codename.js";
import { envelopeId, PAGE } from "../../intake/browser/src/envelope.js";
import { IntakeError, Malformed, NotForUs } from "../../intake/browser/src/errors.js";
import { type Editor, parseKeyring } from "../../intake/browser/src/keyring.js";
import { CONTENT_KEY, derive } from "../../intake/browser/src/labels.js";
import { manifestBytes } from "../../intake/browser/src/manifest.js";
import { bucket } from "../../intake/browser/src/padme.js";
import { readManifest, readPack } from "../../intake/browser/src/reading/content.js";
import { openEnvelope } from "../../intake/browser/src/reading/envelope.js";
import { Identity } from "../../intake/browser/src/reading/identity.js";
import {
  armored,
  checkDispatch,
  keyringBytes,
  parseArmored,
  parseDispatch,
  sign,
} from "../../intake/browser/src/reading/offline.js";
import { RecordReader } from "../../intake/browser/src/reading/record.js";
import { BLOCK, headerBytes } from "../../intake/browser/src/record.js";
import { isFor, openReply } from "../../intake/browser/src/reply.js";
import { contentId, Resumable, uploadId } from "../../intake/browser/src/resumable.js";
import { fingerprint, verify } from "../../intake/browser/src/signing.js";
import { unhex, Vector } from "./vector.js";

const SOMEBODY = new Identity(new Uint8Array(96).fill(1));

/** Each returns how reading ended if something was delivered before, throws, or all was well. */
const CHECKS: Record<string, (vector: Vector) => unknown> = {
  codename(vector) {
    const words = split(vector.text("typed"));
    same(words, JSON.parse(vector.one("words")));
    same(passes(words), vector.expect === "success");
    if (!passes(words)) throw new Malformed("no codename");
    const source = deriveSource(words, vector.hex("salt"));
    same(hex(source.capability), vector.one("capability"));
    same(hex(source.replyKey), vector.one("reply-key"));
    same(hex(threadId(source.capability)), vector.one("thread-id"));
    same(hex(source.uploadKey), vector.one("upload-key"));
    same(hex(source.submission), vector.one("upload-submission"));
  },

  dispatch(vector) {
    const parsed = parseDispatch(vector.input());
    if (vector.all("keyring").length) {
      const [last] = vector.all("last-number");
      const keyring = parseKeyring(vector.hex("keyring"));
      checkDispatch(parsed, keyring, last === undefined ? undefined : BigInt(last));
      return;
    }
    same(hex(parsed.author), vector.one("author"));
    same(parsed.number, BigInt(vector.one("number")));
    same(parsed.replies.map((reply) => hex(reply.name)), vector.all("reply"));
    same(parsed.receipts.map((one) => hex(one.envelope)), vector.all("receipt"));
    same(parsed.receipts.map((one) => String(one.size)), vector.all("receipt-size"));
    same(parsed.keyring.length, Number(vector.one("keyring-size")));
    same(parsed.signers.length, Number(vector.one("signers")));
  },

  editor(vector) {
    const editor = parseArmored(vector.input());
    same(Buffer.from(armored(editor, vector.hex("desk-seed"))), Buffer.from(vector.input()));
    checkEditors(vector, [editor]);
  },

  envelope(vector) {
    const data = vector.input();
    if (vector.all("id").length) {
      same(hex(envelopeId(data.subarray(0, PAGE))), vector.one("id"));
      same(data.length, Number(vector.one("size")));
    }
    const identities = vector.all("identity").map((one) => new Identity(unhex(one)));
    return checkReading(vector, () => openEnvelope(data, identities));
  },

  keyring(vector) {
    const keyring = parseKeyring(vector.input());
    same(hex(keyringBytes(keyring, vector.hex("root-seed"))), hex(vector.input()));
    same(hex(keyring.rootKey), vector.one("root-key"));
    same(hex(keyring.salt), vector.one("salt"));
    const { sequence, firstDay, lastDay, suite, threshold } = keyring;
    const names = ["sequence", "first-day", "last-day", "suite", "threshold"];
    const numbers = names.map((one) => Number(vector.one(one)));
    same([sequence, firstDay, lastDay, suite, threshold], numbers);
    checkEditors(vector, keyring.editors);
  },

  labels(vector) {
    const person = new Uint8Array(16);
    person.set(vector.hex("person"));
    const size = Number(vector.one("size"));
    same(hex(derive(vector.hex("key"), person, vector.hex("data"), size)), vector.one("digest"));
  },

  manifest(vector) {
    const manifest = readManifest(vector.input());
    same(hex(manifestBytes(manifest)), hex(vector.input()));
    same([manifest.files, manifest.size], [vector.one("files"), vector.one("size")].map(BigInt));
    same(manifest.packs.map(hex), vector.all("pack"));
  },

  pack(vector) {
    const found: string[][] = [];
    const outcome = outcomeOf(() => {
      for (const { path, piece, bytes } of readPack(vector.input())) {
        if (!piece) {
          found.push(["folder", path]);
          continue;
        }
        const numbers = [piece.size, piece.offset, piece.length].map(String);
        found.push(["piece", path, ...numbers, sha256(bytes!)]);
      }
    });
    same(found, vector.all("entry").map((entry) => JSON.parse(entry)));
    return outcome;
  },

  padme(vector) {
    const lines = new TextDecoder().decode(vector.input()).trimEnd().split("\n");
    for (const line of lines) {
      const [count, size] = line.split(" ").map(Number);
      same(bucket(count!), size);
    }
  },

  record(vector) {
    const data = vector.input();
    const count = Math.ceil(data.length / BLOCK);
    const blocks = Array.from({ length: count }, (_, at) =>
      data.subarray(at * BLOCK, (at + 1) * BLOCK),
    );
    return checkReading(vector, () => new RecordReader(blocks));
  },

  reply(vector) {
    if (vector.all("capability").length && !isFor(vector.hex("name"), vector.hex("capability"))) {
      throw new NotForUs("another thread's");
    }
    if (!vector.all("reply-key").length) return;
    const { number, day, text } = openReply(vector.input(), vector.hex("reply-key"));
    same([number, day], [vector.one("number"), vector.one("day")].map(Number));
    same(text, vector.text("text"));
  },

  async resumable(vector) {
    const data = vector.input();
    const front = headerBytes({
      kind: Number(vector.one("kind")),
      submission: vector.hex("submission"),
      capability: vector.hex("capability"),
      replyKey: vector.hex("reply-key"),
      position: 0,
      name: "",
      mediaType: "",
    });
    const digest = unhex(sha256(data));
    const identity = contentId(vector.hex("upload-key"), front, data.length, digest);
    same(hex(identity), vector.one("content-id"));
    same(hex(derive(identity, CONTENT_KEY)), vector.one("file-key"));
    const record = new Resumable(front, data, digest, identity);
    const size = Number(vector.one("size"));
    same(record.url(1), `/uploads/${vector.one("address")}.${size}`);
    same(hex(uploadId(record.address, size)), vector.one("upload-id"));
    const envelope = await record.seal([SOMEBODY.public()]);
    same(envelope.length, size);
    same(sha256(envelope.subarray(PAGE)), vector.one("chunks-sha256"));
  },

  signature(vector) {
    const [key, label, body] = [vector.hex("key"), vector.hex("label"), vector.input()];
    verify(key, label, body, vector.hex("signature"));
    same(fingerprint(key), vector.text("fingerprint"));
    same(hex(sign(vector.hex("seed"), label, body)), vector.one("signature"));
  },
};

/** What was delivered before the reading ended, and how it ended. */
function checkReading(vector: Vector, open: () => RecordReader): string {
  const parts: Bytes[] = [];
  let reader: RecordReader | undefined;
  const outcome = outcomeOf(() => {
    reader = open();
    for (const part of reader.content()) parts.push(part);
  });
  const [size] = vector.all("delivered-size");
  const content = Buffer.concat(parts);
  if (size === undefined) {
    same(content.length, 0);
    return outcome;
  }
  same([content.length, sha256(content)], [Number(size), vector.one("delivered-sha256")]);
  const { header, trailer } = reader!;
  same(header.kind, Number(vector.one("kind")));
  same(hex(header.submission), vector.one("submission"));
  same(hex(header.capability), vector.one("capability"));
  same(hex(header.replyKey), vector.one("reply-key"));
  same(header.position, Number(vector.one("position")));
  same([header.name, header.mediaType], [vector.text("name"), vector.text("media-type")]);
  same(trailer ? [String(trailer.ending)] : [], vector.all("ending"));
  return outcome;
}

function checkEditors(vector: Vector, editors: readonly Editor[]): void {
  same(editors.map((one) => one.name), vector.all("editor").map((name) => JSON.parse(name)));
  same(editors.map((one) => hex(one.verifyKey)), vector.all("verify-key"));
  const days = editors.flatMap((one) => one.epochs.map((epoch) => String(epoch.firstDay)));
  same(days, vector.all("epoch-first-day"));
}

function outcomeOf(read: () => void): string {
  try {
    read();
    return "success";
  } catch (error) {
    if (error instanceof IntakeError) return error.kind;
    throw error;
  }
}

function sha256(data: Uint8Array = NONE): string {
  return createHash("sha256").update(data).digest("hex");
}

async function checked(kind: string, path: string): Promise<string> {
  try {
    const vector = new Vector(path);
    try {
      return ((await CHECKS[kind]!(vector)) as string | undefined) ?? "success";
    } catch (error) {
      if (error instanceof IntakeError) return error.kind;
      throw error;
    }
  } catch (error) {
    return `wrong: ${String(error).replaceAll("\n", " ")}`;
  }
}

const [folder] = process.argv.slice(2);
for (const kind of Object.keys(CHECKS)) {
  for (const name of readdirSync(join(folder!, kind))) {
    console.log(`${kind}/${name}: ${await checked(kind, join(folder!, kind, name))}`);
  }
}
