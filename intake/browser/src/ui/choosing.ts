/** The fields for files, as the script has them: one for files, one for a folder, and a list. */

import { act, copy, fill, find, slot } from "./page.js";
import { type Item, Selection, sizeOf } from "./selection.js";
import type { Words } from "./words.js";

export class Choosing {
  readonly selection = new Selection();
  readonly #words: Words;
  readonly #list: HTMLElement;
  readonly #box: HTMLElement;

  /** Take over the fields of a form: the first stays, what the script adds replaces the others. */
  constructor(form: HTMLFormElement, words: Words) {
    this.#words = words;
    const [files, ...others] = form.querySelectorAll<HTMLInputElement>("input[type=file]");
    const added = copy("choosing");
    const folder = find(added, "#folder", HTMLInputElement);
    folder.webkitdirectory = true;
    this.#box = find(added, ".chosen", HTMLElement);
    this.#list = slot(added, "list");
    for (const other of others) other.parentElement?.remove();
    files?.parentElement?.after(added);
    files?.addEventListener("change", () => this.#take(files, false));
    folder.addEventListener("change", () => this.#take(folder, true));
    // What a browser put back after a reload.
    if (files?.files?.length) this.#take(files, false);
  }

  #take(field: HTMLInputElement, folder: boolean): void {
    const files = [...(field.files ?? [])];
    // The field itself keeps nothing, so that no form can send it.
    field.value = "";
    if (folder) this.selection.addFolder(files);
    else this.selection.addFiles(files);
    this.#show();
  }

  #show(): void {
    const { items, files } = this.selection;
    const said = files.length
      ? this.#words.say("inAll", { size: this.#words.size(sizeOf(files)) })
      : this.#words.say("nothingChosen");
    fill(this.#box, "sum", said);
    this.#list.replaceChildren(...items.map((item) => this.#row(item)));
    this.#list.hidden = !items.length;
  }

  #row(item: Item): DocumentFragment {
    const row = copy("chosen");
    const size = this.#words.size(sizeOf(item.files));
    const count = this.#words.count(item.files.length);
    fill(row, "name", item.name);
    fill(row, "amount", item.folder ? this.#words.say("folder", { count, size }) : size);
    const button = act(row, "remove", () => {
      this.selection.remove(item);
      this.#show();
      // The button that had the keyboard is gone.
      find(this.#box, "button, .chosen-title", HTMLElement).focus();
    });
    button.setAttribute("aria-label", this.#words.say("removeThis", { name: item.name }));
    return row;
  }
}
