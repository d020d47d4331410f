/** Something done again and again, that can be halted between two turns. */
export class Loop {
  readonly #turn: () => Promise<void>;
  #isHalted = true;
  #running: Promise<void> | null = null;
  #failure: unknown = null;

  constructor(turn: () => Promise<void>) {
    this.#turn = turn;
  }

  run(): void {
    this.#isHalted = false;
    this.#running ??= this.#go().finally(() => {
      this.#running = null;
    });
  }

  /** Resolves when the turn under way is over. Rejects with what a turn failed with. */
  async halt(): Promise<void> {
    this.#isHalted = true;
    await this.#running;
    if (this.#failure) throw this.#failure;
  }

  async #go(): Promise<void> {
    try {
      while (!this.#isHalted) await this.#turn();
    } catch (error) {
      this.#failure = error;
    }
  }
}
