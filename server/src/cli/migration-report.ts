import type { MigrationStep } from '../database/migrations/migrate.ts';

/** What takes less is not worth a line while it goes on. */
const silentMs = 1_000;
/** How often a line says that it still goes on. */
const repeatMs = 5_000;

/** Says which migrations ran, and what the start waits for, in lines for stderr. A new database is made in silence, unless it is slow. */
export class MigrationReport implements Disposable {
  readonly #write: (line: string) => void;
  #words: string | null = null;
  #sinceMs = 0;
  #timer: NodeJS.Timeout | undefined;
  /** Whether a line has told of what goes on. */
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
        this.#follow(`Migration ${step.name} waits for a transaction that holds a lock it needs`);
        break;
      case 'waiting-for-instance':
        this.#follow('Waiting for another instance that runs the migrations');
        break;
      case 'ran':
        if (this.#isSaid || !step.isOfNewDatabase) this.#write(`Migration ${step.name} ran in ${seconds(step.ms)}.`);
        this[Symbol.dispose]();
    }
  };

  #follow(words: string): void {
    // Each attempt reports it again.
    if (words === this.#words) return;
    this[Symbol.dispose]();
    this.#words = words;
    this.#sinceMs = performance.now();
    const say = () => {
      this.#isSaid = true;
      this.#write(`${words}, for ${seconds(performance.now() - this.#sinceMs)} so far.`);
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
