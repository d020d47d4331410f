import assert from 'node:assert/strict';
import http from 'node:http';
import pg from 'pg';
import { eventually } from '../../support/eventually.ts';
import { sharedPostgres, type TestDatabase } from '../../support/postgres.ts';
import { anOrganizationOf, aPerson, type ProvisionedOrg } from '../../support/provision.ts';
import { startServer, type TestServer } from '../../support/server.ts';

/** The connections for commands of an instance. */
const commandConnections = 10;

describe('readiness probes', () => {
  let database: TestDatabase;
  let server: TestServer;
  let org: ProvisionedOrg;
  let admin: pg.Client;

  before(async () => {
    database = await (await sharedPostgres()).createDatabase();
    server = await startServer({ DATABASE_URL: database.url, LOG_LEVEL: 'silent' });
    org = await anOrganizationOf(server, await aPerson(server));
    admin = new pg.Client({ connectionString: database.url });
    await admin.connect();
  });
  after(async () => {
    await admin?.end();
    await server?.stop();
    await database?.drop();
  });

  const probe = (path = '/readyz', agent?: http.Agent) =>
    new Promise<number>((resolve, reject) => {
      http
        .get(`${server.url}${path}`, { agent }, (response) => response.resume().on('end', () => resolve(response.statusCode!)))
        .on('error', reject);
    });
  const migrationReads = async () => {
    const { rows } = await admin.query(
      "select coalesce(sum(idx_scan + seq_scan), 0)::int as reads from pg_stat_user_tables where relname = 'kysely_migration'",
    );
    return rows[0].reads as number;
  };

  it('[H-04] share one response for a second, for any number of probes', async () => {
    const agent = new http.Agent({ keepAlive: true, maxSockets: 50 });
    const before = await migrationReads();
    const startedAt = performance.now();
    for (let round = 0; round < 10; round++) {
      const statuses = await Promise.all(Array.from({ length: 100 }, () => probe('/readyz', agent)));
      assert.deepEqual(new Set(statuses), new Set([200]));
    }
    const seconds = (performance.now() - startedAt) / 1_000;
    agent.destroy();
    // Statistics arrive with a delay, and a response takes more than one read of the table.
    const reads = (await migrationReads()) - before;
    assert.ok(reads <= 4 * (seconds + 2), `${reads} looks at the migrations in ${seconds} s`);
  });

  it('[H-04] get a response while every connection for commands waits', async () => {
    await admin.query('begin');
    await admin.query('select from org_heads where organization_id = $1 for update', [org.id]);
    const others = await Promise.all(
      Array.from({ length: commandConnections - 1 }, async () => anOrganizationOf(server, org.owner).catch(() => null)),
    );
    const assertWriteWaits = async () => {
      const { rows } = await admin.query("select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'");
      assert.ok(rows.length > 0, 'no write waits for the lock');
    };
    const put = () => server.request('PUT', `/api/0/organizations/${org.slug}/`, { token: org.owner.token, body: { name: 'Later' } });
    const writes = [put(), ...others.filter((other) => other !== null).map(put)];
    try {
      await eventually(assertWriteWaits);
      const statuses = await Promise.all(Array.from({ length: 500 }, () => probe()));
      assert.deepEqual(new Set(statuses), new Set([200]));
      await assertWriteWaits();
    } finally {
      await admin.query('rollback');
    }
    const answers = await Promise.all(writes);
    assert.ok(answers.some(({ status }) => status === 200));
  });

  it('[H-04] use none of the connections for commands', async () => {
    const slow = await Promise.all(Array.from({ length: 300 }, () => probe()));
    assert.deepEqual(new Set(slow), new Set([200]));
    const { rows } = await admin.query(
      "select count(*)::int as count from pg_stat_activity where datname = current_database() and query ilike '%kysely_migration%'",
    );
    assert.ok(rows[0].count <= 2, `${rows[0].count} connections asked about migrations`);
  });

  it('[H-04] report within seconds that the database is unresponsive', async () => {
    await admin.query('begin');
    await admin.query('lock table kysely_migration in access exclusive mode');
    try {
      await eventually(async () => assert.equal(await probe(), 503), { timeoutMs: 10_000 });
      assert.equal(await probe('/healthz'), 200);
    } finally {
      await admin.query('rollback');
    }
    await eventually(async () => assert.equal(await probe(), 200), { timeoutMs: 15_000 });
  });
});
