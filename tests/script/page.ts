/** A page around the vault, and its worker: asked through what is written into its body. */

import { below, random } from "../../intake/browser/src/chance.js";
import { IntakeError } from "../../intake/browser/src/errors.js";
import { pieces } from "../../intake/browser/src/plan.js";
import { Vault } from "../../intake/browser/src/worker-client.js";
import type { Port } from "../../intake/browser/src/worker/calls.js";
import { serve } from "../../intake/browser/src/worker/serve.js";

const { currentScript } = globalThis.document ?? {};
let vault: Vault | undefined;

const DOES: Record<string, (asked: never) => unknown> = {
  async start({ integrity }: { integrity: string }) {
    vault?.close();
    vault = await Vault.start((currentScript as HTMLScriptElement).src, integrity);
  },

  draw: ({ words }: { words: string[] }) => vault!.draw(words),

  async open({ codename, keyring, day }: { codename: string; keyring: string; day: number }) {
    const told: number[] = [];
    const bytes = Uint8Array.from(atob(keyring), (one) => one.charCodeAt(0));
    const begun = performance.now();
    const opened = await vault!.open(codename, bytes.buffer, day, (done) => told.push(done));
    return { editors: opened.editors, told, seconds: (performance.now() - begun) / 1000 };
  },

  message: async ({ text }: { text: string }) => base64((await vault!.message(text)).envelope),

  /** Seal the chosen file from the beginning, piece after piece, up to so many bytes. */
  async seal({ most }: { most: number }) {
    const file = chosen();
    const begun = performance.now();
    let [bytes, url] = [0, ""];
    for (const { offset, length } of pieces(file.name, file.size)) {
      if (bytes >= most) break;
      ({ url } = await vault!.pack([{ file, path: file.name, offset, length }]));
      bytes += length;
    }
    return { bytes, url, seconds: (performance.now() - begun) / 1000 };
  },

  /** Close the vault while it seals, and ask it again. */
  async close() {
    const file = chosen();
    const underWay = vault!.pack([{ file, path: file.name, offset: 0, length: file.size }]);
    vault!.close();
    return Promise.all([underWay, vault!.message("too late")].map(kindOf));
  },
};

function chosen(): File {
  return document.querySelector("input")!.files![0]!;
}

function base64(buffer: ArrayBuffer): string {
  const bytes = Array.from(new Uint8Array(buffer), (byte) => String.fromCharCode(byte));
  return btoa(bytes.join(""));
}

async function kindOf(promise: Promise<unknown>): Promise<string | null> {
  try {
    await promise;
    return "done";
  } catch (error) {
    return error instanceof IntakeError ? error.kind : String(error);
  }
}

async function answer(): Promise<void> {
  const { dataset } = document.body;
  const { does, ...asked } = JSON.parse(dataset["asked"]!);
  try {
    dataset["answer"] = JSON.stringify({ answer: (await DOES[does]!(asked as never)) ?? null });
  } catch (error) {
    const kind = error instanceof IntakeError ? error.kind : null;
    dataset["answer"] = JSON.stringify({ kind, failed: String(error) });
  }
}

if (currentScript === undefined) serve(globalThis as unknown as Port, { random, below });
else document.addEventListener("ask", () => void answer());
