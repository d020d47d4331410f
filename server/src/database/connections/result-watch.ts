/** The code is that of a host that does not respond. */
export class NoResultError extends Error {
  override readonly name = 'NoResultError';
  readonly code = 'ETIMEDOUT';

  constructor(ms: number) {
    super(`The database returned no result for ${ms} ms.`);
  }
}

/**
 * Detects that a connection returns no results, for example because its host is lost. It needs one
 * timer, however many statements wait.
 */
export class ResultWatch {
  readonly #msMax: number;
  readonly #onTimeout: (error: Error) => void;
  #waiting = 0;
  #timer: NodeJS.Timeout | null = null;

  /** @param onTimeout must close the connection, so that all waiting statements fail */
  constructor(msMax: number, onTimeout: (error: Error) => void) {
    this.#msMax = msMax;
    this.#onTimeout = onTimeout;
  }

  sent(): void {
    this.#waiting++;
    this.#timer ??= setTimeout(() => this.#onTimeout(new NoResultError(this.#msMax)), this.#msMax);
  }

  /** A statement has a result, or has failed. The next statement has the whole time again. */
  ended(): void {
    if (--this.#waiting > 0) return void this.#timer?.refresh();
    clearTimeout(this.#timer ?? undefined);
    this.#timer = null;
  }
}
