/** The line to the server: it breaks, it is mended, and a person may have it wait. */

/** Why something cannot be done now, though it can be later. */
export type Trouble = "broken" | "busy" | "full";

/** What is to be tried again. */
export class Later extends Error {
  constructor(readonly trouble: Trouble) {
    super(trouble);
  }
}

/** The server does not take it, and will not if it is asked again. */
export class Refused extends Error {
  constructor(readonly status: number) {
    super(`refused with ${status}`);
  }
}

/** Whoever was sending has stopped it. */
export class Stopped extends Error {}

export type State =
  | { readonly is: "open" }
  | { readonly is: "paused" }
  | { readonly is: "offline" }
  /** `until` is of `performance.now()`. */
  | { readonly is: "waiting"; readonly trouble: Trouble; readonly until: number }
  /** The wait is over, and nothing has been heard yet. */
  | { readonly is: "trying"; readonly trouble: Trouble };

/** Seconds to the next try, growing; the last holds for all that follow. */
const WAITS: Record<Trouble, readonly number[]> = {
  broken: [1, 2, 4, 8, 15, 30, 60],
  busy: [5, 10, 20, 40, 60],
  full: [60, 300, 600],
};

/** Tries things one after the other, each until it is done. */
export class Line {
  #state: State = { is: "open" };
  #paused = false;
  #stopped = false;
  #failures = 0;
  #attempt = new AbortController();
  #wake: () => void = () => undefined;
  readonly #changed: (state: State) => void;

  /** @param changed is told every new state. */
  constructor(changed: (state: State) => void) {
    this.#changed = changed;
    window.addEventListener("online", this.#online);
    window.addEventListener("offline", this.#offline);
  }

  get state(): State {
    return this.#state;
  }

  /** Let nothing go until `go`. What is under way is cut, and gone on with later. */
  pause(): void {
    this.#paused = true;
    this.#set({ is: "paused" });
    this.#attempt.abort();
    this.#wake();
  }

  /** Go on: after a pause, or at once instead of waiting. */
  go(): void {
    this.#paused = false;
    const state = this.#state;
    if (state.is === "waiting") this.#set({ is: "trying", trouble: state.trouble });
    else if (state.is !== "trying") this.#set({ is: "open" });
    this.#wake();
  }

  /** Let nothing go any more. */
  stop(): void {
    this.#stopped = true;
    this.#attempt.abort();
    this.#wake();
    this.close();
  }

  /** Listen to nothing any more. */
  close(): void {
    window.removeEventListener("online", this.#online);
    window.removeEventListener("offline", this.#offline);
  }

  /**
   * Say that the server has answered.
   *
   * @param further whether something got through since: then the next wait is a short one again.
   */
  answered(further: boolean): void {
    if (further) this.#failures = 0;
    if (this.#state.is === "trying") this.#set({ is: "open" });
  }

  /**
   * Try something until it is done, however long that takes.
   *
   * @param once is tried, and again if it rejects in `Later`. Any other error is final.
   * @throws Stopped
   */
  async through<T>(once: (signal: AbortSignal) => Promise<T>): Promise<T> {
    for (;;) {
      await this.#free();
      this.#attempt = new AbortController();
      try {
        const { signal } = this.#attempt;
        const done = await Promise.race([once(signal), cut(signal)]);
        this.answered(true);
        return done;
      } catch (error) {
        // What was cut on purpose fails in one way or another.
        if (this.#attempt.signal.aborted) continue;
        if (!(error instanceof Later)) throw error;
        this.#wait(error.trouble);
      }
    }
  }

  /** Return when the line may be used. */
  async #free(): Promise<void> {
    for (;;) {
      if (this.#stopped) throw new Stopped();
      if (this.#state.is === "open" || this.#state.is === "trying") return;
      const { promise, resolve } = opened();
      this.#wake = resolve;
      const state = this.#state;
      const left = state.is === "waiting" ? state.until - performance.now() : undefined;
      const timer = left === undefined ? undefined : setTimeout(() => this.go(), left);
      await promise;
      clearTimeout(timer);
    }
  }

  #wait(trouble: Trouble): void {
    const waits = WAITS[trouble];
    const seconds = waits[Math.min(this.#failures, waits.length - 1)] ?? 60;
    this.#failures += 1;
    if (navigator.onLine) {
      this.#set({ is: "waiting", trouble, until: performance.now() + seconds * 1000 });
    } else {
      this.#set({ is: "offline" });
    }
  }

  readonly #online = (): void => {
    if (!this.#paused) this.go();
  };

  readonly #offline = (): void => {
    if (this.#paused) return;
    this.#set({ is: "offline" });
    this.#attempt.abort();
    this.#wake();
  };

  #set(state: State): void {
    this.#state = state;
    this.#changed(state);
  }
}

/** Reject as soon as an attempt is cut. */
function cut(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(new Later("broken")));
  });
}

function opened(): { promise: Promise<void>; resolve: () => void } {
  let resolve: () => void = () => undefined;
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
