import type { Applied } from '@rollcall/client';
import type { Outcome } from '@rollcall/react/parts';
import type { BulkAction, BulkTask } from './bulk-task.ts';

/** The server's limit for one request. */
const membersMax = 100;

/** One request. The server executes it once, however often it is sent with the same key. */
export interface Batch {
  readonly action: BulkAction;
  readonly members: readonly string[];
  readonly key: string;
}

/** A bulk action of the console and how far it got. */
export interface BulkJob extends Omit<BulkTask, 'steps' | 'known'> {
  readonly batches: readonly Batch[];
  /** The number of batches that are finished. */
  readonly finished: number;
  readonly outcomes: ReadonlyMap<string, Outcome>;
  /** Where the access of removed members has ended. Null if that is unknown. */
  readonly applied: Applied | null;
  /** The revision of the last change. */
  readonly revision: string | null;
  readonly isRunning: boolean;
  /** Why it waits now, or why it ended early. */
  readonly problem: string | null;
  /** Whether the user stopped it. */
  readonly isStopped: boolean;
  /** Whether the page was left during a request, whose result is unknown until it is sent again. */
  readonly isInterrupted: boolean;
  /** The time by `Date.now()` until which it can be undone. Null if it can't. */
  readonly undoUntil: number | null;
  /** The access of the user has ended, so that it can't continue. */
  readonly isLost: boolean;
}

export function jobOf({ steps, known, ...task }: BulkTask): BulkJob {
  const batches = steps.flatMap(({ action, members }) => {
    const size = action.action === 'set-team-role' ? 1 : membersMax;
    return Array.from({ length: Math.ceil(members.length / size) }, (_, index) => ({
      action,
      members: members.slice(index * size, (index + 1) * size),
      key: newKey(),
    }));
  });
  return {
    ...task,
    batches,
    finished: 0,
    outcomes: known,
    applied: null,
    revision: null,
    isRunning: true,
    problem: null,
    isStopped: false,
    isInterrupted: false,
    undoUntil: null,
    isLost: false,
  };
}

/** The members whose request wasn't finished. */
export function leftOf({ batches, finished }: Pick<BulkJob, 'batches' | 'finished'>): number {
  return new Set(batches.slice(finished).flatMap(({ members }) => members)).size;
}

/** All members of the requests. */
export function sizeOf({ batches }: Pick<BulkJob, 'batches'>): number {
  return new Set(batches.flatMap(({ members }) => members)).size;
}

/** A UUID in secure contexts. Other pages have only random values. */
function newKey(): string {
  if (typeof crypto.randomUUID === 'function') return crypto.randomUUID();
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
