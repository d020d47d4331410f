import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { parseConfig } from '../../../server/src/config.ts';
import { aMigratedDatabase } from '../../support/migrated-database.ts';
import type { TestDatabase } from '../../support/postgres.ts';
import { anOrganizationOf, aPerson, nextNumber, type ProvisionedOrg } from '../../support/provision.ts';
import { startServer, type TestServer } from '../../support/server.ts';

const dayMs = 24 * 60 * 60 * 1_000;

describe('[V6.4.1] [7.4] INVITE_DAYS', () => {
  let database: TestDatabase;
  /** Servers of one installation, before and after a change of the setting. */
  let former: TestServer;
  let current: TestServer;
  let org: ProvisionedOrg;

  before(async () => {
    database = await aMigratedDatabase();
    const shared = { DATABASE_URL: database.url, SECRET: randomBytes(24).toString('hex'), OPERATOR_TOKEN: randomBytes(24).toString('hex') };
    former = await startServer({ ...shared, INVITE_DAYS: '30' });
    current = await startServer(shared);
    org = await anOrganizationOf(former, await aPerson(former));
  });
  after(async () => {
    await current?.stop();
    await former?.stop();
    await database?.drop();
  });

  const call = async (server: TestServer, method: string, path: string, body: unknown) => {
    const answer = await server.request(method, `/api/0/organizations/${org.slug}/members/${path}`, { token: org.owner.token, body });
    assert.ok(answer.status < 300, JSON.stringify(answer.body));
    return answer.body;
  };

  async function daysOf(id: string): Promise<number> {
    const row = await former.services.db.selectFrom('members').select('invite_expires_at').where('id', '=', id).executeTakeFirstOrThrow();
    return Math.round((Date.parse(String(row.invite_expires_at)) - Date.now()) / dayMs);
  }

  it('limits new invites and new links to 7 days by default, and existing invites keep their date', async () => {
    const anInvite = (server: TestServer) => call(server, 'POST', '', { email: `invitee-${nextNumber()}@example.com` });
    const { id: existing } = await anInvite(former);
    const { id: fresh } = await anInvite(current);
    assert.deepEqual([await daysOf(existing), await daysOf(fresh)], [30, 7]);
    await call(current, 'PUT', `${existing}/`, { reinvite: true });
    assert.equal(await daysOf(existing), 30);
    await call(current, 'PUT', `${existing}/`, { reinvite: true, regenerate: true });
    assert.equal(await daysOf(existing), 7);
  });

  it('has a value from 1 to 30', () => {
    for (const days of ['0', '31', '1.5', '-1'])
      assert.throws(() => parseConfig({ INVITE_DAYS: days }), /INVITE_DAYS must be a whole number from 1 to 30/, days);
  });
});
