import assert from 'node:assert/strict';
import pg from 'pg';
import { eventually } from '../../support/eventually.ts';
import { addMember, anOrganizationOf, aPerson, type Person, type ProvisionedOrg } from '../../support/provision.ts';
import { startServer, type TestServer } from '../../support/server.ts';

describe('an organization that another client keeps locked', () => {
  let server: TestServer;
  let locker: pg.Client;
  let writers: Person[];
  let locked: ProvisionedOrg;
  let other: ProvisionedOrg;

  before(async () => {
    server = await startServer();
    writers = await Promise.all(Array.from({ length: 5 }, () => aPerson(server)));
    const [first, ...others] = writers;
    locked = await anOrganizationOf(server, first!);
    for (const writer of others) await addMember(server, locked, writer, 'owner');
    other = await anOrganizationOf(server, await aPerson(server));
    locker = new pg.Client({ connectionString: server.config.databaseUrl! });
    await locker.connect();
  });
  after(async () => {
    await locker?.end();
    await server?.stop();
  });

  const rename = (org: ProvisionedOrg, name: string, { token } = org.owner) =>
    server.request('PUT', `/api/0/organizations/${org.slug}/`, { token, body: { name } });

  it('[R12] occupies one connection, for any number of writers, so that other organizations stay readable and writable', async () => {
    await locker.query('BEGIN');
    await locker.query('SELECT 1 FROM org_heads WHERE organization_id = $1 FOR UPDATE', [locked.id]);
    const writes = Array.from({ length: 20 }, (_, n) => rename(locked, `Name ${n}`, writers[n % writers.length]));
    await eventually(async () => {
      const { rows } = await locker.query("SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'");
      assert.equal(rows.length, 1);
    });
    for (let n = 0; n < 5; n++) assert.equal((await rename(other, `Other ${n}`)).status, 200);
    await eventually(() => {
      const { total, idle, waiting } = server.services.writePath.database.pool();
      assert.deepEqual([total - idle, waiting], [1, 0]);
    });

    await locker.query('ROLLBACK');
    const statuses = (await Promise.all(writes)).map(({ status }) => status);
    // On a slow machine, some have waited for longer than the queue allows.
    assert.deepEqual(
      statuses.filter((status) => status !== 200 && status !== 503),
      [],
    );
    assert.equal((await rename(locked, 'Last')).status, 200);
  });
});
