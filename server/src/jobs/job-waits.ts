import { setTimeout as sleep } from 'node:timers/promises';

interface Job {
  readonly kind: string;
  readonly subject: string;
}

/** The callers that wait for the end of a job. */
export class JobWaits {
  readonly #waits = new Map<string, Set<AbortController>>();

  /** Resolves at the next `end` of the job, or after `ms`. */
  async begin(job: Job, ms: number): Promise<void> {
    const key = keyOf(job);
    const ended = new AbortController();
    const waits = this.#waits.get(key) ?? new Set();
    this.#waits.set(key, waits.add(ended));
    await sleep(ms, null, { signal: ended.signal, ref: false }).catch(() => {});
    waits.delete(ended);
    if (waits.size === 0 && this.#waits.get(key) === waits) this.#waits.delete(key);
  }

  end(job: Job): void {
    for (const ended of this.#waits.get(keyOf(job)) ?? []) ended.abort();
  }
}

function keyOf({ kind, subject }: Job): string {
  return `${kind} ${subject}`;
}
