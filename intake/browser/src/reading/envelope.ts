/** What opens an envelope (F4.2 to F4.4). For the vectors, and in no page. */

import { chacha20poly1305 } from "@noble/ciphers/chacha.js";

import { type Bytes, equal, isZero } from "../bytes.js";
import { chunkNonce } from "../chunk.js";
import { Reader } from "../codec.js";
import { CHUNK, headerSize, MAC, MAX_SLOTS, SLOT } from "../envelope.js";
import { Corrupt, Malformed, NotForUs, Truncated } from "../errors.js";
import { derive, HEADER_MAC, MAGIC_ENVELOPE, PAYLOAD_KEY } from "../labels.js";
import type { Identity } from "./identity.js";
import { RecordReader } from "./record.js";

/**
 * Open an envelope; content is verified chunk by chunk as it is pulled.
 *
 * @throws NotForUs, Truncated, Corrupt, Malformed also while pulling.
 */
export function openEnvelope(untrusted: Bytes, identities: readonly Identity[]): RecordReader {
  const [fileKey, size] = openHeader(untrusted, identities);
  return new RecordReader(openChunks(untrusted.subarray(size), derive(fileKey, PAYLOAD_KEY)));
}

/** The file key, and the bytes of the header. */
export function openHeader(untrusted: Bytes, identities: readonly Identity[]): [Bytes, number] {
  const reader = new Reader(untrusted);
  reader.magic(MAGIC_ENVELOPE);
  const count = reader.number(2);
  if (count < 1 || count > MAX_SLOTS) throw new Malformed(`an envelope to ${count} editors`);
  const size = headerSize(count);
  if (untrusted.length < size) throw new Truncated("cut off in its header");
  const slots = Array.from({ length: count }, () => reader.fixed(SLOT));
  const body = untrusted.subarray(0, reader.offset);
  const mac = reader.fixed(MAC);
  if (!isZero(untrusted.subarray(reader.offset, size))) {
    throw new Malformed("a header whose unused bytes are not zero");
  }
  const opened = identities.flatMap((one) => slots.flatMap((slot) => one.unwrap(slot) ?? []));
  const fileKey = opened.find((key) => equal(mac, derive(key, HEADER_MAC, body)));
  if (fileKey) return [fileKey, size];
  if (opened.length) throw new Corrupt("the header was altered");
  throw new NotForUs("sealed to somebody else, or to keys that were destroyed");
}

function* openChunks(data: Bytes, payloadKey: Bytes): Generator<Bytes> {
  for (let number = 0; ; number++) {
    const chunk = data.subarray(number * CHUNK, (number + 1) * CHUNK);
    if (chunk.length < CHUNK) throw new Truncated(`cut off in chunk ${number}`);
    const last = data.length === (number + 1) * CHUNK;
    const block = openChunk(payloadKey, number, last, chunk);
    if (block) {
      yield block;
      if (last) return;
      continue;
    }
    const other = openChunk(payloadKey, number, !last, chunk);
    if (!other) throw new Corrupt(`chunk ${number} was altered`);
    // Genuine, so it is delivered, whatever is wrong after it.
    yield other;
    if (last) throw new Truncated(`cut off after chunk ${number}`);
    throw new Corrupt("something follows the last chunk");
  }
}

function openChunk(key: Bytes, number: number, last: boolean, chunk: Bytes): Bytes | undefined {
  try {
    return chacha20poly1305(key, chunkNonce(number, last)).decrypt(chunk);
  } catch {
    return undefined;
  }
}
