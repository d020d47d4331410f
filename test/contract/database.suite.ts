import assert from 'node:assert/strict';
import { sql } from 'kysely';
import { anyOf } from '../../server/src/database/any-of.ts';
import type { Database, Tx } from '../../server/src/database/database.ts';
import { migrateUp } from '../../server/src/database/migrations/migrate.ts';
import { readMigrationStates } from '../../server/src/database/migrations/migration-states.ts';
import { prepared } from '../../server/src/database/prepared.ts';
import { readCallerStateWithTeam } from '../../server/src/database/records/caller-state-read.ts';
import { measureRecords } from '../../server/src/database/records/records-in-pages.ts';
import { readTeams } from '../../server/src/database/records/records-read.ts';
import { pipeline, TransactionChain, transact } from '../../server/src/database/transact.ts';
import { isRetryable, violatedUnique } from '../../server/src/database/translate-error.ts';
import { authenticateTokenIn, authenticateTokens } from '../../server/src/identity/identity-own.ts';
import { readTeamFacts } from '../../server/src/read-path/queries/teams/team-facts.ts';

/** The contract of every database, embedded or a server. `open` creates an empty one. */
export function describeDatabaseContract(name: string, open: () => Promise<{ database: Database; dispose(): Promise<void> }>): void {
  describe(`database: ${name}`, () => {
    let database: Database;
    let dispose: () => Promise<void>;
    before(async () => {
      ({ database, dispose } = await open());
      await migrateUp(database);
    });
    after(() => dispose());

    it('every migration runs once', async () => {
      assert.deepEqual(await migrateUp(database), []);
      for (const { name: migration, executedAt } of await readMigrationStates(database.db))
        assert.ok(executedAt, `${migration} did not run`);
    });

    it('int8 is read as text, and dates with their microseconds', async () => {
      const { rows } = await sql`SELECT 9007199254740993::int8 AS id, '2020-09-14 17:28:14.933511+00'::timestamptz AS at`.execute(
        database.db,
      );
      assert.deepEqual(rows, [{ id: '9007199254740993', at: '2020-09-14T17:28:14.933511Z' }]);
    });

    it('a date can be written as it was read', async () => {
      const { rows } = await sql<{
        same: boolean;
      }>`SELECT ${'2020-09-14T17:28:14.933511Z'}::timestamptz = '2020-09-14 17:28:14.933511+00' AS same`.execute(database.db);
      assert.equal(rows[0]?.same, true);
    });

    it('[W1] a second writer of a row waits for the first, and then sees what it wrote', async () => {
      const order: string[] = [];
      const raise = (writer: string) =>
        database.db.transaction().execute(async (tx) => {
          const { rows } = await sql<{ revision: string }>`SELECT revision FROM org_heads WHERE organization_id = 0 FOR UPDATE`.execute(tx);
          order.push(`${writer} locked at ${rows[0]!.revision}`);
          await sql`UPDATE org_heads SET revision = revision + 1 WHERE organization_id = 0`.execute(tx);
        });
      await Promise.all([raise('a'), raise('b')]);
      assert.deepEqual(
        order.map((line) => line.slice(2)),
        ['locked at 0', 'locked at 1'],
      );
    });

    it('[W4] a failed transaction leaves nothing behind', async () => {
      const failed = database.db.transaction().execute(async (tx) => {
        await sql`INSERT INTO users (email) VALUES ('gone@example.com')`.execute(tx);
        throw new Error('refused');
      });
      await assert.rejects(failed, /refused/);
      const users = await database.db.selectFrom('users').select('id').where('email', '=', 'gone@example.com').execute();
      assert.deepEqual(users, []);
    });

    it('[W2] queries that are pipelined with a lock see everything that was committed before the lock was acquired', async () => {
      const read: string[] = [];
      const take = (writer: string) =>
        transact(database.db, async (tx) => {
          const [, { rows }] = await Promise.all([
            sql`SELECT 1 FROM org_heads WHERE organization_id = 0 FOR UPDATE`.execute(tx),
            sql<{ count: string }>`SELECT count(*) FROM users WHERE email LIKE '%@behind.example.com'`.execute(tx),
          ]);
          read.push(rows[0]!.count);
          await sql`INSERT INTO users (email) VALUES (${`${writer}@behind.example.com`})`.execute(tx);
        });
      await Promise.all(['a', 'b', 'c'].map(take));
      assert.deepEqual(read, ['0', '1', '2']);
    });

    it('[W1] [W4] a failed statement that was not awaited prevents the commit, and is named in the error', async () => {
      const count = async () => (await sql`SELECT 1 FROM users WHERE email LIKE '%@together.example.com'`.execute(database.db)).rows.length;
      const insert = (tx: Tx, email: string) => sql`INSERT INTO users (email) VALUES (${email})`.execute(tx);
      const failed = transact(database.db, async (tx) => {
        for (const name of ['one', 'same', 'same', 'other']) insert(tx, `${name}@together.example.com`).catch(() => {});
      });
      await assert.rejects(failed, (error) => violatedUnique(error) !== null);
      assert.equal(await count(), 0);
      await transact(database.db, async (tx) => {
        for (const name of ['one', 'other']) insert(tx, `${name}@together.example.com`).catch(() => {});
      });
      assert.equal(await count(), 2);
    });

    it('[W4] the failure of the first statement is the error, not those of the statements after it', async () => {
      const failed = transact(database.db, async (tx) => {
        for (const divisor of [0, 1, 1]) pipeline(sql`SELECT 1 / ${divisor}::integer`.execute(tx));
      });
      await assert.rejects(failed, /division by zero/);
    });

    it('[W4] no transaction begins in another one, which its COMMIT would end', async () => {
      const failed = transact(database.db, async (tx) => {
        await sql`INSERT INTO users (email) VALUES ('outer@example.com')`.execute(tx);
        await transact(tx, async () => {});
      });
      await assert.rejects(failed, /cannot begin in another/);
      const users = await database.db.selectFrom('users').select('id').where('email', '=', 'outer@example.com').execute();
      assert.deepEqual(users, []);
    });

    it('[W4] a finished transaction accepts no statement', async () => {
      let late: () => Promise<unknown> = () => assert.fail('not yet');
      const failed = transact(database.db, async (tx) => {
        late = () => sql`INSERT INTO users (email) VALUES ('late@example.com')`.execute(tx);
        throw new Error('refused');
      });
      await assert.rejects(failed, /refused/);
      await assert.rejects(late(), /has ended/);
    });

    describe('a chain of transactions', () => {
      const insert = (tx: Tx, name: string) => sql`INSERT INTO users (email) VALUES (${`${name}@chain.example.com`})`.execute(tx);
      const inserted = async () => {
        const { rows } = await sql<{ email: string }>`SELECT email FROM users WHERE email LIKE '%@chain.example.com' ORDER BY id`.execute(
          database.db,
        );
        return rows.map(({ email }) => email.slice(0, email.indexOf('@')));
      };
      afterEach(() => sql`DELETE FROM users WHERE email LIKE '%@chain.example.com'`.execute(database.db));

      it('[W2] sends a transaction behind the COMMIT of the one before, on its connection, and sees what it wrote', async () => {
        const chain = new TransactionChain();
        const order: string[] = [];
        const pids: number[] = [];
        const write = async (name: string, next: () => void) => {
          await chain.transact(
            database,
            async (tx) => {
              order.push(`${name} begins`);
              const { rows } = await sql<{ pid: number; count: string }>`
                SELECT pg_backend_pid() AS pid, count(*) FROM users WHERE email LIKE '%@chain.example.com'`.execute(tx);
              pids.push(rows[0]!.pid);
              order.push(`${name} sees ${rows[0]!.count}`);
              await insert(tx, name);
            },
            next,
          );
          order.push(`${name} is committed`);
        };
        await new Promise<void>((resolve, reject) => {
          const first = write('a', () => write('b', () => {}).then(() => first.then(resolve), reject));
          first.catch(reject);
        });
        assert.deepEqual(order, ['a begins', 'a sees 0', 'b begins', 'a is committed', 'b sees 1', 'b is committed']);
        assert.equal(new Set(pids).size, 1);
      });

      it('[W4] undoes only the transaction in which a statement failed', async () => {
        const chain = new TransactionChain();
        let behind: Promise<unknown> = Promise.resolve();
        const failed = chain.transact(
          database,
          async (tx) => {
            for (const name of ['same', 'same']) pipeline(insert(tx, name));
          },
          () => {
            behind = chain.transact(
              database,
              (tx) => insert(tx, 'behind'),
              () => {},
            );
          },
        );
        await assert.rejects(failed, (error) => violatedUnique(error) !== null);
        await behind;
        assert.deepEqual(await inserted(), ['behind']);
      });

      it('[W4] never mixes the statements of two transactions that begin behind the same COMMIT', async () => {
        const chain = new TransactionChain();
        const write = (name: string, isRefused: boolean, onCommitSent = () => {}) =>
          chain.transact(
            database,
            async (tx) => {
              await insert(tx, `${name} 1`);
              await insert(tx, `${name} 2`);
              if (isRefused) throw new Error('refused');
            },
            onCommitSent,
          );
        let behind: Promise<PromiseSettledResult<void>[]> = Promise.resolve([]);
        await write('a', false, () => {
          behind = Promise.allSettled([write('b', true), write('c', false)]);
        });
        assert.deepEqual(
          (await behind).map(({ status }) => status),
          ['rejected', 'fulfilled'],
        );
        assert.deepEqual((await inserted()).sort(), ['a 1', 'a 2', 'c 1', 'c 2']);
      });

      it('lets others take the connection while the chain goes on', async () => {
        const chain = new TransactionChain();
        let other: Promise<void> | null = null;
        let hasBegun = false;
        let begun = 0;
        await new Promise<void>((resolve, reject) => {
          const next = () => {
            const isLast = hasBegun || ++begun > 10_000;
            const writing = chain.transact(
              database,
              (tx) => sql`SELECT 1`.execute(tx),
              () => isLast || next(),
            );
            writing.then(() => isLast && resolve(), reject);
            // An embedded database has a single connection, which the chain uses.
            other ??= transact(database.db, async () => {
              hasBegun = true;
            });
          };
          next();
        });
        assert.ok(hasBegun, 'the other transaction did not begin before the chain ended');
        await other;
      });
    });

    it('simultaneous queries each get their result, also after one of them failed', async () => {
      const look = (text: string) => sql<{ n: number }>`SELECT ${text}::text::int AS n`.execute(database.lookups);
      const answers = await Promise.allSettled(['1', '2', 'three', '4'].map(look));
      assert.deepEqual(
        answers.map((answer) => (answer.status === 'fulfilled' ? answer.value.rows[0]?.n : 'failed')),
        [1, 2, 'failed', 4],
      );
      assert.equal((await look('5')).rows[0]?.n, 5);
      assert.equal(database.pool().waiting, 0);
    });

    it('the error for a duplicate names the violated constraint', async () => {
      await sql`INSERT INTO users (email) VALUES ('Twice@example.com')`.execute(database.db);
      const again = sql`INSERT INTO users (email) VALUES ('twice@example.com')`.execute(database.db);
      await assert.rejects(again, (error) => violatedUnique(error) === 'users_email_key' && !isRetryable(error));
    });

    it('a small, frequent statement keeps its plan for all values', async () => {
      await database.db.connection().execute(async (one) => {
        const find = async (count: number) => {
          const emails = Array.from({ length: count }, (_, index) => `plan-${index}@example.com`);
          await one.selectFrom('users').select('id').where('email', '=', anyOf('text', emails)).execute();
        };
        const countPlans = async () => {
          const plans = sql`SELECT 1 FROM pg_prepared_statements WHERE statement LIKE '%"email" = any%' AND from_sql = false`;
          return (await plans.execute(one)).rows.length;
        };
        for (let use = 0; use < 4; use++) await find(201);
        assert.equal(await countPlans(), 0);
        for (const count of [200, 3, 0]) await find(count);
        assert.equal(await countPlans(), 1);
      });
    });

    it('statements for one value are not planned again for each value', async () => {
      await database.db.connection().execute(async (one) => {
        // In a small table, PostgreSQL keeps the plan for an array as well.
        await sql`INSERT INTO teams (id, organization_id, slug, name, flags, date_created)
          SELECT number, 1, 'team-' || number, '', '{}', now() FROM generate_series(1, 5000) AS number`.execute(one);
        await sql`ANALYZE teams`.execute(one);
        for (let use = 0; use < 10; use++) {
          await one
            .selectFrom('users')
            .select('id')
            .where('id', '=', anyOf('bigint', [String(use)]))
            .execute();
          await authenticateTokens(one, [`token-${use}`]);
          await authenticateTokenIn(one, `token-${use}`, `slug-${use}`, async () => {});
          await authenticateTokenIn(one, `token-${use}`, String(use), async () => {});
          await readCallerStateWithTeam(one, '1', '1', `team-${use}`);
          await readCallerStateWithTeam(one, '1', '1', String(use));
          await readTeamFacts(one, '1', [String(use)], null);
          await readTeams(one, '1', { ids: [String(use)] });
          await readTeams(one, '1', { slugs: [`team-${use}`] });
          await measureRecords(one, [String(use)]);
        }
        const { rows } = await sql`SELECT statement FROM pg_prepared_statements WHERE custom_plans > 5`.execute(one);
        assert.deepEqual(rows, []);
      });
    });

    it('a prebuilt statement runs with new values each time', async () => {
      let builds = 0;
      const select = prepared((db, text: string | null, numbers: readonly string[]) => {
        builds++;
        return sql<{ text: string | null; isThere: boolean }>`
          SELECT ${text}::text AS text, ${'2'}::bigint = ${anyOf('bigint', numbers)} AS "isThere"`.compile(db);
      });
      assert.deepEqual(await select(database.db, 'one', ['1', '2']), [{ text: 'one', isThere: true }]);
      const inside = database.db.transaction().execute((tx) => select(tx, null, []));
      assert.deepEqual(await inside, [{ text: null, isThere: false }]);
      assert.equal(builds, 1);
    });

    it('[R5] all statements of a repeatable-read transaction see the same snapshot', async () => {
      const read = database.db
        .transaction()
        .setIsolationLevel('repeatable read')
        .execute(async (tx) => {
          const count = () => sql<{ n: string }>`SELECT count(*) AS n FROM users`.execute(tx);
          const first = await count();
          const other = sql`INSERT INTO users (email) VALUES ('meanwhile@example.com')`.execute(database.db);
          // An embedded database runs one transaction at a time, so the other one waits for this
          // one.
          if (database.kind === 'postgresql') await other;
          const second = await count();
          return { first: first.rows[0]!.n, second: second.rows[0]!.n, other };
        });
      const { first, second, other } = await read;
      await other;
      assert.equal(first, second);
    });
  });
}
