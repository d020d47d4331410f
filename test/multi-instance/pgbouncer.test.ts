import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { eventually } from '../support/eventually.ts';
import { anAccount, logIn } from '../support/log-in.ts';
import { findPgBouncer, type PgBouncer, startPgBouncer } from '../support/pgbouncer.ts';
import { sharedPostgres, type TestDatabase } from '../support/postgres.ts';
import { startProcess } from '../support/process.ts';
import { addMember, anOrganizationOf, aPerson, type Person, type ProvisionedOrg, revisionOf } from '../support/provision.ts';
import { makeTemporaryDirectory } from '../support/run-directory.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { skipBecause } from '../support/skip.ts';
import { WireReplica } from '../support/wire-replica.ts';

/**
 * The connections of the pooler, fewer than two instances request, so that each transaction may get
 * another one.
 */
const connectionsMax = 6;
const atOnce = 8;
const rounds = 5 * atOnce;
/** The settings that docs/operating/database.md names, and no others. */
const documented = { pool_mode: 'transaction', max_prepared_statements: 200 };

describe('two instances behind a PgBouncer', () => {
  const command = findPgBouncer();
  let database: TestDatabase;
  const secret = randomBytes(24).toString('hex');
  before(async function () {
    if (!command && process.env.CI !== 'true') skipBecause(this, 'there is no pgbouncer: apt-get install pgbouncer');
    database = await (await sharedPostgres()).createDatabase();
  });
  after(() => database?.drop());

  const startBouncer = async (settings: Readonly<Record<string, string | number>>) =>
    startPgBouncer(command!, (await sharedPostgres()).port, { default_pool_size: connectionsMax, ...settings });

  describe('transaction mode', () => {
    let bouncer: PgBouncer;
    let servers: TestServer[];
    let owner: Person;
    let org: ProvisionedOrg;

    before(async () => {
      bouncer = await startBouncer(documented);
      const environment = {
        DATABASE_URL: bouncer.urlOf(database.url),
        SECRET: secret,
        OPERATOR_TOKEN: randomBytes(24).toString('hex'),
      };
      // Concurrently: one instance runs the migrations, and the other waits.
      servers = await Promise.all([startServer(environment), startServer(environment)]);
      owner = await aPerson(servers[0]!);
      org = await anOrganizationOf(servers[0]!, owner);
    });
    after(async () => {
      for (const server of servers ?? []) await server.stop();
      await bouncer?.stop();
    });

    it('[H-33] work as without PgBouncer: migrate, write, read, push, log in and end access', async () => {
      const [first, second] = servers as [TestServer, TestServer];
      const replicas = await Promise.all(servers.map(({ url }) => WireReplica.open(url, owner.token, org.slug)));
      const member = await aPerson(first);
      await addMember(second, org, member, 'member');
      const own = await WireReplica.open(second.url, member.token, org.slug);

      // Uses each statement more often than is needed to prepare it, on both instances
      // concurrently.
      const round = async (number: number) => {
        const [writer, reader] = number % 2 === 0 ? [first, second] : [second, first];
        const team = await writer.request('POST', `/api/0/organizations/${org.slug}/teams/`, {
          token: owner.token,
          headers: { 'Idempotency-Key': `key-${number}` },
          body: { slug: `team-${number}` },
        });
        assert.equal(team.status, 201, JSON.stringify(team.body));
        const renamed = await writer.request('PUT', `/api/0/teams/${org.slug}/team-${number}/`, {
          token: owner.token,
          body: { name: 'Renamed' },
        });
        assert.equal(renamed.status, 200, JSON.stringify(renamed.body));
        const read = await reader.request('GET', `/api/0/organizations/${org.slug}/members/`, { token: owner.token });
        assert.equal(read.status, 200, JSON.stringify(read.body));
        return revisionOf(renamed);
      };
      let last = 0;
      for (let number = 0; number < rounds; number += atOnce) {
        const batch = Array.from({ length: atOnce }, (_, index) => round(number + index));
        last = Math.max(last, ...(await Promise.all(batch)));
      }
      for (const replica of replicas) {
        await replica.reach(last);
        assert.equal([...replica.state.all()].filter(({ kind }) => kind === 'team').length, rounds);
      }

      const cookie = await logIn(second, await anAccount(first));
      assert.equal((await first.request('GET', '/api/0/auth/', { cookie })).status, 200);
      const left = await first.request('DELETE', `/api/0/organizations/${org.slug}/members/${member.memberId}/`, { token: owner.token });
      assert.equal(left.status, 204);
      await eventually(() => assert.ok(own.revoked, 'access has not ended'));
      for (const replica of replicas) replica.close();
      own.close();
      for (const server of servers) {
        const ready = await server.request('GET', '/readyz');
        assert.equal(ready.status, 200, JSON.stringify(ready.body));
      }
    });

    it('[H-33] leave no state on connections that other clients get next', async () => {
      const client = new pg.Client(bouncer.urlOf(database.url));
      await client.connect();
      try {
        assert.deepEqual((await client.query('SHOW lock_timeout')).rows, [{ lock_timeout: '0' }]);
        await eventually(async () => {
          const { rows } = await client.query(
            `SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
          );
          assert.deepEqual(rows, []);
        });
      } finally {
        await client.end();
      }
    });

    it('[H-33] respond only with 503 while the connections behind it are lost, and then recover', async () => {
      const [first] = servers as [TestServer];
      const write = () => first.request('PUT', `/api/0/organizations/${org.slug}/`, { token: owner.token, body: { name: 'Renamed' } });
      const client = new pg.Client((await sharedPostgres()).url);
      await client.connect();
      await client.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1`, [database.name]);
      await client.end();
      const statuses = new Set<number>();
      await eventually(async () => {
        const { status } = await write();
        statuses.add(status);
        assert.equal(status, 200);
      });
      assert.ok(!statuses.has(500), [...statuses].join());
    });
  });

  const start = (databaseUrl: string) =>
    startProcess(['start'], {
      DATABASE_URL: databaseUrl,
      PORT: '0',
      SECRET: secret,
      DATA_DIR: makeTemporaryDirectory('pgbouncer'),
    });

  it('[H-33] refuse to start if prepared statements are off, with one line that names the setting', async () => {
    const bouncer = await startBouncer({ ...documented, max_prepared_statements: 0 });
    try {
      const server = start(bouncer.urlOf(database.url));
      assert.equal((await server.exit).code, 1);
      assert.match(
        server.stderr,
        /^rollcall: DATABASE_URL points to a pooler [^\n]*Set max_prepared_statements = 200 in PgBouncer[^\n]*\n$/,
      );
      assert.equal(server.stdout, '');
    } finally {
      await bouncer.stop();
    }
  });

  it('[H-33] refuse to start, with one line, if a pooler allows no transactions', async () => {
    const bouncer = await startBouncer({ ...documented, pool_mode: 'statement' });
    try {
      const server = start(bouncer.urlOf(database.url));
      assert.equal((await server.exit).code, 1);
      assert.match(
        server.stderr,
        /^rollcall: DATABASE_URL points to a pooler that does not allow transactions [^\n]*pool_mode = transaction[^\n]*\n$/,
      );
    } finally {
      await bouncer.stop();
    }
  });

  it('[H-33] start in session mode, without prepared statements too', async () => {
    const bouncer = await startBouncer({ pool_mode: 'session', max_prepared_statements: 0, default_pool_size: 40 });
    try {
      const server = start(bouncer.urlOf(database.url));
      await server.waitForLine(/ is ready on /, 30_000);
      await server.kill();
    } finally {
      await bouncer.stop();
    }
  });
});
