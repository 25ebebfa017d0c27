/** All that somebody sends in one go: pack by pack, each sent while the next is sealed. */

import { Unreadable } from "../errors.js";
import type { Sealed, SealedPack } from "../types.js";
import type { Pack } from "./gathering.js";
import type { Identity } from "./identity.js";
import { type Line, Refused } from "./line.js";
import { type Chosen, sizeOf } from "./selection.js";
import { upload } from "./upload.js";

/** The server's keyring is another one since, so that it does not know our envelopes for such. */
const ANOTHER_KEYRING = 422;

/** What somebody sends in one go. */
export interface Parcel {
  /** Nothing if there is none. */
  readonly message: string;
  /** Whether the message has arrived already, in a try that was stopped. */
  readonly messageArrived: boolean;
  readonly files: readonly Chosen[];
  /** The files once more, as they are sent. */
  readonly packs: readonly Pack[];
  /** Whether nobody can have sent anything with this codename before. */
  readonly fresh: boolean;
}

/** A file on its way. */
export interface Part {
  readonly path: string;
  readonly size: number;
  /** Bytes that have left, or had arrived before. */
  sent: number;
  state: "waiting" | "sending" | "arrived" | "unreadable";
}

/** One envelope that is to be made and sent. */
interface Job {
  /** What is in it of files; nothing of a message and a manifest. */
  readonly pack: Pack;
  /** Of message or files, as far as they can be read. */
  bytes: number;
  /** Whether its address is new, so that nothing can be there. */
  readonly fresh: boolean;
  readonly seal: () => Promise<Sealed | SealedPack>;
}

/** A job whose envelope is made, or cannot be since nothing of it can be read. */
interface Ready {
  readonly job: Job;
  readonly sealed: Sealed | undefined;
}

export class Sending {
  /** Bytes of all that is to be sent, as far as it can be read. */
  total: number;
  /** The files in their order. */
  readonly parts: readonly Part[];
  /** Bytes that have left, those included that had arrived before. */
  done = 0;
  /** Bytes that had arrived before. */
  found = 0;
  /** Which of the parts is being sent. */
  current = 0;
  messageArrived: boolean;

  readonly #identity: Identity;
  readonly #line: Line;
  readonly #parcel: Parcel;
  readonly #digests: Uint8Array[] = [];

  /** @param identity whose vault is open. */
  constructor(identity: Identity, line: Line, parcel: Parcel) {
    this.#identity = identity;
    this.#line = line;
    this.#parcel = parcel;
    this.messageArrived = parcel.messageArrived;
    this.parts = parcel.files.map(({ file, path }) => ({
      path,
      size: file.size,
      sent: 0,
      state: "waiting",
    }));
    this.total = sizeOf(parcel.files) + (parcel.messageArrived ? 0 : this.messageSize);
  }

