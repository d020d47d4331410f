import type { Db } from '../../database/database.ts';
import { findLaggingInstances } from '../../database/installation/instance-keys.ts';
import { countOtherKeys } from '../../database/installation/reseal-rows.ts';
import type { WritePath } from '../run-command.ts';
import { type RotationProgress, rotationKind } from './rotate-secret.ts';

/**
 * After a rotation, logins at identity providers and set-ups of authenticator apps that began with
 * the former key end within this time.
 */
const removableAfterMs = 15 * 60_000;

export interface Rotation {
  readonly state: 'none' | 'running' | 'finished';
  readonly stage: RotationProgress['stage'] | null;
  readonly currentKey: string;
  readonly newKey: string;
  readonly resealed: number;
  readonly unreadable: number;
  /** Texts that are not encrypted by the key in use. */
  readonly left: number;
  /** The names of instances that don't use the key from SECRET of this instance. */
  readonly waitingFor: readonly string[];
  readonly lastError: string | null;
  readonly finishedAt: string | null;
  readonly previousNeededUntil: string | null;
}

/** The rotation to the SECRET of this instance, or the latest one. */
export async function readRotation({ keys, database }: WritePath): Promise<Rotation> {
  const { db } = database;
  const [job, left, waitingFor] = await Promise.all([
    readLatestJob(db),
    countOtherKeys(db, keys.current),
    findLaggingInstances(db, [keys.configured], 'uses'),
  ]);
  const progress = job?.progress ?? null;
  const finishedAt = job?.finished_at ?? null;
  return {
    state: job === null ? 'none' : finishedAt === null ? 'running' : 'finished',
    stage: job && finishedAt === null ? (progress?.stage ?? 'switch') : null,
    currentKey: keys.current,
    newKey: keys.configured,
    resealed: progress?.resealed ?? 0,
    unreadable: progress?.unreadable ?? 0,
    left,
    waitingFor,
    lastError: job?.last_error ?? null,
    finishedAt,
    previousNeededUntil: finishedAt && new Date(Date.parse(finishedAt) + removableAfterMs).toISOString(),
  };
}

async function readLatestJob(db: Db) {
  const row = await db
    .selectFrom('jobs')
    .select(['progress', 'last_error', 'finished_at'])
    .where('kind', '=', rotationKind)
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row ? { ...row, progress: row.progress as RotationProgress | null } : null;
}
