/** What page and worker say to each other: a call, and what becomes of it. */

import type { Kind } from "../errors.js";
import type { Opened, Progress, Range, Reply, Sealed, SealedPack } from "../types.js";

/** What can be asked for: the argument, and what is answered. */
export interface Calls {
  /** Says that the worker has its script. */
  ready: [nothing: undefined, answer: undefined];
  draw: [words: readonly string[], answer: string];
  open: [request: OpenRequest, answer: Opened];
  message: [text: string, answer: Sealed];
  pack: [pieces: readonly PieceRequest[], answer: SealedPack];
  manifest: [request: ManifestRequest, answer: Sealed];
  replies: [answer: ArrayBuffer, replies: Reply[]];
}
export type Name = keyof Calls;

/** What does it. */
export type Handlers = {
  [N in Name]: (
    argument: Calls[N][0],
    onProgress: Progress,
  ) => Calls[N][1] | Promise<Calls[N][1]>;
};

export interface OpenRequest {
  readonly codename: string;
  readonly keyring: ArrayBuffer;
  readonly day: number;
}

/** Bytes of a file that are to go into a pack. */
export interface PieceRequest extends Range {
  readonly file: Blob;
  /** Of the file, folders before it with a slash between. */
  readonly path: string;
}

export interface ManifestRequest {
  readonly files: number;
  readonly size: number;
  readonly packs: readonly Uint8Array[];
}

/** From the page. */
export interface Call<N extends Name = Name> {
  readonly id: number;
  readonly name: N;
  readonly argument: Calls[N][0];
}

/** From the worker; after the last two nothing more comes for this call. */
export type Said =
  | { readonly id: number; readonly progress: number }
  | { readonly id: number; readonly answer: unknown }
  | { readonly id: number; readonly failed: string; readonly kind: Kind | null };

/** Either end of the channel between them. */
export interface Port {
  onmessage: ((event: MessageEvent) => void) | null;
  postMessage(message: unknown, transfer: Transferable[]): void;
}
