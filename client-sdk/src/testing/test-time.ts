import type { Timers } from '../timers.ts';

interface Timer {
  readonly at: number;
  readonly run: () => void;
}

/** Time that passes only when a test lets it, for the leases and pings of a client. */
export class TestTime implements Timers {
  #now = 0;
  readonly #timers = new Set<Timer>();
  readonly #repeated = new Set<() => void>();

  readonly now = (): number => this.#now;

  after(ms: number, run: () => void): () => void {
    const timer = { at: this.#now + ms, run };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  every(_ms: number, run: () => void): () => void {
    this.#repeated.add(run);
    return () => this.#repeated.delete(run);
  }

  pass(ms: number): void {
    this.#now += ms;
    for (const timer of [...this.#timers]) {
      if (timer.at > this.#now || !this.#timers.delete(timer)) continue;
      timer.run();
    }
  }

  /** Runs what runs periodically: the client pings its server. */
  repeat(): void {
    for (const run of [...this.#repeated]) run();
  }
}
