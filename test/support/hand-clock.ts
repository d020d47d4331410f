import type { Clock } from '../../server/src/runtime/clock.ts';

/** A clock that advances only by call. */
export class HandClock implements Clock {
  #now = 1_000;
  #due: { readonly at: number; readonly run: () => void }[] = [];

  now = () => this.#now;

  wallTime = () => this.#now;

  after(ms: number, run: () => void): () => void {
    const due = { at: this.#now + ms, run };
    this.#due.push(due);
    return () => {
      this.#due = this.#due.filter((other) => other !== due);
    };
  }

  afterTurn = (run: () => void) => void this.after(0, run);

  /** Advances the time without running timers, as a computation does. */
  spend(ms: number): void {
    this.#now += ms;
  }

  /** Runs one tick: what is due now, and all that follows from it at once. */
  async turn(): Promise<void> {
    const due = this.#due.filter(({ at }) => at <= this.#now);
    this.#due = this.#due.filter(({ at }) => at > this.#now);
    for (const { run } of due) run();
    await new Promise((resolve) => setImmediate(resolve));
  }

  async pass(ms: number): Promise<void> {
    this.spend(ms);
    await this.turn();
  }
}
