import { setTimeout as sleep } from 'node:timers/promises';
import { OrgError } from '@rollcall/protocol';
import * as z from 'zod';
import { findLaggingInstances } from '../../database/installation/instance-keys.ts';
import { sealedTables } from '../../database/installation/reseal-rows.ts';
import { readKeyRow, switchKey, useKeyRow } from '../../database/installation/secret-keys.ts';
import { transact } from '../../database/transact.ts';
import { enqueueJobs, newJob } from '../../jobs/enqueue-job.ts';
import type { JobHandler, JobKind, RunningJob } from '../../jobs/job.ts';
import type { WritePath } from '../run-command.ts';

/**
 * Replaces the key in use by that of SECRET, and encrypts all stored texts again
 * (docs/adr/0055). Each instance must have both keys. The stages:
 *
 * 1. `switch`: one transaction names the new key. From then on, instances use it as they learn it.
 * 2. `wait`: until no instance uses the former key.
 * 3. `seal`: passes over the tables, until one finds nothing to do.
 */

const paramsSchema = z.strictObject({
  /** The id of the key that comes in use. */
  target: z.string(),
});
type Params = z.infer<typeof paramsSchema>;

const progressSchema = z.strictObject({
  stage: z.enum(['switch', 'wait', 'seal']),
  /** The index of the table, and the key of the last row that was read there. */
  table: z.int(),
  after: z.nullable(z.array(z.string())),
  /** Whether this pass found rows to encrypt again. */
  isDirty: z.boolean(),
  resealed: z.int(),
  /** The number of rows of this pass that no key opens. */
  unreadable: z.int(),
});
export type RotationProgress = z.infer<typeof progressSchema>;

const kind = {
  kind: 'rotate-secret',
  ifOpen: 'join',
  isReport: true,
  paramsSchema,
  progressSchema,
} as const satisfies JobKind<Params, RotationProgress>;

export const rotationKind = kind.kind;
/** There is one rotation at a time. */
const subject = 'installation';

/** The interval at which the job looks whether all instances use the new key. */
const waitMs = 500;
/** Between passes: a transaction that began with the former key has ended by then. */
const passMs = 1_000;

/**
 * Enqueues the rotation to the key from SECRET. While one is open, it continues. If that key is
 * in use already, the rotation only looks for texts that need the other one.
 * @throws OrgError `invalid` if an instance lacks one of the keys
 */
export async function startRotation(path: WritePath, operatorName: string): Promise<void> {
  const { keys, database } = path;
  const { db } = database;
  const target = keys.configured;
  const row = await readKeyRow(db);
  if (row !== null) useKeyRow(keys, row);
  if (keys.problem !== null) throw new OrgError('invalid', keys.problem);
  if (keys.ids.length < 2)
    throw new OrgError(
      'invalid',
      'SECRET_PREVIOUS is not set, so there is no key to rotate to. Restart all instances with a new SECRET, and with the present one as SECRET_PREVIOUS.',
    );
  const lacking = await findLaggingInstances(db, keys.ids, 'has');
  if (lacking.length > 0)
    throw new OrgError(
      'invalid',
      `These instances lack SECRET or SECRET_PREVIOUS: ${lacking.join(', ')}. Restart them with both. An instance that was killed is listed for 20 seconds.`,
    );
  await transact(db, (tx) => enqueueJobs(tx, [newJob(kind, subject, { target })], operatorName));
  path.log.info({ from: keys.current, to: target, operator: operatorName }, 'the rotation of SECRET was started');
  path.wakeJobs();
}

export function rotateSecretHandler(path: WritePath): JobHandler<Params, RotationProgress> {
  return { ...kind, step: (job) => stepOf(path, job) };
}

const first: RotationProgress = { stage: 'switch', table: 0, after: null, isDirty: false, resealed: 0, unreadable: 0 };

function stepOf(path: WritePath, job: RunningJob<Params, RotationProgress>): Promise<'continue' | 'done'> {
  const progress = job.progress ?? first;
  if (progress.stage === 'switch') return switchAll(path, job, progress);
  if (progress.stage === 'wait') return waitForAll(path, job, progress);
  return sealSome(path, job, progress);
}

async function switchAll(path: WritePath, job: RunningJob<Params, RotationProgress>, progress: RotationProgress): Promise<'continue'> {
  const { keys, database } = path;
  if (job.params.target !== keys.configured) throw new Error('The rotation is to another SECRET than that of this instance.');
  // An instance may have started since the request.
  const lacking = await findLaggingInstances(database.db, keys.ids, 'has');
  if (lacking.length > 0) throw new Error(`These instances lack SECRET or SECRET_PREVIOUS: ${lacking.join(', ')}.`);
  await transact(database.db, async (tx) => {
    await switchKey(keys, tx);
    await job.save(tx, { ...progress, stage: 'wait' });
  });
  await useStoredKey(path);
  return 'continue';
}

/** The embedded database has no list of instances: this one is the only one. */
async function waitForAll(path: WritePath, job: RunningJob<Params, RotationProgress>, progress: RotationProgress): Promise<'continue'> {
  const { db } = path.database;
  await useStoredKey(path);
  const lagging = await findLaggingInstances(db, [job.params.target], 'uses');
  if (lagging.length === 0) await job.save(db, { ...progress, stage: 'seal' });
  else await sleep(waitMs, undefined, { signal: job.signal });
  return 'continue';
}

async function sealSome(
  path: WritePath,
  job: RunningJob<Params, RotationProgress>,
  progress: RotationProgress,
): Promise<'continue' | 'done'> {
  const { keys, database, log } = path;
  await useStoredKey(path);
  if (keys.current !== job.params.target) throw new Error('This instance lacks the new SECRET.');
  const table = sealedTables[progress.table];
  if (table) {
    await transact(database.db, async (tx) => {
      const page = await table.resealPage(tx, keys, progress.after);
      await job.save(tx, {
        ...progress,
        table: page.after === null ? progress.table + 1 : progress.table,
        after: page.after && [...page.after],
        isDirty: progress.isDirty || page.resealed + page.skipped > 0,
        resealed: progress.resealed + page.resealed,
        unreadable: progress.unreadable + page.unreadable,
      });
    });
    return 'continue';
  }
  if (!progress.isDirty) {
    log.info({ resealed: progress.resealed, unreadable: progress.unreadable }, 'the rotation of SECRET is complete');
    return 'done';
  }
  await sleep(passMs, undefined, { signal: job.signal });
  await job.save(database.db, { ...progress, table: 0, after: null, isDirty: false, unreadable: 0 });
  return 'continue';
}

async function useStoredKey({ keys, database }: WritePath): Promise<void> {
  const row = await readKeyRow(database.db);
  if (row !== null) useKeyRow(keys, row);
}
