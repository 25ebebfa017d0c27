/** The one script: a page runs it, and makes its worker of it. */

import { below, random } from "./chance.js";
import { begin } from "./ui/index.js";
import type { Port } from "./worker/calls.js";
import { serve } from "./worker/serve.js";

if (typeof document === "undefined") {
  serve(globalThis as unknown as Port, { random, below });
} else {
  const { src, integrity } = document.currentScript as HTMLScriptElement;
  begin(src, integrity);
}
