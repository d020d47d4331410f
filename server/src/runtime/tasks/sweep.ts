import type { Log } from '../log.ts';
import { forEachConcurrently } from './for-each-concurrently.ts';

/** Work that each instance repeats for as long as it runs, such as a clean-up. */
export interface Sweep<Every = number> {
  /** The name in log lines: `expired invites`. */
  readonly name: string;
  /** Milliseconds. */
  readonly every: Every;
  /** @param signal ends it after the current command, without an error */
  run(signal?: AbortSignal): Promise<void>;
}

export interface SweepWork<Due extends { readonly orgId: string }, Every> {
  readonly name: string;
  readonly every: Every;
  /** Finds the organizations for which a command is due. It may find too many. */
  find?(): Promise<readonly Due[]>;
  /**
   * Does the work for one of them, and decides again under its lock. If it fails, for example
   * because the lock is held, the others are not affected.
   */
  command?(due: Due, signal: AbortSignal | undefined): Promise<unknown>;
  /** The commands that run at the same time. By default, one. */
  readonly concurrentMax?: number;
  /** Deletes or updates rows without a command, after all commands. */
  clean?(signal: AbortSignal | undefined): Promise<void>;
}

export function sweep<Due extends { readonly orgId: string }, Every = number>(
  log: Log,
  { name, every, find, command, concurrentMax = 1, clean }: SweepWork<Due, Every>,
): Sweep<Every> {
  return {
    name,
    every,
    async run(signal) {
      if (signal?.aborted) return;
      const found = (await find?.()) ?? [];
      await forEachConcurrently(found, { concurrentMax, signal }, async (due) => {
        await command?.(due, signal).catch((error: unknown) => {
          log.warn({ sweep: name, orgId: due.orgId, error: String(error) }, 'a sweep failed for an organization; the next one tries again');
        });
      });
      if (!signal?.aborted) await clean?.(signal);
    },
  };
}
