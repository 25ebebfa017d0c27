/** SHA-256 of what is in memory, by the browser itself where it does so. */

import { sha256 as slowly } from "@noble/hashes/sha2.js";

import type { Bytes } from "./bytes.js";

/** Onions and loopback are secure contexts, and have `subtle`; a plain address has not. */
export async function sha256(content: Bytes): Promise<Bytes> {
  const subtle: SubtleCrypto | undefined = globalThis.crypto.subtle;
  return subtle ? new Uint8Array(await subtle.digest("SHA-256", content)) : slowly(content);
}
