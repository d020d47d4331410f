import type { Outcome } from '@rollcall/react/parts';
import { type BulkJob, leftOf } from './bulk-job.ts';
import type { Before } from './bulk-task.ts';

/**
 * A job that a reload, a closed tab or the login page interrupted, so that it can continue, or be
 * undone. In the storage of the tab, which ends with it, and without names or addresses.
 */
const storageKey = 'rollcall-bulk-job';

interface SavedJob
  extends Pick<
    BulkJob,
    'organization' | 'doing' | 'done' | 'batches' | 'finished' | 'same' | 'isStopped' | 'isInterrupted' | 'revision' | 'undoUntil'
  > {
  readonly userId: string;
  readonly outcomes: readonly (readonly [string, Outcome])[];
  readonly before: readonly (readonly [string, Before])[] | null;
}

let maySave = true;

export function saveJob(job: BulkJob, userId: string): void {
  const isUndoable = job.undoUntil !== null && Date.now() < job.undoUntil;
  if (!maySave || job.isLost || (leftOf(job) === 0 && !isUndoable)) return;
  const { organization, doing, done, batches, finished, same, revision, undoUntil } = job;
  const maps = { outcomes: [...job.outcomes], before: job.before && [...job.before] };
  const saved: SavedJob = {
    userId,
    organization,
    doing,
    done,
    batches,
    finished,
    same,
    isStopped: leftOf(job) > 0,
    isInterrupted: leftOf(job) > 0 && (job.isRunning || job.isInterrupted),
    revision,
    undoUntil,
    ...maps,
  };
  sessionStorage.setItem(storageKey, JSON.stringify(saved));
}

export function hasSavedJob(): boolean {
  return sessionStorage.getItem(storageKey) !== null;
}

/** Null if there is none of this user. */
export function readSavedJob(userId: string): BulkJob | null {
  const text = sessionStorage.getItem(storageKey);
  if (text === null) return null;
  const saved = JSON.parse(text) as SavedJob;
  if (saved.userId !== userId) return null;
  return {
    ...saved,
    outcomes: new Map(saved.outcomes),
    labels: new Map(),
    before: saved.before && new Map(saved.before),
    applied: null,
    isRunning: false,
    problem: null,
    isLost: false,
  };
}

/** After a logout, nothing of the session stays. */
export function neverSaveJob(): void {
  maySave = false;
  forgetSavedJob();
}

export function forgetSavedJob(): void {
  sessionStorage.removeItem(storageKey);
}
