/** The system's generator: where randomness comes in. */

import type { Bytes } from "./bytes.js";

export function random(size: number): Bytes {
  return crypto.getRandomValues(new Uint8Array(size));
}

/** Draw evenly from 0 to `n` - 1; `n` is at most 2³². */
export function below(n: number): number {
  // The last, incomplete run of n would be drawn too often.
  const whole = 2 ** 32 - (2 ** 32 % n);
  for (;;) {
    const drawn = crypto.getRandomValues(new Uint32Array(1))[0]!;
    if (drawn < whole) return drawn % n;
  }
}
