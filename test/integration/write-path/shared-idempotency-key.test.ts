import assert from 'node:assert/strict';
import { sql } from 'kysely';
import { eventually } from '../../support/eventually.ts';
import { lockWaiters } from '../../support/lock-waiters.ts';
import { anOrganizationOf, aPerson, type Person, type ProvisionedOrg } from '../../support/provision.ts';
import { startServer, type TestServer } from '../../support/server.ts';

/** More than the database connections for commands. */
const usedCount = 15;

describe('an Idempotency-Key that is used for many organizations at once', () => {
  let server: TestServer;
  let owner: Person;
  let honest: ProvisionedOrg;
  let used: ProvisionedOrg[];

  before(async () => {
    server = await startServer();
    owner = await aPerson(server);
    honest = await anOrganizationOf(server, await aPerson(server));
    used = await Promise.all(Array.from({ length: usedCount }, () => anOrganizationOf(server, owner)));
  });
  after(() => server?.stop());

  it('[W5] holds one database connection, and delays no writes of others', async () => {
    const rename = (org: ProvisionedOrg, headers: Record<string, string> = {}) =>
      server.request('PUT', `/api/0/organizations/${org.slug}/`, { token: org.owner.token, body: { name: 'Renamed' }, headers });
    let using: Promise<{ readonly status: number }[]> = Promise.resolve([]);
    await server.services.db.transaction().execute(async (tx) => {
      await sql`SELECT pg_advisory_xact_lock(hashtextextended(${`user:${owner.userId} shared`}, 0))`.execute(tx);
      using = Promise.all(used.map((org) => rename(org, { 'Idempotency-Key': 'shared' })));
      await eventually(async () => assert.equal(await lockWaiters(server), 1));
      for (let n = 0; n < 5; n++) assert.equal((await rename(honest)).status, 200);
      assert.equal(await lockWaiters(server), 1);
    });
    // On a slow machine, some may have waited for longer than two seconds.
    const statuses = (await using).map(({ status }) => (status === 429 ? 422 : status)).toSorted();
    assert.deepEqual(statuses, [200, ...Array.from({ length: usedCount - 1 }, () => 422)]);
  });
});
