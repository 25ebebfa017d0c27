/** What the worker does: it holds a codename's keys, and they leave it only as what they seal. */

import { type Bytes, concat, NONE, utf8 } from "../bytes.js";
import { deriveSource, draw, type Source, split } from "../codename.js";
import { Closed, Refused, Unreadable } from "../errors.js";
import { type Keyring, parseKeyring, publicKeys, Suite } from "../keyring.js";
import { manifestBytes } from "../manifest.js";
import { pieceFront } from "../pack.js";
import { headerBytes, Kind } from "../record.js";
import { openMailbox } from "../reply.js";
import { CONTENT_ID, contentId, Resumable } from "../resumable.js";
import { sha256 } from "../sha256.js";
import { fingerprint } from "../signing.js";
import type { Opened, Progress, Reply, Sealed, SealedPack } from "../types.js";
import type { Handlers, ManifestRequest, OpenRequest, PieceRequest } from "./calls.js";

/** Where randomness comes in. */
export interface Chance {
  random(size: number): Bytes;
  below(n: number): number;
}

/** As the server writes it for a message that it seals itself. */
const PLAIN_TEXT = "text/plain; charset=utf-8";

interface Opening {
  readonly source: Source;
  readonly keyring: Keyring;
  readonly day: number;
}

export class Keeper implements Handlers {
  readonly #chance: Chance;
  #opening: Opening | undefined;

  constructor(chance: Chance) {
    this.#chance = chance;
  }

  ready(): undefined {
    return undefined;
  }

  draw(words: readonly string[]): string {
    return draw(words, this.#chance.below).join(" ");
  }

  open({ codename, keyring, day }: OpenRequest, onProgress: Progress): Opened {
    const parsed = parseKeyring(new Uint8Array(keyring));
    const source = deriveSource(split(codename), parsed.salt, inSteps(onProgress));
    // Also where it is not in force: replies can be read, though nothing can be sealed.
    this.#opening = { source, keyring: parsed, day };
    return {
      capability: source.capability.slice(),
      rootFingerprint: fingerprint(parsed.rootKey),
      suite: parsed.suite === Suite.NACL ? "nacl" : "gpg",
      editors: parsed.editors.length,
    };
  }

  async message(text: string): Promise<Sealed> {
    return this.#seal(Kind.MESSAGE, utf8(text), this.#chance.random(CONTENT_ID));
  }

  async pack(pieces: readonly PieceRequest[]): Promise<SealedPack> {
    const parts: Bytes[] = [];
    const unread: number[] = [];
    for (const [index, { file, path, offset, length }] of pieces.entries()) {
      try {
        // F4.6: read once, and from here on nobody changes it; hashed and sealed from this memory.
        const bytes = await read(file, offset, length);
        parts.push(pieceFront({ path, size: file.size, offset, length }), bytes);
      } catch (error) {
        if (!(error instanceof Unreadable)) throw error;
        unread.push(index);
      }
    }
    if (!parts.length) throw new Unreadable("none of the files can be read");
    return { ...(await this.#seal(Kind.PACK, concat(...parts))), unread };
  }

  async manifest(request: ManifestRequest): Promise<Sealed> {
    return this.#seal(Kind.MANIFEST, manifestBytes(request));
  }

  replies(answer: ArrayBuffer): Reply[] {
    const { capability, replyKey } = this.#opened.source;
    return openMailbox(new Uint8Array(answer), capability, replyKey);
  }

  get #opened(): Opening {
    if (!this.#opening) throw new Closed("no codename was given");
    return this.#opening;
  }

  /** Seal a record; without an identity it is found again by its content. */
  async #seal(kind: number, content: Bytes, identity?: Bytes): Promise<Sealed> {
    const { source, keyring, day } = this.#opened;
    if (keyring.suite !== Suite.NACL) throw new Refused("the editors use another suite");
    const recipients = publicKeys(keyring, day);
    const front = headerBytes({
      ...source,
      kind,
      position: 0,
      name: "",
      mediaType: kind === Kind.MESSAGE ? PLAIN_TEXT : "",
    });
    const digest = await sha256(content);
    identity ??= contentId(source.uploadKey, front, content.length, digest);
    const record = new Resumable(front, content, digest, identity);
    const envelope = await record.seal(recipients);
    return {
      url: record.url(recipients.length),
      digest,
      contentSize: content.length,
      envelope: envelope.buffer,
    };
  }
}

/** Say each hundredth once: what computes says it far more often, and each message takes time. */
function inSteps(onProgress: Progress): Progress {
  let said = -1;
  return (fraction) => {
    const step = Math.floor(fraction * 100);
    if (step > said) onProgress((said = step) / 100);
  };
}

/** @throws Unreadable the file is gone, was changed, or may not be read. */
async function read(file: Blob, offset: number, length: number): Promise<Bytes> {
  if (!length) return NONE;
  const bytes = await file
    .slice(offset, offset + length)
    .arrayBuffer()
    .catch((error: DOMException) => {
      throw new Unreadable(`${error.name}: a file could not be read`);
    });
  if (bytes.byteLength !== length) throw new Unreadable("a file is shorter than it was");
  return new Uint8Array(bytes);
}
