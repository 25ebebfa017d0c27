/** How fast something goes, and how long it will take. It knows no clock: times are handed in. */

/** Seconds that are looked back at: what a browser hands on comes in bursts of megabytes. */
const WINDOW = 30;
/** Seconds without which nothing can be said. */
const LEAST = 3;

export class Rate {
  #samples: { readonly at: number; readonly bytes: number }[] = [];

  /** Take note of how many bytes were sent so far. `at` is in seconds. */
  add(at: number, bytes: number): void {
    const last = this.#samples.at(-1);
    // After a break some bytes have to be sent again.
    if (last !== undefined && bytes < last.bytes) this.clear();
    this.#samples.push({ at, bytes });
    while (this.#samples.length > 2 && at - (this.#samples[1]?.at ?? at) >= WINDOW) {
      this.#samples.shift();
    }
  }

  /** Begin anew: what comes now says nothing about what was before. */
  clear(): void {
    this.#samples = [];
  }

  /** Return bytes a second, or `undefined` while it cannot be told. */
  get perSecond(): number | undefined {
    const [first, last] = [this.#samples[0], this.#samples.at(-1)];
    if (first === undefined || last === undefined || last.at - first.at < LEAST) return undefined;
    return (last.bytes - first.bytes) / (last.at - first.at);
  }

  /** Return how many seconds so many bytes will take, or `undefined`. */
  secondsFor(bytes: number): number | undefined {
    const rate = this.perSecond;
    return rate ? bytes / rate : undefined;
  }
}
