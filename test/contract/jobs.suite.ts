import assert from 'node:assert/strict';
import { sql } from 'kysely';
import * as z from 'zod';
import type { Database, Tx } from '../../server/src/database/database.ts';
import { DuePolls } from '../../server/src/database/due-polls.ts';
import { migrateUp } from '../../server/src/database/migrations/migrate.ts';
import { enqueueJobs, newJob } from '../../server/src/jobs/enqueue-job.ts';
import { type JobHandler, type JobKind, JobLostError, type RunningJob } from '../../server/src/jobs/job.ts';
import { deleteFinishedJobs, finishedDaysMax, pauseMsMax, pauseMsMin } from '../../server/src/jobs/job-claims.ts';
import { JobRunner, type jobTimes } from '../../server/src/jobs/job-runner.ts';
import { Failpoints } from '../../server/src/runtime/failpoints.ts';
import { createLog } from '../../server/src/runtime/log.ts';
import { Counters } from '../../server/src/runtime/metrics/counters.ts';
import { eventually } from '../support/eventually.ts';

type Params = { readonly steps: number };
type Progress = { readonly done: number };

/** A kind of job that counts to a number, one per step. */
const counting = {
  kind: 'count',
  ifOpen: 'join',
  isReport: true,
  paramsSchema: z.strictObject({ steps: z.int() }),
  progressSchema: z.strictObject({ done: z.int() }),
} as const satisfies JobKind<Params, Progress>;
const repeating = { ...counting, kind: 'count-again', ifOpen: 'repeat', isReport: true } as const satisfies JobKind<Params, Progress>;
const deleted = { ...repeating, kind: 'count-quietly', isReport: false } as const satisfies JobKind<Params, Progress>;

type Step = (job: RunningJob<Params, Progress>, instance: string) => Promise<'continue' | 'done'>;

function deferred<T>() {
  let resolve: (value: T) => void = () => {};
  const promise = new Promise<T>((resolved) => {
    resolve = resolved;
  });
  return { promise, resolve };
}

