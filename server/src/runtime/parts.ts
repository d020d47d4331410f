import type { Log } from './log.ts';

export interface StopSteps<Part> {
  /** Takes no new work, and finishes the work in progress. */
  drain?(part: Part): void | PromiseLike<void>;
  /** Releases what the part holds. Runs after everything that started later has stopped. */
  stop?(part: Part): void | PromiseLike<void>;
}

interface StartedPart {
  readonly name: string;
  drain(): void | PromiseLike<void>;
  stop(): void | PromiseLike<void>;
}

/**
 * The parts of a server. They start one after another, so a part may use the parts before it. They
 * stop in the reverse order.
 */
export class Parts {
  readonly #started: StartedPart[] = [];
  readonly #log: Log;
  #isStopping = false;

  constructor(log: Log) {
    this.#log = log;
  }

  /** True from the announcement of the stop, or from its beginning. */
  get isStopping(): boolean {
    return this.#isStopping;
  }

  /** Makes the server unready. Everything still works until `stop`. */
  announceStop(): void {
    this.#isStopping = true;
  }

  /** Opens a part and returns it. A part that fails to open must release what it holds itself. */
  async start<Part>(name: string, open: () => Part | Promise<Part>, { drain, stop }: StopSteps<NoInfer<Part>>): Promise<Part> {
    const part = await open();
    this.#started.push({ name, drain: () => drain?.(part), stop: () => stop?.(part) });
    this.#log.debug({ part: name }, 'started a part of the server');
    return part;
  }

  /**
   * Drains all parts at the same time, then stops them in the reverse order. If a part fails, the
   * error is logged, and the other parts are still stopped.
   * @throws AggregateError with the errors of all parts
   */
  async stop(): Promise<void> {
    this.announceStop();
    const parts = this.#started.splice(0).reverse();
    const errors: unknown[] = [];
    const attempt = async (part: string, step: 'drain' | 'stop', act: () => void | PromiseLike<void>) => {
      try {
        await act();
      } catch (error) {
        errors.push(error);
        this.#log.error({ part, step, error }, 'could not stop a part of the server');
      }
    };
    await Promise.all(parts.map(({ name, drain }) => attempt(name, 'drain', drain)));
    for (const { name, stop } of parts) {
      await attempt(name, 'stop', stop);
      this.#log.debug({ part: name }, 'stopped a part of the server');
    }
    if (errors.length > 0) throw new AggregateError(errors, 'Some parts of Rollcall failed to stop. See the log.');
  }
}
