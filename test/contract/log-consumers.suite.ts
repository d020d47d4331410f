import assert from 'node:assert/strict';
import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import { scopes as allScopes } from '@rollcall/protocol';
import { sql } from 'kysely';
import { moveConsumer, readConsumer, setConsumerActive, setConsumerHost, startConsumer } from '../../server/src/consumers/checkpoints.ts';
import { type Claim, claimConsumers } from '../../server/src/consumers/claims.ts';
import { ConsumerRunner, type RunnerParts, type runnerTimes } from '../../server/src/consumers/consumer-runner.ts';
import { HeadReads } from '../../server/src/consumers/head-reads.ts';
import type { ConsumerRef, DeliveryResult, DisableReason, LogConsumer, OpenConsumer } from '../../server/src/consumers/log-consumer.ts';
import type { Database, Db, Tx } from '../../server/src/database/database.ts';
import { DuePolls } from '../../server/src/database/due-polls.ts';
import { migrateUp } from '../../server/src/database/migrations/migrate.ts';
import { readHeads } from '../../server/src/database/records/read-log.ts';
import type { OutletEvent } from '../../server/src/domain/outlet-events.ts';
import { Failpoints } from '../../server/src/runtime/failpoints.ts';
import { createLog } from '../../server/src/runtime/log.ts';
import { Counters } from '../../server/src/runtime/metrics/counters.ts';
import { anOrganization, aTeam } from '../support/builders.ts';
import { eventually } from '../support/eventually.ts';

const kind = 'webhook';
const delivered: DeliveryResult = { outcome: 'delivered', status: 200, error: null, response: 'ok', ms: 1 };
const failed: DeliveryResult = { outcome: 'failed', status: 500, error: 'status 500', response: null, ms: 1 };

interface Attempt {
  readonly instance: string;
  readonly ref: ConsumerRef;
  readonly id: string;
  readonly type: string;
  readonly attempt: number;
  readonly at: number;
}

/** An outlet of any number of consumers, which records the attempts of all instances. */
class Outlet {
  readonly attempts: Attempt[] = [];
  /** Deliveries in progress, by record id. */
  readonly inProgress = new Map<string, number>();
  mostAtOnce = 0;
  overlaps = 0;
  isPerRevision = false;
  wants: (type: string) => boolean = () => true;
  isClosed = false;
  /** Counts the readings of the records of an organization. */
  openings = 0;
  readonly disabled: DisableReason[] = [];
  respond: (attempt: Attempt, signal: AbortSignal) => DeliveryResult | Promise<DeliveryResult> = () => delivered;
  /** Runs between a failed delivery and the command that disables. */
  beforeDisable: () => Promise<void> = async () => {};
  readonly #db: Db;
  readonly #refs: ConsumerRef[] = [];

  constructor(db: Db) {
    this.#db = db;
  }

  ids(recordId?: string): string[] {
    return this.attempts.filter(({ ref }) => recordId === undefined || ref.recordId === recordId).map(({ id }) => id);
  }

  on(instance: string, isDead = () => false): LogConsumer {
    return {
      kind,
      open: async (orgId) => {
        this.openings++;
        const refs = this.isClosed ? [] : this.#refs.filter((ref) => ref.orgId === orgId);
        return new Map(refs.map((ref) => [ref.recordId, this.#openConsumer(ref, instance, isDead)]));
      },
      disable: async (ref, reason, holdsClaim) => {
        await this.beforeDisable();
        await this.#db.transaction().execute(async (tx) => {
          if (!(await holdsClaim(tx))) return;
          this.disabled.push(reason);
          await setConsumerActive(tx, ref, kind, false);
        });
      },
    };
  }

  register(ref: ConsumerRef): void {
    this.#refs.push(ref);
  }

  #openConsumer(ref: ConsumerRef, instance: string, isDead: () => boolean): OpenConsumer {
    return {
      scopes: allScopes,
      isPerRevision: this.isPerRevision,
      wants: (type) => this.wants(type),
      deliver: async (events, attempt, signal) => {
        if (isDead()) throw new Error('killed');
        return this.#deliver(ref, instance, events, attempt, signal);
      },
    };
  }

  async #deliver(
    ref: ConsumerRef,
    instance: string,
    events: readonly OutletEvent[],
    number: number,
    signal: AbortSignal,
  ): Promise<DeliveryResult> {
    const attempts = events.map(({ type, data }) => ({ instance, ref, id: data.id, type, attempt: number, at: performance.now() }));
    this.attempts.push(...attempts);
    const count = (by: number) => {
      this.inProgress.set(ref.recordId, (this.inProgress.get(ref.recordId) ?? 0) + by);
      if (this.inProgress.get(ref.recordId)! > 1) this.overlaps++;
      this.mostAtOnce = Math.max(
        this.mostAtOnce,
        [...this.inProgress.values()].reduce((sum, one) => sum + one, 0),
      );
    };
    count(1);
    try {
      return await this.respond(attempts[0]!, signal);
    } finally {
      count(-1);
    }
  }
}