/** The contract of the runner on each database. `open` creates an empty one. */
export function describeJobContract(name: string, open: () => Promise<{ database: Database; dispose(): Promise<void> }>): void {
  describe(`jobs: ${name}`, () => {
    let database: Database;
    let dispose: () => Promise<void>;
    const runners: JobRunner[] = [];
    const polls: DuePolls[] = [];
    /** The steps that all instances began, such as `a:7:2`: instance, subject, progress. */
    let steps: string[];
    let inProgress: string[];
    let overlaps: number;
    let step: Step;
    let counters: Counters;

    before(async () => {
      ({ database, dispose } = await open());
      await migrateUp(database);
    });
    after(() => dispose());
    beforeEach(async () => {
      await database.db.deleteFrom('jobs').execute();
      [steps, inProgress, overlaps, counters] = [[], [], 0, new Counters()];
      step = count;
    });
    afterEach(async () => {
      for (const poll of polls.splice(0)) await poll.stop();
      for (const runner of runners.splice(0)) await runner.stop();
    });

    const transaction = <T>(work: (tx: Tx) => Promise<T>) => database.db.transaction().execute(work);

    /** Saves the next number in a transaction. */
    const count: Step = async ({ params, progress, save }) => {
      const done = progress?.done ?? 0;
      if (done === params.steps) return 'done';
      await transaction((tx) => save(tx, { done: done + 1 }));
      return 'continue';
    };

    interface InstanceOptions {
      readonly pollMs?: number;
      readonly times?: Partial<typeof jobTimes>;
      readonly kinds?: readonly JobKind<Params, Progress>[];
    }

    function start(instance = 'a', { pollMs = 20, times = {}, kinds = [counting, repeating, deleted] }: InstanceOptions = {}): JobRunner {
      const log = createLog('silent');
      const duePolls = new DuePolls(database.reads, log, pollMs);
      polls.push(duePolls);
      const parts = { db: database.db, reads: database.reads, duePolls, counters, log, failpoints: new Failpoints(null), times };
      const runner = new JobRunner(parts);
      runners.push(runner);
      runner.start(kinds.map((kind) => handlerOf(kind, instance)));
      duePolls.start();
      return runner;
    }

    function handlerOf(kind: JobKind<Params, Progress>, instance: string): JobHandler<Params, Progress> {
      return {
        ...kind,
        async step(job) {
          steps.push(`${instance}:${job.subject}:${job.progress?.done ?? 0}`);
          if (inProgress.includes(job.id)) overlaps++;
          inProgress.push(job.id);
          try {
            return await step(job, instance);
          } finally {
            inProgress.splice(inProgress.indexOf(job.id), 1);
          }
        },
      };
    }

    const enqueue = (subject = '7', params: Params = { steps: 3 }, kind: JobKind<Params, Progress> = counting) =>
      transaction((tx) => enqueueJobs(tx, [newJob(kind, subject, params)]));
    const stored = (subject = '7') => database.db.selectFrom('jobs').selectAll().where('subject', '=', subject).orderBy('id').execute();
    const job = async (subject = '7') => (await stored(subject)).at(-1)!;
    const finished = (subject = '7') => eventually(async () => assert.notEqual((await job(subject)).finished_at, null));

    /** A step that waits until the test releases it. */
    function heldStep(then: Step = count) {
      const { promise: begun, resolve: begin } = deferred<void>();
      const { promise: released, resolve: release } = deferred<void>();
      const held: Step = async (running, instance) => {
        begin();
        await released;
        return then(running, instance);
      };
      return { held, begun, release };
    }

    it('executes a job step by step, and keeps its progress as the report', async () => {
      start();
      await enqueue();
      await finished();
      assert.deepEqual(steps, ['a:7:0', 'a:7:1', 'a:7:2', 'a:7:3']);
      const { progress, attempts, lease, last_error } = await job();
      assert.deepEqual({ progress, attempts, lease, last_error }, { progress: { done: 3 }, attempts: 0, lease: null, last_error: null });
    });

    it('begins at once after `wake`', async () => {
      const runner = start('a', { pollMs: 60_000 });
      await enqueue();
      runner.wake();
      await finished();
    });

    it('executes nothing of a transaction that is rolled back', async () => {
      start();
      const rolledBack = transaction(async (tx) => {
        await enqueueJobs(tx, [newJob(counting, '8', { steps: 1 })]);
        throw new Error('rolled back');
      });
      await assert.rejects(rolledBack, /rolled back/);
      await enqueue('7');
      await finished('7');
      assert.deepEqual(await stored('8'), []);
    });

    it('executes each job on one instance at a time', async () => {
      for (const instance of ['a', 'b', 'c']) start(instance, { times: { slotMs: 1 } });
      const subjects = Array.from({ length: 12 }, (_, index) => String(index));
      for (const subject of subjects) await enqueue(subject, { steps: 10 });
      for (const subject of subjects) await finished(subject);
      assert.equal(overlaps, 0);
      assert.equal(steps.length, 12 * 11, 'a step ran twice or never');
    });

    it('has at most one open job per kind and subject, and another one after its end', async () => {
      await enqueue();
      await enqueue();
      await enqueue('7', { steps: 1 }, repeating);
      assert.equal((await stored()).length, 2);
      start();
      await eventually(async () =>
        assert.deepEqual(
          (await stored()).filter(({ finished_at }) => finished_at === null),
          [],
        ),
      );
      await enqueue();
      assert.equal((await stored()).length, 3);
    });

    it('`join` lets the open job end as it began', async () => {
      const { held, begun, release } = heldStep();
      step = held;
      start();
      await enqueue('7', { steps: 2 });
      await begun;
      await enqueue('7', { steps: 9 });
      release();
      await finished();
      assert.deepEqual(steps, ['a:7:0', 'a:7:1', 'a:7:2']);
    });

    it('`repeat` runs each step once more after the request, with the new params', async () => {
      const { held, begun, release } = heldStep();
      step = held;
      start();
      await enqueue('7', { steps: 2 }, repeating);
      await begun;
      await enqueue('7', { steps: 3 }, repeating);
      await enqueue('7', { steps: 3 }, repeating);
      release();
      await finished();
      assert.deepEqual(
        steps,
        ['0', '1', '2', '3', '0', '1', '2', '3'].map((done) => `a:7:${done}`),
      );
    });

    it('deletes a finished job without a report, but runs it once more if that was requested', async () => {
      const { held, begun, release } = heldStep();
      step = held;
      start();
      await enqueue('7', { steps: 1 }, deleted);
      await begun;
      await enqueue('7', { steps: 1 }, deleted);
      release();
      await eventually(async () => assert.deepEqual(await stored(), []));
      assert.deepEqual(steps, ['a:7:0', 'a:7:1', 'a:7:0', 'a:7:1']);
    });

    it('`repeat` does not repeat a job that has not begun', async () => {
      await enqueue('7', { steps: 2 }, repeating);
      await enqueue('7', { steps: 1 }, repeating);
      start();
      await finished();
      assert.deepEqual(steps, ['a:7:0', 'a:7:1']);
    });

    it('tries a failed step again with the same progress, and keeps the error until then', async () => {
      let failures = 0;
      step = async (running, instance) => {
        if (running.progress?.done === 1 && failures++ === 0) throw new Error('refused');
        return count(running, instance);
      };
      start();
      await enqueue();
      await eventually(async () => assert.match((await job()).last_error ?? '', /refused/));
      assert.equal((await job()).attempts, 1);
      await finished();
      assert.deepEqual(steps, ['a:7:0', 'a:7:1', 'a:7:1', 'a:7:2', 'a:7:3']);
      assert.equal((await job()).last_error, null);
      assert.equal(counters.byReason('jobStepsFailed').get('count'), 1);
    });

    it('doubles the pause after each failure, up to a maximum, and never gives up', async () => {
      step = async () => {
        throw new Error('refused');
      };
      await enqueue();
      const runner = start('a', { pollMs: 60_000 });
      const pauses: number[] = [];
      for (const attempts of [0, 1, 4, 5_000]) {
        await database.db.updateTable('jobs').set({ attempts, next_attempt_at: sql<string>`clock_timestamp()` }).execute();
        runner.wake();
        await eventually(async () => assert.equal((await job()).attempts, attempts + 1));
        const { rows } = await sql<{ ms: number }>`
          SELECT (extract(epoch FROM next_attempt_at - clock_timestamp()) * 1000)::float8 AS ms FROM jobs`.execute(database.db);
        pauses.push(rows[0]!.ms);
      }
      // The pause has passed in part when it is read, so only the upper bounds are exact.
      for (const [index, most] of [pauseMsMin, 2 * pauseMsMin, 16 * pauseMsMin, pauseMsMax].entries()) {
        assert.ok(pauses[index]! <= most, `pause ${index}: ${pauses[index]}`);
      }
      assert.ok(pauses[2]! > 2 * pauseMsMin, `pause after 5 failures: ${pauses[2]}`);
      assert.ok(pauses[3]! > 0.4 * pauseMsMax, `pause after 5,001 failures: ${pauses[3]}`);
    });

    it('makes a failing job due at once when it is requested again', async () => {
      step = async () => {
        throw new Error('refused');
      };
      const runner = start('a', { pollMs: 60_000 });
      await enqueue();
      runner.wake();
      await eventually(async () => assert.equal((await job()).attempts, 1));
      step = count;
      await database.db.updateTable('jobs').set({ next_attempt_at: sql<string>`now() + interval '1 hour'` }).execute();
      await enqueue();
      runner.wake();
      await finished();
    });

    it('lets another instance continue at once after `stop`', async () => {
      const { held, begun, release } = heldStep();
      step = held;
      const first = start('a', { times: { leaseMs: 3_600_000 } });
      await enqueue();
      await begun;
      const stopped = first.stop();
      release();
      await stopped;
      assert.deepEqual(steps, ['a:7:0'], 'a step began after the stop');
      assert.equal((await job()).lease, null);
      start('b');
      await finished();
      assert.deepEqual(steps, ['a:7:0', 'b:7:1', 'b:7:2', 'b:7:3']);
    });

    it('aborts the signal of a step at the stop, and counts its end as no failure', async () => {
      const { promise: begun, resolve: begin } = deferred<void>();
      step = ({ signal }) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(new Error('interrupted')));
          begin();
        });
      const runner = start();
      await enqueue();
      await begun;
      await runner.stop();
      const { lease, attempts, last_error } = await job();
      assert.deepEqual({ lease, attempts, last_error }, { lease: null, attempts: 0, last_error: null });
    });

    it('lets another instance continue when the lease of a dead one has ended', async () => {
      const { held, begun, release } = heldStep(async () => 'done');
      step = (running, instance) => (instance === 'a' && running.progress?.done === 1 ? held(running, instance) : count(running, instance));
      const dead = start('a', { pollMs: 60_000, times: { leaseMs: 200 } });
      await enqueue();
      dead.wake();
      await begun;
      start('b');
      await finished();
      assert.deepEqual(steps, ['a:7:0', 'a:7:1', 'b:7:1', 'b:7:2', 'b:7:3']);
      release();
    });

    for (const fence of ['save', 'hold'] as const) {
      it(`\`${fence}\` refuses the transaction of an instance that has lost the job`, async () => {
        const lost = deferred<unknown>();
        const { held, begun, release } = heldStep(async (running) => {
          const writing = transaction(async (tx) => {
            await enqueueJobs(tx, [newJob(counting, 'effect', { steps: 1 })]);
            await (fence === 'save' ? running.save(tx, { done: 99 }) : running.hold(tx));
          });
          writing.catch(lost.resolve);
          await writing;
          return 'done';
        });
        step = (running, instance) => (instance === 'a' ? held(running, instance) : count(running, instance));
        const late = start('a', { pollMs: 60_000, times: { leaseMs: 100 } });
        await enqueue();
        late.wake();
        await begun;
        start('b');
        await finished();
        const before = await job();
        release();
        assert.ok((await lost.promise) instanceof JobLostError);
        assert.deepEqual(await stored('effect'), [], 'the effect of the step was committed');
        assert.deepEqual(await job(), before);
      });
    }

    it('lets no other instance take a job while a transaction holds it', async () => {
      // The embedded database runs one transaction at a time.
      if (database.kind === 'pglite') return;
      const { held, begun, release } = heldStep(async () => 'continue');
      step = async (running, instance) => {
        if (instance === 'b') return count(running, instance);
        await transaction(async (tx) => {
          await running.hold(tx);
          await held(running, instance);
        });
        return 'continue';
      };
      const holding = start('a', { pollMs: 60_000, times: { leaseMs: 1 } });
      await enqueue();
      holding.wake();
      await begun;
      const second = start('b');
      // Two polls, each of which tries to claim the job.
      for (let poll = 0; poll < 2; poll++) {
        await database.db
          .insertInto('jobs')
          .values({ kind: 'unknown', subject: String(poll), params: '{}' })
          .execute();
        await eventually(() => assert.equal(second.state.open, poll + 2));
      }
      assert.deepEqual(steps, ['a:7:0']);
      release();
      await finished();
      assert.deepEqual(steps.filter((one) => one.startsWith('b')).length, 4);
    });

    it('leaves jobs of kinds that it does not know to newer instances', async () => {
      start('old', { kinds: [repeating] });
      await enqueue('7');
      await enqueue('8', { steps: 1 }, repeating);
      await finished('8');
      assert.equal((await job('7')).lease, null);
      start('new');
      await finished('7');
      assert.deepEqual(new Set(steps.filter((one) => one.includes(':7:')).map((one) => one.split(':')[0])), new Set(['new']));
    });

    it('keeps the error of params and progress that it can not parse', async () => {
      await enqueue('7', { steps: 'many' } as never);
      await enqueue('8');
      await database.db.updateTable('jobs').set({ progress: '{"done":"some"}' }).where('subject', '=', '8').execute();
      start();
      for (const subject of ['7', '8']) await eventually(async () => assert.match((await job(subject)).last_error ?? '', /expected/i));
      assert.deepEqual(steps, []);
    });

    it('refuses a step that continues without saving, which would run without end', async () => {
      step = async () => 'continue';
      start();
      await enqueue();
      await eventually(async () => assert.match((await job()).last_error ?? '', /did not save/));
    });

    it('lets other jobs of a kind run between the steps of long ones', async () => {
      for (const subject of ['1', '2']) await enqueue(subject, { steps: 1_000_000 });
      const runner = start('a', { times: { slotMs: 20 } });
      await eventually(() => assert.ok(steps.length > 10, `${steps.length} steps`));
      await enqueue('short', { steps: 1 });
      await finished('short');
      await runner.stop();
    });

    it('begins jobs of one kind while long ones of another kind take all slots', async () => {
      const { held, release } = heldStep();
      step = (running, instance) => (running.subject === 'short' ? count(running, instance) : held(running, instance));
      start();
      for (const subject of ['1', '2', '3', '4']) await enqueue(subject);
      await eventually(() => assert.equal(steps.length, 2));
      await enqueue('short', { steps: 1 }, repeating);
      await finished('short');
      assert.equal(inProgress.length, 2);
      release();
    });

    it('reports open and failing jobs, and the age of the oldest one', async () => {
      step = async () => {
        throw new Error('refused');
      };
      await enqueue('7');
      await enqueue('8');
      await database.db.updateTable('jobs').set({ created_at: sql<string>`now() - interval '1 hour'` }).execute();
      const runner = start();
      await eventually(() => assert.deepEqual({ ...runner.state, oldestSeconds: 0 }, { open: 2, failing: 2, oldestSeconds: 0 }));
      assert.ok(runner.state.oldestSeconds >= 3_600);
      await database.db.deleteFrom('jobs').execute();
      await eventually(() => assert.deepEqual(runner.state, { open: 0, failing: 0, oldestSeconds: 0 }));
    });

    it('stores what a job did in each organization, and deletes it with the finished job', async () => {
      step = async (running) => {
        await transaction(async (tx) => {
          for (const changed of [1, 2]) await running.record(tx, '55', { changed });
          await running.save(tx, { done: 1 });
        });
        return 'done';
      };
      start();
      await enqueue();
      await finished();
      const results = () =>
        database.db.selectFrom('job_results').select(['organization_id', 'result']).where('organization_id', '=', '55').execute();
      assert.deepEqual(await results(), [{ organization_id: '55', result: { changed: 2 } }]);
      await deleteFinishedJobs(database.db, finishedDaysMax);
      assert.equal((await stored()).length, 1);
      await database.db
        .updateTable('jobs')
        .set({ finished_at: sql<string>`now() - make_interval(days => ${finishedDaysMax}, hours => 1)` })
        .execute();
      await deleteFinishedJobs(database.db, finishedDaysMax);
      assert.deepEqual([await stored(), await results()], [[], []]);
    });
  });
}
