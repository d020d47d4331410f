import assert from 'node:assert/strict';
import { type Kysely, sql } from 'kysely';
import { openPostgres } from '../../../server/src/database/connections/database-postgres.ts';
import type { Database } from '../../../server/src/database/database.ts';
import { DuePolls, type DueWork } from '../../../server/src/database/due-polls.ts';
import type { Schema } from '../../../server/src/database/schema.ts';
import { createLog, type Log } from '../../../server/src/runtime/log.ts';
import { newEpochs } from '../../support/backup.ts';
import { eventually } from '../../support/eventually.ts';
import { aMigratedDatabase } from '../../support/migrated-database.ts';
import { sharedPostgres, type TestDatabase } from '../../support/postgres.ts';

const log = createLog('silent');

describe('polls of due work', () => {
  let testDatabase: TestDatabase;
  let database: Database;
  let polls: DuePolls;
  let statements = 0;
  let failures = 0;

  before(async () => {
    testDatabase = await (await sharedPostgres()).createDatabase();
    database = openPostgres(`${testDatabase.url}?lock_timeout=100`, log);
    await sql`CREATE TABLE work (kind text)`.execute(database.db);
  });
  beforeEach(() => {
    const counted: Kysely<Schema> = database.reads.withPlugin({
      transformQuery: ({ node }) => node,
      transformResult: async ({ result }) => {
        statements++;
        return result;
      },
    });
    const counting = { warn: () => failures++ } as unknown as Log;
    polls = new DuePolls(counted, counting, 5);
    statements = 0;
    failures = 0;
  });
  afterEach(async () => {
    await polls.stop();
    await sql`DELETE FROM work`.execute(database.db);
  });
  after(async () => {
    await database?.close();
    await testDatabase?.drop();
  });

  const addWork = (kind: string) => sql`INSERT INTO work VALUES (${kind})`.execute(database.db);

  function recorded(kind: string, polled: boolean[], until: Promise<void> = Promise.resolve()): DueWork {
    return {
      isDue: sql<boolean>`EXISTS (SELECT FROM work WHERE kind = ${kind})`,
      async poll(isDue) {
        polled.push(isDue);
        await until;
      },
    };
  }

  it('look for all kinds with one statement, and report each kind to its own work', async () => {
    const [mails, exports]: [boolean[], boolean[]] = [[], []];
    polls.add(recorded('mail', mails));
    polls.add(recorded('export', exports));
    polls.start();
    await eventually(() => assert.ok(mails.length >= 3, `${mails.length} polls`));
    await addWork('export');
    await eventually(() => assert.equal(exports.at(-1), true));
    await polls.stop();
    assert.deepEqual([...new Set(mails)], [false]);
    assert.equal(exports[0], false);
    assert.equal(statements, mails.length);
    assert.equal(statements, exports.length);
  });

  it('poll no work twice at a time, and other work during it', async () => {
    const [slow, other]: [boolean[], boolean[]] = [[], []];
    let resolve = () => {};
    const promise = new Promise<void>((resolvePromise) => {
      resolve = resolvePromise;
    });
    const added = polls.add(recorded('slow', slow, promise));
    polls.add(recorded('other', other));
    polls.start();
    await eventually(() => assert.ok(other.length >= 3, `${other.length} polls`));
    assert.equal(slow.length, 1);

    let isRemoved = false;
    const removed = added[Symbol.asyncDispose]().then(() => {
      isRemoved = true;
    });
    const before = other.length;
    await eventually(() => assert.ok(other.length > before, 'the other work is not polled'));
    assert.equal(isRemoved, false);
    resolve();
    await removed;
    assert.equal(slow.length, 1);
  });

  it('poll all kinds if the statement fails, because a locked table is that of one kind only', async () => {
    const [locked, other]: [boolean[], boolean[]] = [[], []];
    polls.add({ ...recorded('locked', locked), isDue: sql<boolean>`EXISTS (SELECT FROM locked_work)` });
    polls.add(recorded('other', other));
    await sql`CREATE TABLE locked_work ()`.execute(database.db);
    await database.db.transaction().execute(async (tx) => {
      await sql`LOCK TABLE locked_work`.execute(tx);
      polls.start();
      await eventually(() => assert.equal(other.at(-1), true));
    });
    await eventually(() => assert.equal(other.at(-1), false));
    assert.equal(locked.at(-1), false);
    assert.ok(failures > 0, 'no failure');
  });

  it('[H-81] poll no kind while the database is not trusted, log that once, and then continue', async () => {
    const sealed = await aMigratedDatabase();
    const opened = openPostgres(sealed.url, log);
    const polled: boolean[] = [];
    let looks = 0;
    const reads = new Proxy(opened.reads, {
      get(target, name) {
        if (name === 'executeQuery') looks++;
        const value = Reflect.get(target, name);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
    polls = new DuePolls(reads, { warn: () => failures++ } as unknown as Log, 5);
    try {
      await opened.trust.begin(AbortSignal.timeout(10_000));
      await sql`UPDATE server_values SET value = value WHERE name = 'installation'`.execute(opened.probes);
      await eventually(() => assert.rejects(opened.trust.confirm()));
      polls.add({ isDue: sql<boolean>`false`, poll: async (isDue) => void polled.push(isDue) });
      polls.start();
      await eventually(() => assert.ok(looks >= 3, `${looks} looks`));
      assert.deepEqual([polled, failures], [[], 1]);
      await sql.raw(newEpochs).execute(opened.probes);
      await eventually(() => assert.equal(polled.at(-1), false));
    } finally {
      await polls.stop();
      await opened.close();
      await sealed.drop();
    }
  });

  it('continue after the database failed', async () => {
    const polled: boolean[] = [];
    await sql`ALTER TABLE work RENAME TO hidden`.execute(database.db);
    polls.add(recorded('mail', polled));
    polls.start();
    await eventually(() => assert.ok(failures > 0, 'no failure'));
    await sql`ALTER TABLE hidden RENAME TO work`.execute(database.db);
    await eventually(() => assert.equal(polled.at(-1), false));
  });
});
