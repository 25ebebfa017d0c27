/** The worker's side of the channel: one call after the other, each answered. */

import { IntakeError } from "../errors.js";
import type { Progress } from "../types.js";
import type { Call, Port, Said } from "./calls.js";
import { type Chance, Keeper } from "./keeper.js";

/** Answer every call that comes through the port. */
export function serve(port: Port, chance: Chance): void {
  const keeper = new Keeper(chance);
  // A call waits for the one before it: a pack that is being sealed is memory enough.
  let before: Promise<unknown> = Promise.resolve();
  port.onmessage = ({ data }: MessageEvent<Call>) => {
    before = before.then(() => answer(port, keeper, data));
  };
}

async function answer(port: Port, keeper: Keeper, { id, name, argument }: Call): Promise<void> {
  const say = (said: Said, transfer: Transferable[] = []) => port.postMessage(said, transfer);
  try {
    const does = keeper[name] as (argument: unknown, onProgress: Progress) => unknown;
    const answer = await does.call(keeper, argument, (progress) => say({ id, progress }));
    say({ id, answer }, envelopeIn(answer));
  } catch (error) {
    const kind = error instanceof IntakeError ? error.kind : null;
    say({ id, failed: String(error), kind });
  }
}

/** An envelope moves to the page, and is not copied. */
function envelopeIn(answer: unknown): Transferable[] {
  return answer instanceof Object && "envelope" in answer ? [answer.envelope as ArrayBuffer] : [];
}
