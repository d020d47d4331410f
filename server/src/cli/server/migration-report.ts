import type { MigrationStep } from '../../database/migrations/migrate.ts';

/** A shorter step prints nothing while it runs. */
const silentMs = 1_000;
/** The interval of the lines that a step is still running. */
const repeatMs = 5_000;

/**
 * Prints lines to stderr: the migrations that ran, and the cause for which the start waits. The
 * creation of a new database prints nothing, unless it is slow.
 */
export class MigrationReport implements Disposable {
  readonly #write: (line: string) => void;
  #words: string | null = null;
  #sinceMs = 0;
  #timer: NodeJS.Timeout | undefined;
  /** Whether a line about the current step was printed. */
  #isSaid = false;

  constructor(write: (line: string) => void) {
    this.#write = write;
  }

  readonly take = (step: MigrationStep): void => {
    switch (step.step) {
      case 'begun':
        this.#follow(`Migration ${step.name} is running`);
        break;
      case 'waiting-for-lock':
        this.#follow(`Migration ${step.name} is waiting for a transaction that holds a lock`);
        break;
      case 'waiting-for-instance':
        this.#follow('Waiting for another instance that is running the migrations');
        break;
      case 'ran':
        if (this.#isSaid || !step.isOfNewDatabase) this.#write(`Migration ${step.name} ran in ${seconds(step.ms)}.`);
        this[Symbol.dispose]();
        break;
      case 'complete':
        this[Symbol.dispose]();
    }
  };

  #follow(words: string): void {
    // Every attempt reports the same step again.
    if (words === this.#words) return;
    this[Symbol.dispose]();
    this.#words = words;
    this.#sinceMs = performance.now();
    const say = () => {
      this.#isSaid = true;
      this.#write(`${words} (${seconds(performance.now() - this.#sinceMs)} so far).`);
      this.#timer = setTimeout(say, repeatMs);
    };
    this.#timer = setTimeout(say, silentMs);
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#words = null;
    this.#isSaid = false;
  }
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}
