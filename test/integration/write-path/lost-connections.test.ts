import assert from 'node:assert/strict';
import pg from 'pg';
import { eventually } from '../../support/eventually.ts';
import { anOrganizationOf, aPerson, type ProvisionedOrg, revisionOf } from '../../support/provision.ts';
import { startServer, type TestServer } from '../../support/server.ts';

const writers = 8;
const losses = 10;

describe('writes to one organization while connections to the database are lost', () => {
  let server: TestServer;
  let admin: pg.Client;
  let org: ProvisionedOrg;
  before(async () => {
    server = await startServer();
    org = await anOrganizationOf(server, await aPerson(server));
    admin = new pg.Client({ connectionString: server.config.databaseUrl! });
    await admin.connect();
  });
  after(async () => {
    await admin?.end();
    await server?.stop();
  });

  it('[W1] [W4] [V2.3.3] each succeed or fail as a whole, and no lost one is confirmed', async () => {
    const confirmed: { readonly revision: number; readonly name: string }[] = [];
    let isOver = false;
    let sent = 0;
    const write = async () => {
      while (!isOver) {
        const name = `Name ${++sent}`;
        const answer = await server.request('PUT', `/api/0/organizations/${org.slug}/`, { token: org.owner.token, body: { name } });
        assert.ok(answer.status === 200 || answer.status === 503, JSON.stringify(answer.body));
        if (answer.status === 200) confirmed.push({ revision: revisionOf(answer), name });
      }
    };
    const writing = Promise.all(Array.from({ length: writers }, write));
    for (let loss = 0; loss < losses; loss++) {
      const before = confirmed.length;
      await eventually(() => assert.ok(confirmed.length > before + writers, 'no write was confirmed'));
      await eventually(async () => assert.ok((await endConnectionOfWrite()) > 0, 'no transaction was open'));
    }
    isOver = true;
    await writing;

    const { rows } = await admin.query<{ revision: string; name: string }>(
      `SELECT revision, after ->> 'name' AS name FROM change_log WHERE organization_id = $1 AND kind = 'organization' ORDER BY revision`,
      [org.id],
    );
    const committed = new Map(rows.map(({ revision, name }) => [Number(revision), name]));
    for (const { revision, name } of confirmed) assert.equal(committed.get(revision), name);
    const revisions = [...committed.keys()];
    assert.deepEqual(
      revisions,
      revisions.map((_, index) => revisions[0]! + index),
    );
    assert.equal(new Set(committed.values()).size, committed.size, 'a write was committed twice');
    await eventually(async () => assert.equal((await transactions()).length, 0, 'a transaction stayed open'));
  });

  const transactions = async () => {
    const { rows } = await admin.query<{ pid: number }>(
      `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND xact_start IS NOT NULL`,
    );
    return rows;
  };
  /** Resolves to the number of connections that were ended. */
  const endConnectionOfWrite = async () => {
    const { rowCount } = await admin.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_xid IS NOT NULL LIMIT 1`,
    );
    return rowCount ?? 0;
  };
});
