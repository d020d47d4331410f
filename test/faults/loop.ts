/** A repeated action that can be halted between two runs. */
export class Loop {
  readonly #action: () => Promise<void>;
  #isHalted = true;
  #running: Promise<void> | null = null;
  #failure: unknown = null;

  constructor(action: () => Promise<void>) {
    this.#action = action;
  }

  run(): void {
    this.#isHalted = false;
    this.#running ??= this.#go().finally(() => {
      this.#running = null;
    });
  }

  /** Resolves when the current run has ended. Rejects with the error of a run. */
  async halt(): Promise<void> {
    this.#isHalted = true;
    await this.#running;
    if (this.#failure) throw this.#failure;
  }

  async #go(): Promise<void> {
    try {
      while (!this.#isHalted) await this.#action();
    } catch (error) {
      this.#failure = error;
    }
  }
}
