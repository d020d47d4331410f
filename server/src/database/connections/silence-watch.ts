/** A connection that owes answers says nothing. The code is what a host that does not answer is known by. */
class SilenceError extends Error {
  override readonly name = 'SilenceError';
  readonly code = 'ETIMEDOUT';

  constructor(ms: number) {
    super(`The database said nothing for ${ms} ms.`);
  }
}

/** Notices that a connection says nothing for too long while it owes answers. One timer, however many they are. */
export class SilenceWatch {
  readonly #msMax: number;
  readonly #onSilence: (silence: Error) => void;
  #owed = 0;
  #timer: NodeJS.Timeout | null = null;

  /** @param onSilence must see to it that what is owed is answered, with a failure */
  constructor(msMax: number, onSilence: (silence: Error) => void) {
    this.#msMax = msMax;
    this.#onSilence = onSilence;
  }

  asked(): void {
    this.#owed++;
    this.#timer ??= setTimeout(() => this.#onSilence(new SilenceError(this.#msMax)), this.#msMax);
  }

  answered(): void {
    this.#owed--;
    if (this.#timer === null) return;
    if (this.#owed > 0) {
      this.#timer.refresh();
      return;
    }
    clearTimeout(this.#timer);
    this.#timer = null;
  }
}
