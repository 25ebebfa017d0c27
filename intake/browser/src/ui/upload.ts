/** One envelope on its way, by tus (P2): what has arrived of it before is found by its address. */

import type {
  DetailedError,
  HttpRequest,
  HttpResponse,
  HttpStack,
  UploadOptions,
} from "tus-js-client";
// Not the package's front door: that tries on loading whether it can write to the local storage.
import XhrStack from "tus-js-client/lib/browser/httpStack.js";
import Upload from "tus-js-client/lib/upload.js";

import type { Sealed } from "../types.js";
import { Later, Refused } from "./line.js";

/** Seconds without a sign of life, after which a connection is given up. A circuit of Tor that
 * broke says nothing; and what the browser has handed on may take long to arrive. */
const STALLED = 180;

export interface Watch {
  /** Bytes that had arrived before the first of ours. */
  found(offset: number): void;
  /** Bytes that have left, those from before included. */
  sent(bytes: number): void;
}

/**
 * Send an envelope, or what is missing of it; return when it is safe.
 *
 * @param fresh whether nothing can have arrived of it, so that there is no need to ask.
 * @throws Later the line broke. Refused.
 */
export function upload(
  sealed: Sealed,
  fresh: boolean,
  watch: Watch,
  signal: AbortSignal,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const size = sealed.envelope.byteLength;
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", cut);
    };
    const cut = (): void => {
      end();
      void sending.abort();
      reject(new Later("broken"));
    };
    let timer = setTimeout(cut, STALLED * 1000);
    const options: Partial<UploadOptions> = {
      uploadUrl: sealed.url,
      retryDelays: null,
      httpStack: new Stack(fresh ? size : undefined),
      onAfterResponse: (request, response) => {
        const offset = Number(response.getHeader("Upload-Offset") ?? Number.NaN);
        if (request.getMethod() === "HEAD" && offset >= 0) watch.found(offset);
      },
      onProgress: (bytes) => {
        clearTimeout(timer);
        timer = setTimeout(cut, STALLED * 1000);
        watch.sent(bytes);
      },
      onSuccess: () => {
        end();
        resolve();
      },
      onError: (error) => {
        end();
        reject(reason(error));
      },
    };
    const sending = new Upload(sealed.envelope, { ...FIXED, ...options });
    signal.addEventListener("abort", cut);
    sending.start();
  });
}

/** What leaves nothing behind in the browser, and reads what is in memory already. */
const FIXED: UploadOptions = {
  ...Upload.defaultOptions,
  storeFingerprintForResuming: false,
  fingerprint: () => Promise.resolve(""),
  fileReader: {
    openFile: (envelope: ArrayBuffer) =>
      Promise.resolve({
        size: envelope.byteLength,
        // "Done" has it look at a `size`, which blobs have; but it also counts for itself.
        slice: (start: number, end: number) =>
          Promise.resolve({ value: new Uint8Array(envelope, start, end - start), done: false }),
        close: () => undefined,
      }),
  },
};

function reason(error: Error): Error {
  const { originalResponse, causingError } = error as Partial<DetailedError>;
  // No answer, and no event of a request that failed: a mistake of ours.
  if (!originalResponse && causingError instanceof Error) return error;
  const status = originalResponse?.getStatus() ?? 0;
  if (status === 507) return new Later("full");
  if (status >= 500 || status === 423 || status === 429) return new Later("busy");
  // 409: another offset than we thought. The next try asks for it.
  if (status === 0 || status === 408 || status === 409) return new Later("broken");
  return new Refused(status);
}

/** Requests as tus-js-client makes them, but for one question whose answer is known. */
class Stack implements HttpStack {
  readonly #stack = new XhrStack();
  readonly #known: number | undefined;

  /** @param known the length of an upload of which nothing has arrived. */
  constructor(known: number | undefined) {
    this.#known = known;
  }

  createRequest(method: string, url: string): HttpRequest {
    if (method === "HEAD" && this.#known !== undefined) return new Answered(url, this.#known);
    return this.#stack.createRequest(method, url);
  }

  getName(): string {
    return "Stack";
  }
}

class Answered implements HttpRequest {
  readonly #url: string;
  readonly #length: number;

  constructor(url: string, length: number) {
    this.#url = url;
    this.#length = length;
  }

  getMethod = (): string => "HEAD";
  getURL = (): string => this.#url;
  setHeader = (): void => undefined;
  getHeader = (): undefined => undefined;
  setProgressHandler = (): void => undefined;
  abort = (): Promise<void> => Promise.resolve();
  getUnderlyingObject = (): undefined => undefined;

  send(): Promise<HttpResponse> {
    const headers: Record<string, string> = {
      "Upload-Offset": "0",
      "Upload-Length": String(this.#length),
    };
    return Promise.resolve({
      getStatus: () => 200,
      getHeader: (name: string) => headers[name],
      getBody: () => "",
      getUnderlyingObject: () => undefined,
    });
  }
}
