/** Takes over the page's form, where this browser can seal; leaves it as it is where not. */

import { Slip } from "../errors.js";
import { Vault } from "../worker-client.js";
import { Identity } from "./identity.js";
import { type Codename, Letter } from "./letter.js";
import { Mailbox } from "./mailbox.js";
import { fill, find, Stage } from "./page.js";
import { clear, ending, slip, tell } from "./problems.js";
import { wordList } from "./server.js";
import { Words } from "./words.js";

const DAY = 86_400_000;

/** Seconds after which a form is left as it is: somebody may be waiting to send it. */
const PATIENCE = 60;

/** Begin. The page is all there. */
export function begin(scriptUrl: string, integrity: string): void {
  const form = document.querySelector<HTMLFormElement>("#letter, #login");
  if (!form) return;
  const late = AbortSignal.timeout(PATIENCE * 1000);
  const letGo = hold(form);
  Promise.race([take(form, late, scriptUrl, integrity), rejectedBy(late)])
    .catch(() => leave(form))
    .finally(letGo);
}

/** Take a form over, unless that comes too late. */
async function take(
  form: HTMLFormElement,
  late: AbortSignal,
  scriptUrl: string,
  integrity: string,
): Promise<void> {
  const [stage, words] = [new Stage(), Words.ofPage()];
  const vault = await Vault.start(scriptUrl, integrity);
  const identity = new Identity(vault, () => Math.floor(Date.now() / DAY));
  const fresh = form.querySelector(".codename") !== null;
  const drawn = fresh ? await vault.draw(await wordList(words.lang)) : "";
  late.throwIfAborted();
  if (form.id === "login") return takeLogin(form, stage, words, identity);
  const codename = fresh ? show(form, drawn) : typedInto(form);
  // To have it ready when it is needed. What fails now is told, and tried again, then.
  if (fresh) identity.open(drawn).catch(() => undefined);
  new Letter(stage, words, identity, codename, form);
}

/** Show a codename that was drawn here in place of the server's. */
function show(form: HTMLFormElement, drawn: string): Codename {
  const shown = find(form, ".codename", HTMLElement);
  shown.textContent = find(form, "[name=codename]", HTMLInputElement).value = drawn;
  shown.classList.remove("offered");
  return { value: drawn, fresh: true };
}

function typedInto(form: HTMLFormElement): Codename {
  const field = find(form, "#codename", HTMLInputElement);
  return {
    get value() {
      return field.value;
    },
    fresh: false,
  };
}

function takeLogin(form: HTMLFormElement, stage: Stage, words: Words, identity: Identity): void {
  const field = find(form, "#codename", HTMLInputElement);
  field.removeAttribute("name");
  form.method = "dialog";
  fill(form, "seal", words.say("loginHere"));
  let entering = false;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (entering) return;
    entering = true;
    clear(stage.main);
    fill(form, "seal", words.say("preparingState"));
    void enter(field.value)
      .catch((error: unknown) => refuse(error, field.value))
      .finally(() => {
        entering = false;
        fill(form, "seal", words.say("loginHere"));
      });
  });

  async function enter(typed: string): Promise<void> {
    const opened = await identity.open(typed);
    await new Mailbox(stage, words, identity, typed, opened).show();
  }

  async function refuse(error: unknown, typed: string): Promise<void> {
    const wrong = error instanceof Slip ? slip(typed, words) : ending(error, words);
    tell(stage.main, await wrong, words);
  }
}

/** Leave the form as it is, and say what that means. */
function leave(form: HTMLFormElement): void {
  document.querySelector(".offered")?.classList.remove("offered");
  fill(form, "seal", Words.ofPage().say(`${form.id}There`));
}

function rejectedBy(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason));
  });
}

/** Hold back a form that is sent before it is known who sends it; return what lets it go. */
function hold(form: HTMLFormElement): () => void {
  let wanted: HTMLElement | null | undefined;
  const wait = (event: SubmitEvent): void => {
    event.preventDefault();
    event.stopImmediatePropagation();
    wanted = event.submitter;
  };
  form.addEventListener("submit", wait);
  return () => {
    form.removeEventListener("submit", wait);
    if (wanted !== undefined) form.requestSubmit(wanted);
  };
}
