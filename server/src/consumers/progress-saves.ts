import type { Db } from '../database/database.ts';
import { Semaphore } from '../runtime/limits/semaphore.ts';
import type { Claim } from './claims.ts';
import { type ClaimProgress, type Progress, type Saved, saveProgress, saveUnlocked } from './save-progress.ts';

/** The longest time for which the progress of a delivery waits to be saved with that of others. */
const gatherMs = 5;

/** Saves that may wait for a lock at the same time, each with one of ten connections. */
const lockWaitsMax = 3;

interface Batch {
  readonly all: ClaimProgress[];
  readonly saved: Promise<readonly (Saved | null)[]>;
  /** Saves the batch now. */
  begin(): void;
}

/**
 * Saves the progress of deliveries that end at about the same time with one statement. PostgreSQL
 * needs as long for a statement and its commit as this process for a delivery.
 */
export class ProgressSaves {
  readonly #db: Db;
  readonly #countRuns: () => number;
  readonly #alone = new Semaphore({ concurrentMax: lockWaitsMax });
  #next: Batch | null = null;

  /**
   * @param countRuns the number of runs in progress. If all of them wait, the batch is saved at
   * once.
   */
  constructor(db: Db, countRuns: () => number) {
    this.#db = db;
    this.#countRuns = countRuns;
  }

  /** Saves progress like {@link saveProgress}, in a batch with others. */
  async save(claim: Claim, progress: Progress): Promise<Saved | null> {
    this.#next ??= this.#gather();
    const { all, saved, begin } = this.#next;
    const index = all.push([claim, progress]) - 1;
    if (all.length >= this.#countRuns()) begin();
    // The batch skips locked rows, or failed as a whole. So the progress is saved alone: it can
    // then wait for a lock, and a failure of another row doesn't affect it.
    return (await saved)[index] ?? this.#alone.run(() => saveProgress(this.#db, claim, progress));
  }

  #gather(): Batch {
    const all: ClaimProgress[] = [];
    let begin = () => {};
    const isGathered = new Promise<void>((resolve) => {
      begin = resolve;
    });
    const timer = setTimeout(begin, gatherMs);
    const saved = isGathered.then(async () => {
      clearTimeout(timer);
      this.#next = null;
      return saveUnlocked(this.#db, all).catch(() => []);
    });
    return { all, saved, begin };
  }
}
