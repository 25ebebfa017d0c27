/** The codename, in this page's memory alone, and the vault that is opened with it. */

import { Unsupported } from "../errors.js";
import type { Opened } from "../types.js";
import type { Vault } from "../worker-client.js";
import { keyring } from "./server.js";

export class Identity {
  readonly vault: Vault;
  readonly #today: () => number;
  #codename = "";
  #opened: Promise<Opened> | undefined;
  #day = 0;
  #progress = 0;

  /** @param today days since 1970-01-01, UTC. */
  constructor(vault: Vault, today: () => number) {
    this.vault = vault;
    this.#today = today;
  }

  /**
   * Open the vault for a codename, unless it is open for that one.
   *
   * @throws Slip, Unsupported, or what is wrong with the keyring; Later if that did not come.
   */
  open(codename: string): Promise<Opened> {
    if (this.#opened === undefined || codename !== this.#codename) {
      this.#codename = codename;
      this.#opened = this.#open(codename);
      // What failed can be tried again.
      this.#opened.catch(() => {
        this.#opened = undefined;
      });
    }
    return this.#opened;
  }

  /** Whether the vault was opened on another day, whose keys may be others than today's. */
  get isStale(): boolean {
    return this.#today() !== this.#day;
  }

  /** Open the vault anew, for the keyring that is in force now. */
  reopen(): Promise<Opened> {
    this.#opened = undefined;
    return this.open(this.#codename);
  }

  /** How far the vault is open, from 0 to 1. */
  get progress(): number {
    return this.#progress;
  }

  async #open(codename: string): Promise<Opened> {
    const signed = await keyring();
    this.#day = this.#today();
    const opened = await this.vault.open(codename, signed, this.#day, (done) => {
      this.#progress = done;
    });
    if (opened.suite !== "nacl") throw new Unsupported("the server seals on arrival");
    return opened;
  }
}
