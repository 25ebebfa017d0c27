/** The page's side of the worker: what needs the codename is asked for here and done there. */

import { Closed, errorOf, Unsupported } from "./errors.js";
import type { Opened, Progress, Reply, Sealed, SealedPack } from "./types.js";
import type { Calls, Name, PieceRequest, Said } from "./worker/calls.js";

interface Waiting {
  readonly resolve: (answer: never) => void;
  readonly reject: (error: Error) => void;
  readonly onProgress: Progress | undefined;
}

/** A worker that holds a codename's keys. The page never has them. */
export class Vault {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #calls = 0;
  #ended: Error | undefined;

  private constructor(worker: Worker) {
    this.#worker = worker;
    worker.onmessage = ({ data }: MessageEvent<Said>) => this.#hear(data);
    worker.onerror = ({ message }) => this.#end(new Closed(`the worker ended: ${message}`));
  }

  /**
   * Start a worker from the very script that the page runs.
   *
   * A worker's own address cannot be held to a hash. So the script is fetched again, held to the
   * hash, and made a worker of.
   *
   * @param integrity as in the page's `<script integrity>`.
   * @throws Unsupported this browser cannot, or the script did not come.
   */
  static async start(scriptUrl: string, integrity: string): Promise<Vault> {
    if (!("Worker" in globalThis)) throw new Unsupported("no workers");
    try {
      const answer = await fetch(scriptUrl, { integrity });
      const url = URL.createObjectURL(new Blob([await answer.text()], { type: "text/javascript" }));
      const vault = new Vault(new Worker(url));
      // It answers when it has the script.
      await vault.#call("ready", undefined).finally(() => URL.revokeObjectURL(url));
      return vault;
    } catch (error) {
      throw new Unsupported(`no worker: ${error}`);
    }
  }

  /** Draw a codename from a list of at least 7,000 words (F5). */
  draw(words: readonly string[]): Promise<string> {
    return this.#call("draw", words);
  }

  /**
   * Derive what the codename stands for at the newsroom of this keyring, and keep it in the worker.
   *
   * @param keyring what `GET /keyring?raw` answered; its signature is checked.
   * @param day days since 1970-01-01, UTC.
   * @throws Slip not a codename. Malformed, Truncated, BadSignature: the keyring. Whether that is
   *   in force, each sealing asks: it throws Refused if not.
   */
  open(
    codename: string,
    keyring: ArrayBuffer,
    day: number,
    onProgress?: Progress,
  ): Promise<Opened> {
    return this.#call("open", { codename, keyring, day }, onProgress);
  }

  /** Seal a message. Two of the same words are two envelopes. */
  message(text: string): Promise<Sealed> {
    return this.#call("message", text);
  }

  /**
   * Read pieces of files, and seal them as one pack; what cannot be read is left out of it.
   *
   * @throws Unreadable all files are gone, were changed, or may not be read.
   */
  pack(pieces: readonly PieceRequest[]): Promise<SealedPack> {
    return this.#call("pack", pieces);
  }

  /** Seal the list of all packs that were sent, each by its `digest`. */
  manifest(files: number, size: number, packs: readonly Uint8Array[]): Promise<Sealed> {
    return this.#call("manifest", { files, size, packs });
  }

  /** Open what `POST /mailbox` answered, the newest first; what does not open is left out. */
  replies(answer: ArrayBuffer): Promise<Reply[]> {
    return this.#call("replies", answer);
  }

  /** End the worker, and all that it holds. What is under way ends in `Closed`. */
  close(): void {
    this.#end(new Closed("closed"));
  }

  #call<N extends Name>(
    name: N,
    argument: Calls[N][0],
    onProgress?: Progress,
  ): Promise<Calls[N][1]> {
    return new Promise((resolve, reject) => {
      if (this.#ended) throw this.#ended;
      const id = this.#calls++;
      this.#worker.postMessage({ id, name, argument });
      this.#waiting.set(id, { resolve, reject, onProgress });
    });
  }

  #hear(said: Said): void {
    const waiting = this.#waiting.get(said.id);
    if (!waiting) return;
    if ("progress" in said) {
      waiting.onProgress?.(said.progress);
      return;
    }
    this.#waiting.delete(said.id);
    if ("answer" in said) waiting.resolve(said.answer as never);
    else waiting.reject(said.kind ? errorOf(said.kind, said.failed) : new Error(said.failed));
  }

  #end(error: Error): void {
    this.#ended ??= error;
    this.#worker.terminate();
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}