/** The contract of the runner on each database. `open` creates an empty one. */
export function describeLogConsumerContract(name: string, open: () => Promise<{ database: Database; dispose(): Promise<void> }>): void {
  describe(`log consumers: ${name}`, () => {
    let database: Database;
    let dispose: () => Promise<void>;
    let outlet: Outlet;
    let ref: ConsumerRef;
    const runners: ConsumerRunner[] = [];
    const polls: DuePolls[] = [];

    before(async () => {
      ({ database, dispose } = await open());
      await migrateUp(database);
    });
    after(() => dispose());
    beforeEach(async () => {
      outlet = new Outlet(database.db);
      await database.db.deleteFrom('log_consumers').execute();
      ref = await found();
    });
    afterEach(async () => {
      for (const poll of polls.splice(0)) await poll.stop();
      for (const runner of runners.splice(0)) await runner.stop();
    });

    /** An organization at revision 2, with a consumer that starts at revision 3. */
    async function found(host: string | null = null): Promise<ConsumerRef> {
      const { id, status } = anOrganization();
      const { db } = database;
      await sql`INSERT INTO organizations (id, slug, name, status, default_role, avatar_type, flags, settings, date_created)
        VALUES (${id}, ${`org-${id}`}, 'Acme', ${status}, 'member', 'letter_avatar', '{}', '{}', now())`.execute(db);
      await db.insertInto('org_heads').values({ organization_id: id }).execute();
      const created = { orgId: id, recordId: `9${id}` };
      outlet.register(created);
      await commit(id);
      await commit(id);
      await db.transaction().execute((tx) => startConsumer(tx, created, kind, host));
      return created;
    }

    /** Another consumer of an organization. Starts with the next revision. */
    async function addConsumer(recordId: string, orgId = ref.orgId, host: string | null = null): Promise<ConsumerRef> {
      const added = { orgId, recordId };
      outlet.register(added);
      await transaction((tx) => startConsumer(tx, added, kind, host));
      return added;
    }

    /** Appends one revision with this number of events, as a command does. */
    async function commit(orgId = ref.orgId, events = 1, recordKind = 'team'): Promise<void> {
      const teams = Array.from({ length: events }, () => aTeam('web'));
      await database.db.transaction().execute(async (tx) => {
        const [head] = (
          await sql<{
            revision: string;
          }>`UPDATE org_heads SET revision = revision + 1 WHERE organization_id = ${orgId} RETURNING revision`.execute(tx)
        ).rows;
        for (const [idx, team] of teams.entries()) {
          await sql`INSERT INTO change_log (organization_id, revision, idx, command, actor, kind, record_id, after)
            VALUES (${orgId}, ${head!.revision}, ${idx}, 'create-team', 'system', ${recordKind}, ${team.id}, ${JSON.stringify(team)}::jsonb)`.execute(
            tx,
          );
        }
      });
    }

    interface InstanceOptions {
      readonly retrySeconds?: readonly number[];
      readonly pollMs?: number;
      readonly times?: Partial<Record<keyof typeof runnerTimes, number>>;
      readonly db?: Db;
      isDead?(): boolean;
      lastMovedAt?(): number;
    }

    function start(
      instance = 'a',
      { retrySeconds = [0.05], pollMs = 20, times, db = database.db, isDead, lastMovedAt = () => 0 }: InstanceOptions = {},
    ): ConsumerRunner {
      const log = createLog('silent');
      const duePolls = new DuePolls(database.reads, log, pollMs);
      polls.push(duePolls);
      const parts: RunnerParts = {
        db,
        reads: database.reads,
        counters: new Counters(),
        log,
        failpoints: new Failpoints(null),
        retrySeconds,
        duePolls,
        ...(times && { times }),
      };
      const runner = new ConsumerRunner(parts);
      runners.push(runner);
      runner.start([outlet.on(instance, isDead)], lastMovedAt);
      duePolls.start();
      return runner;
    }

    const id = (revision: number, index = 0) => `${ref.orgId}.${revision}.${index}`;
    const state = async () => (await readConsumer(database.db, ref, kind))!;
    const transaction = <T>(work: (tx: Tx) => Promise<T>) => database.db.transaction().execute(work);
    const arrived = (ids: readonly string[]) => eventually(() => assert.deepEqual(outlet.ids(), ids));

    it('a new consumer begins with the revision after its creation', async () => {
      start();
      await commit();
      await arrived([id(3)]);
      await eventually(async () => assert.deepEqual((await state()).cursor, { revision: 4, index: 0 }));
    });

    it('delivers all events in order, one at a time', async () => {
      for (const events of [1, 3, 2]) await commit(ref.orgId, events);
      start();
      await arrived([id(3), id(4), id(4, 1), id(4, 2), id(5), id(5, 1)]);
      assert.equal(outlet.mostAtOnce, 1);
    });

    it('delivers all events of a revision together, if the consumer wants that', async () => {
      outlet.isPerRevision = true;
      for (const events of [1, 3]) await commit(ref.orgId, events);
      start();
      await arrived([id(3), id(4), id(4, 1), id(4, 2)]);
      const logged = await database.db
        .selectFrom('deliveries')
        .selectAll()
        .where('organization_id', '=', ref.orgId)
        .orderBy('id')
        .execute();
      assert.deepEqual(
        logged.map(({ event_id }) => event_id),
        [id(3), id(4)],
      );
    });

    it('skips events that are not visible', async () => {
      for (let count = 0; count < 250; count++) await commit(ref.orgId, 1, 'widget');
      await commit();
      start();
      await arrived([id(253)]);
      await eventually(async () => assert.equal((await state()).behind, 0));
    });

    it('delivers at once after `wake`', async () => {
      const runner = start('a', { pollMs: 60_000 });
      await eventually(async () => assert.equal((await state()).behind, 0));
      for (let count = 3; count < 6; count++) {
        await commit();
        runner.wake(ref.orgId);
        await arrived(Array.from({ length: count - 2 }, (_, index) => id(index + 3)));
      }
    });

    it('costs no query for commits of organizations without a consumer', async () => {
      const { db, statements } = countedDb(database.db);
      const runner = start('a', { db, pollMs: 60_000 });
      await commit();
      runner.wake(ref.orgId);
      await arrived([id(3)]);
      await eventually(async () => assert.equal((await state()).behind, 0));
      await eventually(async () => {
        const before = statements();
        runner.wake('999999999');
        await setImmediate();
        assert.equal(statements(), before, 'the organization was looked up');
      });
    });

    it('reads entries and records once for all consumers of an organization', async () => {
      const [consumers, commits] = [20, 10];
      await commit();
      for (let count = 1; count < consumers; count++) await addConsumer(String(count));
      const { db, statements } = countedDb(database.db);
      const runner = start('a', { db, pollMs: 60_000 });
      await eventually(async () => assert.equal((await state()).behind, 0));
      outlet.attempts.length = 0;
      const [statementsBefore, openingsBefore] = [statements(), outlet.openings];
      for (let count = 1; count <= commits; count++) {
        await commit();
        runner.wake(ref.orgId);
        await eventually(() => assert.equal(outlet.attempts.length, count * consumers));
      }
      const perDelivery = (statements() - statementsBefore) / outlet.attempts.length;
      // Most statements serve several deliveries, also the one that saves their progress.
      assert.ok(perDelivery < 1, `${perDelivery} statements per delivery`);
      const openings = outlet.openings - openingsBefore;
      assert.ok(openings <= 2 * commits, `the records were read ${openings} times for ${commits} commits`);
    });

    it('serves all consumers of an organization although others end while it claims', async () => {
      for (let count = 1; count < 20; count++) await addConsumer(String(count));
      outlet.respond = async ({ ref: { recordId } }) => {
        await sleep((Number(recordId) % 4) * 10);
        return delivered;
      };
      await commit();
      // Without a poll, only the end of a delivery leads to the next claim.
      start('a', { db: slowClaimsDb(database.db), pollMs: 60_000 }).wake(ref.orgId);
      await eventually(() => assert.equal(new Set(outlet.attempts.map((attempt) => attempt.ref.recordId)).size, 20));
    });

    it('saves the progress of a consumer whose row another transaction locks', async () => {
      let unlock: Promise<unknown> = Promise.resolve();
      outlet.respond = async () => {
        await new Promise<void>((locked) => {
          unlock = transaction(async (tx) => {
            await sql`SELECT 1 FROM log_consumers FOR UPDATE`.execute(tx);
            locked();
            await sql`SELECT pg_sleep(0.1)`.execute(tx);
          });
        });
        return delivered;
      };
      await commit();
      start();
      await eventually(async () => assert.equal((await state()).behind, 0));
      await unlock;
      assert.deepEqual(outlet.ids(), [id(3)]);
    });

    it('saves the progress of the others if that of one consumer is refused by the database', async () => {
      for (const recordId of ['1', '2', '3']) await addConsumer(recordId);
      for (let count = 0; count < 3; count++) await commit();
      const invalid = { ...delivered, status: 2 ** 40 };
      outlet.respond = ({ ref: { recordId } }) => (recordId === '1' ? invalid : delivered);
      start();
      await eventually(() => assert.ok(outlet.ids('1').length > 1, 'the delivery was not repeated'));
      for (const recordId of ['2', '3']) await eventually(() => assert.equal(outlet.ids(recordId).at(-1), id(5)));
      for (const recordId of ['2', '3']) assert.equal(new Set(outlet.ids(recordId)).size, outlet.ids(recordId).length);
      assert.equal(new Set(outlet.ids('1')).size, 1);
    });

    it('logs each attempt', async () => {
      outlet.respond = ({ attempt }) => (attempt === 1 ? failed : delivered);
      await commit();
      start();
      await eventually(async () => assert.equal((await state()).behind, 0));
      const logged = await database.db
        .selectFrom('deliveries')
        .selectAll()
        .where('organization_id', '=', ref.orgId)
        .orderBy('id')
        .execute();
      assert.deepEqual(
        logged.map(({ consumer, event_id, event_type, attempt, status, error, response, next_attempt_at }) => [
          consumer,
          event_id,
          event_type,
          attempt,
          status,
          error,
          response,
          next_attempt_at !== null,
        ]),
        [
          [`webhook:${ref.recordId}`, id(3), 'team.created', 1, 500, 'status 500', null, true],
          [`webhook:${ref.recordId}`, id(3), 'team.created', 2, 200, null, 'ok', false],
        ],
      );
    });

    it('retries by the schedule, and delivers nothing else in the meantime', async () => {
      outlet.respond = ({ attempt }) => (attempt <= 3 ? failed : delivered);
      await commit();
      await commit();
      start('a', { retrySeconds: [0.1, 0.3, 0.2] });
      await arrived([id(3), id(3), id(3), id(3), id(4)]);
      const times = outlet.attempts.map(({ at }) => at);
      const waits = [0, 1, 2].map((index) => times[index + 1]! - times[index]!);
      for (const [index, seconds] of [0.1, 0.3, 0.2].entries()) {
        assert.ok(waits[index]! >= 800 * seconds - 1, `attempt ${index + 2} came after ${waits[index]} ms`);
      }
      assert.deepEqual(outlet.disabled, []);
    });

    it('reports the position of a failing consumer', async () => {
      outlet.respond = ({ id: failing }) => (failing === id(4, 1) ? failed : delivered);
      for (const events of [1, 2, 1]) await commit(ref.orgId, events);
      start('a', { retrySeconds: [60] });
      await eventually(async () => {
        const { oldestUnsentAt, nextAttemptAt, ...rest } = await state();
        assert.deepEqual(rest, { cursor: { revision: 4, index: 1 }, head: 5, behind: 2, attempts: 1, lastError: 'status 500' });
        assert.ok(Date.parse(nextAttemptAt!) > Date.parse(oldestUnsentAt!), 'not yet');
      });
    });

    it("waits as long as the receiver's Retry-After, for up to a day", async () => {
      outlet.respond = () => ({ ...failed, status: 429, retryAfterSeconds: 1_000_000 });
      await commit();
      start();
      const { nextAttemptAt } = await eventually(async () => {
        const read = await state();
        assert.equal(read.attempts, 1);
        return read;
      });
      const hours = (Date.parse(nextAttemptAt!) - Date.now()) / 3_600_000;
      assert.ok(hours > 23 && hours <= 24.01, `the next attempt is in ${hours} hours`);
    });

    it('disables after the last attempt, keeps the position, and continues there once switched on', async () => {
      outlet.respond = () => failed;
      await commit();
      await commit();
      start('a', { retrySeconds: [0.02, 0.02] });
      await eventually(() => assert.deepEqual(outlet.disabled, ['failed-too-long']));
      assert.deepEqual(outlet.ids(), [id(3), id(3), id(3)]);
      assert.equal((await state()).cursor.revision, 3);
      outlet.respond = () => delivered;
      await transaction((tx) => setConsumerActive(tx, ref, kind, true));
      await arrived([id(3), id(3), id(3), id(3), id(4)]);
      assert.equal(outlet.attempts[3]!.attempt, 1);
    });

    for (const outcome of ['gone', 'unauthorized'] as const) {
      it(`disables at once if the outcome is ${outcome}`, async () => {
        outlet.respond = () => ({ ...failed, outcome });
        await commit();
        start();
        await eventually(() => assert.deepEqual(outlet.disabled, [outcome]));
        assert.deepEqual(outlet.ids(), [id(3)]);
        assert.equal((await state()).cursor.revision, 3);
      });
    }

    for (const change of ['switched on', 'moved to another host'] as const) {
      const apply = () =>
        transaction((tx) =>
          change === 'switched on' ? setConsumerActive(tx, ref, kind, true) : setConsumerHost(tx, ref, kind, 'other.example.com'),
        );

      it(`does not disable a consumer that was ${change} during the delivery that failed`, async () => {
        outlet.respond = async () => {
          if (outlet.attempts.length > 1) return delivered;
          await apply();
          return { ...failed, outcome: 'unauthorized' };
        };
        await commit();
        start();
        await arrived([id(3), id(3)]);
        assert.deepEqual([outlet.disabled, outlet.attempts[1]!.attempt], [[], 1]);
      });

      it(`does not disable a consumer that was ${change} after the delivery failed`, async () => {
        outlet.respond = () => (outlet.attempts.length > 1 ? delivered : { ...failed, outcome: 'gone' });
        outlet.beforeDisable = apply;
        await commit();
        start();
        await arrived([id(3), id(3)]);
        assert.deepEqual(outlet.disabled, []);
      });
    }

    it('skips an event that the receiver refuses', async () => {
      outlet.respond = ({ id: refused }) => (refused === id(3) ? { ...failed, outcome: 'refused' } : delivered);
      await commit();
      await commit();
      start();
      await arrived([id(3), id(4)]);
    });

    it('counts an attempt that throws as failed', async () => {
      outlet.respond = ({ attempt }) => {
        if (attempt === 1) throw new Error('a bug');
        return delivered;
      };
      await commit();
      start();
      await arrived([id(3), id(3)]);
    });

    it('skips the event that fails, and only a failing one', async () => {
      outlet.respond = ({ id: failing }) => (failing === id(3) ? failed : delivered);
      await commit(ref.orgId, 2);
      assert.equal(await transaction((tx) => moveConsumer(tx, ref, kind, 'skip')), false);
      start('a', { retrySeconds: [60] });
      await eventually(async () => assert.equal((await state()).attempts, 1));
      assert.equal(await transaction((tx) => moveConsumer(tx, ref, kind, 'skip')), true);
      await arrived([id(3), id(3, 1)]);
    });

    it('replays from a revision that is in the log', async () => {
      await commit();
      start();
      await arrived([id(3)]);
      assert.equal(await transaction((tx) => moveConsumer(tx, ref, kind, { fromRevision: 0 })), false);
      assert.equal(await transaction((tx) => moveConsumer(tx, ref, kind, { fromRevision: 4 })), false);
      assert.equal(await transaction((tx) => moveConsumer(tx, ref, kind, { fromRevision: 2 })), true);
      await arrived([id(3), id(2), id(3)]);
    });

    it('a replay during a delivery is not overwritten by its end', async () => {
      let finish = () => {};
      const held = new Promise<void>((resolve) => {
        finish = resolve;
      });
      outlet.respond = async () => {
        await held;
        return delivered;
      };
      await commit();
      start();
      await eventually(() => assert.equal(outlet.attempts.length, 1));
      await transaction((tx) => moveConsumer(tx, ref, kind, { fromRevision: 1 }));
      finish();
      await arrived([id(3), id(1), id(2), id(3)]);
      assert.equal(outlet.overlaps, 0);
    });

    it('disables a consumer whose events were removed from the log, and continues with the oldest one', async () => {
      for (let count = 0; count < 3; count++) await commit();
      await database.db.updateTable('org_heads').set({ floor_revision: 4 }).where('organization_id', '=', ref.orgId).execute();
      await sql`DELETE FROM change_log WHERE organization_id = ${ref.orgId} AND revision <= 4`.execute(database.db);
      start();
      await eventually(() => assert.deepEqual(outlet.disabled, ['history-pruned']));
      assert.deepEqual(outlet.ids(), []);
      await transaction((tx) => setConsumerActive(tx, ref, kind, true));
      await arrived([id(5)]);
    });

    it('delivers one event about another epoch, and continues at its head', async () => {
      for (let count = 0; count < 3; count++) await commit();
      await sql`UPDATE org_heads SET epoch = gen_random_uuid() WHERE organization_id = ${ref.orgId}`.execute(database.db);
      outlet.respond = ({ attempt }) => (attempt === 1 ? failed : delivered);
      start();
      await eventually(() =>
        assert.deepEqual(
          outlet.attempts.map(({ type }) => type),
          ['history.replaced', 'history.replaced'],
        ),
      );
      assert.equal(new Set(outlet.ids()).size, 1);
      await eventually(async () => assert.equal((await state()).behind, 0));
      outlet.respond = () => delivered;
      await commit();
      await eventually(() => assert.equal(outlet.ids().at(-1), id(6)));
      assert.equal(outlet.attempts.length, 3);
    });

    /** Restores a backup. The delivery of `history.replaced` fails. */
    async function replaceHistory(): Promise<void> {
      for (let count = 0; count < 3; count++) await commit();
      await sql`UPDATE org_heads SET epoch = gen_random_uuid() WHERE organization_id = ${ref.orgId}`.execute(database.db);
      outlet.respond = ({ type }) => (type === 'history.replaced' ? failed : delivered);
      start('a', { retrySeconds: [60] });
      await eventually(async () => assert.equal((await state()).attempts, 1));
    }

    it('skips an event about another epoch that fails, and continues at the head', async () => {
      await replaceHistory();
      assert.equal(await transaction((tx) => moveConsumer(tx, ref, kind, 'skip')), true);
      await commit();
      await eventually(() => assert.equal(outlet.ids().at(-1), id(6)));
      assert.deepEqual(
        outlet.attempts.map(({ type }) => type),
        ['history.replaced', 'team.created'],
      );
    });

    it('skips an event about lost commits that fails, and no event of a later revision', async () => {
      outlet.respond = ({ type }) => (type === 'history.replaced' ? failed : delivered);
      await database.db.updateTable('log_consumers').set({ revision: '4' }).execute();
      start('a', { retrySeconds: [60] });
      await eventually(async () => assert.equal((await state()).attempts, 1));
      await transaction(async (tx) => {
        // The skip command has a revision of its own.
        await tx.updateTable('org_heads').set({ revision: 3 }).where('organization_id', '=', ref.orgId).execute();
        assert.equal(await moveConsumer(tx, ref, kind, 'skip'), true);
      });
      await commit();
      await eventually(() => assert.equal(outlet.ids().at(-1), id(4)));
    });

    it('replays from a revision while an event about another epoch fails', async () => {
      await replaceHistory();
      assert.equal(await transaction((tx) => moveConsumer(tx, ref, kind, { fromRevision: 4 })), true);
      await eventually(() => assert.deepEqual(outlet.ids().slice(1), [id(4), id(5)]));
    });

    for (const outcome of [delivered, failed]) {
      it(`a replay while an event about another epoch is ${outcome.outcome} is not overwritten by its end`, async () => {
        await commit();
        await sql`UPDATE org_heads SET epoch = gen_random_uuid() WHERE organization_id = ${ref.orgId}`.execute(database.db);
        outlet.respond = async ({ type }) => {
          if (type !== 'history.replaced') return delivered;
          // The position stays the same, only in the other epoch.
          await transaction((tx) => moveConsumer(tx, ref, kind, { fromRevision: 3 }));
          return outcome;
        };
        start('a', { retrySeconds: [60] });
        await eventually(() => assert.deepEqual(outlet.ids().slice(1), [id(3)]));
        assert.equal(outlet.overlaps, 0);
      });
    }

    it('counts the failures before another epoch no longer', async () => {
      outlet.wants = (type) => type !== 'history.replaced';
      outlet.respond = () => failed;
      await commit();
      const runner = start('a', { retrySeconds: [0.01, 0.01, 0.01, 3_600, 3_600] });
      await eventually(async () => assert.equal((await state()).attempts, 4));
      await runner.stop();
      await sql`UPDATE org_heads SET epoch = gen_random_uuid() WHERE organization_id = ${ref.orgId}`.execute(database.db);
      await database.db.updateTable('log_consumers').set({ next_attempt_at: null }).execute();
      const next = start('b');
      await eventually(async () => assert.equal((await state()).behind, 0));
      assert.equal((await state()).attempts, 0);
      await next.stop();
    });

    it('reads a page of some 1,000 changes at a time, and delivers all of them', async () => {
      outlet.isPerRevision = true;
      for (let count = 0; count < 7; count++) await commit(ref.orgId, 400);
      const reads = new HeadReads(database.db);
      const [head] = await readHeads(database.db, [ref.orgId]);
      const page = await reads.readPage(head!, 3);
      assert.deepEqual(
        page.map(({ revision }) => revision),
        [3, 4, 5, 6],
      );
      assert.equal(await reads.readPage(head!, 6), page);
      const next = await Promise.all([reads.readPage(head!, 7), reads.readPage(head!, 7)]);
      assert.deepEqual(
        next.map(([first]) => first!.revision),
        [7, 7],
      );
      start();
      await eventually(() => assert.equal(outlet.attempts.length, 2_800));
      assert.equal(new Set(outlet.ids()).size, 2_800);
    });

    it('keeps the position of an active consumer that cannot be opened', async () => {
      outlet.isClosed = true;
      await commit();
      const runner = start();
      await eventually(async () => assert.notEqual((await state()).nextAttemptAt, null));
      await runner.stop();
      assert.deepEqual((await state()).cursor, { revision: 3, index: 0 });
      assert.deepEqual(outlet.ids(), []);
    });

    it('loses nothing and repeats at most the event in progress, if the instance dies at any statement', async () => {
      let isUnharmed = false;
      for (let statements = 0; !isUnharmed; statements++) {
        assert.ok(statements < 100, 'the instance never got through');
        outlet.attempts.length = 0;
        ref = await found();
        for (const events of [1, 2]) await commit(ref.orgId, events);
        const mortal = mortalDb(database.db, statements);
        const dying = start('dying', { db: mortal.db, isDead: mortal.isDead, times: { leaseMs: 150, renewMs: 60_000 } });
        await eventually(async () => assert.ok(mortal.isDead() || (await state()).behind === 0, 'it neither died nor finished'));
        isUnharmed = !mortal.isDead();
        const sent = outlet.attempts.length;
        await dying.stop();
        const heir = start('heir');
        await eventually(async () => assert.equal((await state()).behind, 0));
        await heir.stop();
        const expected = [id(3), id(4), id(4, 1)];
        const ids = outlet.ids();
        assert.deepEqual([...new Set(ids)], expected, `events after a death at statement ${statements}`);
        assert.ok(ids.length <= expected.length + 1, `${ids} after a death at statement ${statements}`);
        // Only the last event before the death is repeated.
        if (ids.length > expected.length) assert.equal(ids[sent], ids[sent - 1]);
        runners.length = 0;
      }
    });

    it('two instances share the consumers, and never deliver to the same one at once', async () => {
      const refs = [ref];
      for (let count = 0; count < 39; count++) refs.push(await found());
      outlet.respond = async () => {
        await new Promise((resolve) => setTimeout(resolve, 2));
        return delivered;
      };
      // Each instance finds more consumers than it can serve at once.
      for (const { orgId } of refs) await commit(orgId);
      const two = [start('a'), start('b')];
      for (let count = 1; count < 6; count++) {
        for (const { orgId } of refs) {
          await commit(orgId);
          two[count % 2]!.wake(orgId);
        }
      }
      await eventually(() => assert.equal(outlet.attempts.length, 6 * refs.length), { timeoutMs: 20_000 });
      assert.equal(outlet.overlaps, 0);
      for (const { orgId, recordId } of refs) {
        assert.deepEqual(
          outlet.ids(recordId),
          Array.from({ length: 6 }, (_, index) => `${orgId}.${index + 3}.0`),
        );
      }
      assert.equal(new Set(outlet.attempts.map(({ instance }) => instance)).size, 2);
    });

    it('continues on another instance after the lease of a frozen instance, whose late write changes nothing', async () => {
      let thaw = () => {};
      const frozen = new Promise<void>((resolve) => {
        thaw = resolve;
      });
      outlet.respond = async ({ instance }) => {
        if (instance === 'frozen') await frozen;
        return delivered;
      };
      await commit();
      const late = start('frozen', { pollMs: 60_000, times: { leaseMs: 200, renewMs: 60_000 } });
      await eventually(() => assert.equal(outlet.attempts.length, 1));
      start('other');
      for (let count = 0; count < 3; count++) await commit();
      await eventually(async () => assert.equal((await state()).behind, 0));
      assert.deepEqual(outlet.ids(), [id(3), id(3), id(4), id(5), id(6)]);
      thaw();
      await late.stop();
      assert.deepEqual((await state()).cursor, { revision: 7, index: 0 });
      const logged = await database.db.selectFrom('deliveries').select('event_id').where('organization_id', '=', ref.orgId).execute();
      assert.equal(logged.length, 4);
    });

    it('ends a delivery whose lease has passed before it repeats it', async () => {
      outlet.respond = (_attempt, signal) =>
        outlet.attempts.length > 1 ? delivered : new Promise((resolve) => signal.addEventListener('abort', () => resolve(failed)));
      await commit();
      start('a', { times: { leaseMs: 200, renewMs: 60_000 } });
      await arrived([id(3), id(3)]);
      await eventually(async () => assert.equal((await state()).behind, 0));
      assert.equal(outlet.overlaps, 0);
    });

    it('keeps its claim during a delivery that is longer than the lease', async () => {
      outlet.respond = async () => {
        await new Promise((resolve) => setTimeout(resolve, 600));
        return delivered;
      };
      await commit();
      start('a', { times: { leaseMs: 200, renewMs: 40 } });
      start('b', { times: { leaseMs: 200, renewMs: 40 } });
      await eventually(async () => assert.equal((await state()).behind, 0));
      assert.deepEqual(outlet.ids(), [id(3)]);
    });

    it('releases its claim when it stops, and aborts a delivery that does not end', async () => {
      let isAborted = false;
      outlet.respond = ({ instance }, signal) => {
        if (instance === 'b') return delivered;
        signal.addEventListener('abort', () => {
          isAborted = true;
        });
        return new Promise(() => {});
      };
      await commit();
      const stopped = start('a', { times: { stopMsMax: 50 } });
      await eventually(() => assert.equal(outlet.attempts.length, 1));
      await stopped.stop();
      assert.ok(isAborted, 'the delivery was not aborted');
      start('b');
      await arrived([id(3), id(3)]);
    });

    it('delivers to two consumers of one host at once, to at most four of one organization, and to 32 in all', async () => {
      const ofHost: ConsumerRef[] = [];
      for (let count = 0; count < 4; count++) ofHost.push(await found('busy.example:443'));
      const ofOrg = [ref];
      for (let count = 0; count < 5; count++) ofOrg.push(await addConsumer(`1${count}`));
      const others: ConsumerRef[] = [];
      for (let count = 0; count < 30; count++) others.push(await found(`other-${count}.example:443`));
      const all = [...ofHost, ...ofOrg, ...others];
      const inProgress = (refs: readonly ConsumerRef[]) => refs.filter(({ recordId }) => (outlet.inProgress.get(recordId) ?? 0) > 0).length;
      const most = { ofHost: 0, ofOrg: 0 };
      const finish: (() => void)[] = [];
      outlet.respond = () => {
        most.ofHost = Math.max(most.ofHost, inProgress(ofHost));
        most.ofOrg = Math.max(most.ofOrg, inProgress(ofOrg));
        return new Promise((resolve) => finish.push(() => resolve(delivered)));
      };
      for (const orgId of new Set(all.map((one) => one.orgId))) await commit(orgId);
      // No poll follows the first one: each delivery that ends makes room for others.
      start('a', { pollMs: 60_000 });
      await eventually(() => assert.equal(finish.length, 32));
      for (let ended = 0; ended < all.length; ended++) {
        await eventually(() => assert.ok(finish.length > 0, 'nothing is in progress'));
        finish.shift()!();
      }
      assert.deepEqual([outlet.attempts.length, outlet.mostAtOnce, most.ofHost], [all.length, 32, 2]);
      // Other organizations come first, so the third and the fourth consumer may have to wait for a
      // slot.
      assert.ok(most.ofOrg >= 2 && most.ofOrg <= 4, `${most.ofOrg} of one organization`);
    });

    it('leaves half of the slots, and one of each host, to organizations whose receivers respond fast', async () => {
      const host = 'shared.example:443';
      const fast = await found(host);
      const slow: ConsumerRef[] = [];
      for (let org = 0; org < 10; org++) {
        const first = await found(host);
        slow.push(first);
        for (let count = 1; count < 4; count++) slow.push(await addConsumer(`${count}${first.recordId}`, first.orgId));
      }
      const slowOrgIds = new Set(slow.map(({ orgId }) => orgId));
      const commitToSlow = async () => {
        for (const orgId of slowOrgIds) await commit(orgId);
      };
      outlet.respond = async () => {
        await new Promise((resolve) => setTimeout(resolve, 60));
        return delivered;
      };
      start('a', { times: { slowMs: 20 } });
      await commitToSlow();
      await eventually(() => assert.equal(outlet.attempts.length, slow.length));
      await eventually(() => assert.deepEqual(new Set(outlet.inProgress.values()), new Set([0])));
      const finish: (() => void)[] = [];
      outlet.respond = ({ ref: { orgId } }) =>
        slowOrgIds.has(orgId) ? new Promise((resolve) => finish.push(() => resolve(delivered))) : delivered;
      await commitToSlow();
      await eventually(() => assert.equal(finish.length, 16));
      for (let count = 1; count <= 3; count++) {
        await commit(fast.orgId);
        await eventually(() => assert.equal(outlet.ids(fast.recordId).length, count));
      }
      assert.equal(finish.length, 16, 'slow organizations took more than half of the slots');
      outlet.respond = () => delivered;
      for (const one of finish) one();
      await eventually(() => assert.equal(outlet.attempts.length, 2 * slow.length + 3));
    });

    it('serves organizations in turn, and skips consumers of a busy host', async () => {
      const [host, busyHost] = ['free.example:443', 'busy.example:443'];
      const last = await found(host);
      const many: ConsumerRef[] = [];
      for (let count = 0; count < 6; count++) many.push(await addConsumer(`1${count}`, ref.orgId, count < 5 ? busyHost : host));
      for (const { orgId } of [ref, last]) await commit(orgId);
      // The other organization was served after all consumers of the first one.
      for (const [minutes, { orgId, recordId }] of [last, ...many.toReversed(), ref].entries()) {
        await sql`UPDATE log_consumers SET leased_until = now() - make_interval(mins => ${minutes + 1})
          WHERE organization_id = ${orgId} AND consumer = ${`${kind}:${recordId}`}`.execute(database.db);
      }
      const claim = async (limit: number, busy: readonly Claim[] = []) => {
        const limits = { perOrgMax: 3, perHostMax: 2, limit };
        return claimConsumers(database.db, 60_000, { kinds: [kind], orgIds: null, exceptOrgIds: [], busy, ...limits });
      };
      const idsOf = (claims: readonly Claim[]) => claims.map(({ recordId }) => recordId).sort();
      const first = await claim(2);
      assert.deepEqual(idsOf(first), [ref.recordId, last.recordId].sort(), 'one organization was served twice');
      // Two consumers of the busy host come first, and the third claim skips the others.
      const [one, two] = await claim(2, first);
      assert.deepEqual(idsOf([one!, two!]), ['10', '11']);
      assert.deepEqual(await claim(9, [...first, one!, two!]), [], 'the organization has too many claims');
      assert.deepEqual(idsOf(await claim(9, [one!, two!])), ['15']);
    });

    it('10,000 idle consumers cost no statement besides the poll', async () => {
      await sql`INSERT INTO org_heads (organization_id) SELECT 100000 + number FROM generate_series(1, 10000) AS number`.execute(
        database.db,
      );
      await sql`INSERT INTO log_consumers (organization_id, consumer, epoch, revision)
        SELECT organization_id, 'webhook:1', epoch::text, 1 FROM org_heads WHERE organization_id > 100000`.execute(database.db);
      const { db, statements } = countedDb(database.db);
      const runner = start('a', { db });
      let count = 0;
      polls.at(-1)!.add({
        isDue: sql<boolean>`false`,
        async poll() {
          count++;
        },
      });
      await eventually(async () => {
        const [statementsBefore, countBefore] = [statements(), count];
        await eventually(() => assert.ok(count >= countBefore + 10, `${count - countBefore} polls`));
        assert.equal(statements(), statementsBefore);
      });
      await runner.stop();
    });
  });
}