  /** Bytes of the message. */
  get messageSize(): number {
    return new TextEncoder().encode(this.#parcel.message).length;
  }

  /** Whether every file could be read to its end. */
  get complete(): boolean {
    return this.parts.every((part) => part.state === "arrived");
  }

  /**
   * Send it all. What cannot be read is passed over, and marked so.
   *
   * @throws Stopped, Refused; Closed if the vault was closed; what is wrong with a new day's keyring.
   */
  async run(): Promise<void> {
    const jobs = this.#jobs();
    let ahead = this.#sealNext(jobs);
    for (;;) {
      const next = await ahead;
      if (next === undefined) break;
      // What takes days is sealed to the keys of each: those of the first are destroyed one day.
      if (this.#identity.isStale) await this.#line.through(() => this.#identity.reopen());
      // No more than two envelopes are in memory: the one that is sent, and this one.
      ahead = this.#sealNext(jobs);
      if (next.sealed) await this.#deliver(next.job, next.sealed);
    }
    if (this.#digests.length) await this.#sendManifest();
  }

  *#jobs(): Generator<Job> {
    const { message, packs, fresh } = this.#parcel;
    if (message && !this.messageArrived) {
      const seal = (): Promise<Sealed> => this.#identity.vault.message(message);
      yield { pack: [], bytes: this.messageSize, fresh: true, seal };
    }
    for (const pack of packs) {
      // What follows of a file that could not be read is of no use.
      if (pack.every(({ index }) => this.parts[index]?.state === "unreadable")) continue;
      const bytes = pack.reduce((sum, { length }) => sum + length, 0);
      yield { pack, bytes, fresh, seal: () => this.#identity.vault.pack(pack) };
    }
  }

  #sealNext(jobs: Generator<Job>): Promise<Ready | undefined> {
    const seal = async (): Promise<Ready | undefined> => {
      const { value: job, done } = jobs.next();
      return done ? undefined : { job, sealed: await this.#sealed(job) };
    };
    const ahead = seal();
    // If the one before fails, nobody waits for this one.
    ahead.catch(() => undefined);
    return ahead;
  }

  async #sealed(job: Job): Promise<Sealed | undefined> {
    try {
      const sealed = await job.seal();
      if ("unread" in sealed) job.bytes -= this.#passOver(job.pack, sealed.unread);
      return sealed;
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error;
      this.#passOver(job.pack, job.pack.keys());
      return undefined;
    }
  }

  /** Mark pieces as not to be read, and with each the rest of its file; return their bytes. */
  #passOver(pack: Pack, unread: Iterable<number>): number {
    let bytes = 0;
    for (const number of unread) {
      const piece = pack[number];
      const part = this.parts[piece?.index ?? -1];
      if (!piece || !part) continue;
      part.state = "unreadable";
      this.total -= part.size - piece.offset;
      bytes += piece.length;
    }
    return bytes;
  }

  async #deliver(job: Job, sealed: Sealed): Promise<void> {
    for (const { index } of job.pack) this.#change(index, "sending");
    this.current = job.pack[0]?.index ?? this.current;
    await this.#send(sealed, job);
    if (!job.pack.length) {
      this.messageArrived = true;
      return;
    }
    this.#digests.push(sealed.digest);
    for (const { index } of job.pack) {
      const part = this.parts[index];
      if (part?.sent === part?.size) this.#change(index, "arrived");
    }
  }

  /** What turned out not to be readable stays so. */
  #change(index: number, state: Part["state"]): void {
    const part = this.parts[index];
    if (part && part.state !== "unreadable") part.state = state;
  }

  async #sendManifest(): Promise<void> {
    const arrived = this.parts.filter((part) => part.state === "arrived");
    const size = arrived.reduce((sum, part) => sum + part.size, 0);
    const seal = (): Promise<Sealed> => this.#identity.vault.manifest(arrived.length, size, this.#digests);
    await this.#send(await seal(), { pack: [], bytes: 0, fresh: this.#parcel.fresh, seal });
  }

  async #send(sealed: Sealed, job: Job): Promise<void> {
    try {
      await this.#upload(sealed, job, job.fresh);
    } catch (error) {
      if (!(error instanceof Refused) || error.status !== ANOTHER_KEYRING) throw error;
      await this.#identity.reopen();
      await this.#upload(await job.seal(), job, false);
    }
  }

  async #upload(sealed: Sealed, job: Job, fresh: boolean): Promise<void> {
    const size = sealed.envelope.byteLength;
    const [doneBefore, foundBefore] = [this.done, this.found];
    const sentBefore = job.pack.map(({ index }) => this.parts[index]?.sent ?? 0);
    let asked = false;
    let arrived = 0;
    const sent = (bytes: number): void => {
      const share = bytes / size;
      this.done = doneBefore + Math.round(share * job.bytes);
      for (const [number, { index, length }] of job.pack.entries()) {
        const part = this.parts[index];
        if (part) part.sent = (sentBefore[number] ?? 0) + Math.round(share * length);
      }
    };
    const found = (offset: number): void => {
      if (!asked) this.found = foundBefore + Math.round((offset / size) * job.bytes);
      this.#line.answered(offset > arrived);
      [asked, arrived] = [true, offset];
      sent(offset);
    };
    const once = (signal: AbortSignal): Promise<void> => {
      const first = fresh && !asked;
      asked ||= first;
      return upload(sealed, first, { found, sent }, signal);
    };
    try {
      await this.#line.through(once);
      sent(size);
    } catch (error) {
      if (error instanceof Refused) sent(0);
      throw error;
    }
  }
}
