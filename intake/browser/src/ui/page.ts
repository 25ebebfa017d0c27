/** The page as the script finds it: its templates, and the places in them that are to be filled. */

/** The page lacks what the script needs: it is another version's, and stays as it is. */
export class Missing extends Error {}

type Kind<E extends Element> = abstract new (...no: never[]) => E;

/** Return the first element that a selector finds. */
export function find<E extends Element>(root: ParentNode, selector: string, kind: Kind<E>): E {
  const found = root.querySelector(selector);
  if (!(found instanceof kind)) throw new Missing(selector);
  return found;
}

/** Return a copy of what is in the template `t-NAME`. */
export function copy(name: string): DocumentFragment {
  return document.importNode(find(document, `#t-${name}`, HTMLTemplateElement).content, true);
}

/** Return the place of that name. */
export function slot(root: ParentNode, name: string): HTMLElement {
  return find(root, `[data-slot="${name}"]`, HTMLElement);
}

/** Write a text into a place, and show it; no text hides it. */
export function fill(root: ParentNode, name: string, text: string): void {
  const place = slot(root, name);
  // A live region is read out whenever it is written to, also if it says the same.
  if (place.textContent !== text) place.textContent = text;
  place.hidden = text === "";
}

/** Have a button do something. */
export function act(root: ParentNode, name: string, does: () => void): HTMLButtonElement {
  const button = find(root, `[data-act="${name}"]`, HTMLButtonElement);
  button.addEventListener("click", does);
  return button;
}

/** The page's middle, which shows one view at a time. */
export class Stage {
  readonly main = find(document, "#main", HTMLElement);
  readonly #newsroom = find(document, ".brand", HTMLElement).textContent;

  /** Show a view in place of what is there; return what brings that back. */
  show(view: DocumentFragment, title: string): () => void {
    const [before, titled] = [[...this.main.childNodes], document.title];
    // No link leads to another language of what only this page has.
    const languages = document.querySelector<HTMLElement>(".languages:not([hidden])");
    if (languages) languages.hidden = true;
    this.main.replaceChildren(view);
    this.entitle(title);
    this.focus("h1");
    return () => {
      if (languages) languages.hidden = false;
      this.main.replaceChildren(...before);
      document.title = titled;
    };
  }

  /** Change the page's title. */
  entitle(title: string): void {
    document.title = `${title} – ${this.#newsroom}`;
  }

  /** Move the keyboard, and who listens to the page, to something, and have it in sight. */
  focus(selector: string): void {
    const found = this.main.querySelectorAll<HTMLElement>(selector);
    const visible = [...found].find((one) => one.checkVisibility());
    visible?.focus();
    if (visible?.tagName === "H1") window.scrollTo(0, 0);
  }
}