/** The database, with a count of its statements. */
function countedDb(db: Db): { readonly db: Db; statements(): number } {
  let count = 0;
  const counted = db.withPlugin({
    transformQuery: ({ node }) => {
      count++;
      return node;
    },
    transformResult: async ({ result }) => result,
  });
  return { db: counted, statements: () => count };
}

/** A database whose claims of consumers arrive late. Deliveries end in between. */
function slowClaimsDb(db: Db): Db {
  const claims = new WeakSet<object>();
  return db.withPlugin({
    transformQuery: ({ node, queryId }) => {
      if (JSON.stringify(node).includes('WITH lagging')) claims.add(queryId);
      return node;
    },
    transformResult: async ({ result, queryId }) => {
      if (claims.has(queryId)) await sleep(50);
      return result;
    },
  });
}

/** A database of an instance that dies when the given statement has been executed. */
function mortalDb(db: Db, statements: number): { readonly db: Db; isDead(): boolean } {
  let executed = 0;
  let isDead = false;
  const mortal = db.withPlugin({
    transformQuery: ({ node }) => {
      if (isDead) throw new Error('killed');
      return node;
    },
    transformResult: async ({ result }) => {
      if (executed++ === statements) isDead = true;
      if (isDead) throw new Error('killed');
      return result;
    },
  });
  return { db: mortal, isDead: () => isDead };
}
