import assert from 'node:assert/strict';
import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { sql } from 'kysely';
import { configureProvider, enforceSso, readyToEnforce } from '../support/auth-providers.ts';
import { eventually } from '../support/eventually.ts';
import { type Instances, startInstances } from '../support/instances.ts';
import { aLoggedInMember, anOrgWithOwner, type LoggedIn, type OrgWithOwner } from '../support/logged-in.ts';
import { sharedRedis } from '../support/redis.ts';
import { bindSession, linkIdentity } from '../support/security-records.ts';
import type { TestServer } from '../support/server.ts';

const pieceBytes = 256 * 1024;
/** The pieces of the file, more than the buffers of both ends of a connection hold. */
const pieces = 200;

describe('the download of an export on two instances', function () {
  this.timeout(120_000);
  let instances: Instances;
  let one: TestServer;
  let two: TestServer;
  let org: OrgWithOwner;
  let other: LoggedIn;
  const exportId = '777777';

  before(async () => {
    instances = await startInstances(2, { redisUrl: (await sharedRedis()).url });
    [one, two] = instances.servers as [TestServer, TestServer];
  });
  after(() => instances?.stop());
  beforeEach(async () => {
    org = await anOrgWithOwner(one);
    other = await aLoggedInMember(one, org, 'owner');
    const { db } = one.services;
    await sql`DELETE FROM exports`.execute(db);
    await sql`
      INSERT INTO exports (id, organization_id, with_history, date_created, expires_at, finished_at, attempts, revision, counts, sha256, bytes)
      VALUES (${exportId}, ${org.id}, false, now(), now() + interval '1 day', now(), 1, 1, '{}', '', ${pieceBytes * pieces})`.execute(db);
    await sql`
      INSERT INTO export_pieces (organization_id, export_id, number, bytes)
      SELECT ${org.id}::bigint, ${exportId}::bigint, n - 1, convert_to(repeat('x', ${pieceBytes}::integer), 'UTF8') FROM generate_series(1, ${pieces}::integer) AS n`.execute(
      db,
    );
  });

  /** Begins the download on the second instance, and reads nothing after the first bytes. */
  async function begin() {
    const url = `${two.url}/api/0/organizations/${org.slug}/export/${exportId}/`;
    const [response] = (await once(get(url, { headers: { Cookie: other.cookie } }), 'response')) as [IncomingMessage];
    assert.equal(response.statusCode, 200);
    await once(response, 'readable');
    return {
      async readToEnd() {
        let received = 0;
        for await (const bytes of response) received += (bytes as Buffer).length;
        return received;
      },
    };
  }

  it('[13.16] sends the whole file if the access stays, also while other members change', async () => {
    const download = await begin();
    await aLoggedInMember(one, org);
    assert.equal(await download.readToEnd(), pieceBytes * pieces);
  });

  for (const [what, end] of [
    [
      'the owner is demoted',
      () =>
        one.request('PUT', `/api/0/organizations/${org.slug}/members/${other.memberId}/`, {
          cookie: org.cookie,
          body: { orgRole: 'manager' },
        }),
    ],
    [
      'the owner is removed',
      () => one.request('DELETE', `/api/0/organizations/${org.slug}/members/${other.memberId}/`, { cookie: org.cookie }),
    ],
    ['the session ends', () => one.request('POST', '/api/0/auth/logout/', { cookie: other.cookie })],
  ] as const) {
    it(`[13.16] ends when ${what} on the other instance`, async () => {
      const download = await begin();
      const { status } = await end();
      assert.ok(status < 300, String(status));
      await assert.rejects(download.readToEnd());
    });
  }

  it('[13.16] [S-43] ends when the binding of the session by single sign-on expires', async () => {
    await configureProvider(one, org);
    await readyToEnforce(one, org);
    const identity = await linkIdentity(one, org.id, other);
    const enforced = await enforceSso(one, org);
    assert.equal(enforced.status, 200, JSON.stringify(enforced.body));
    await bindSession(one, other.cookie, identity, { secondsLeft: 5 });
    const download = await begin();
    await eventually(
      async () => {
        const { headers } = await two.request('GET', `/api/0/organizations/${org.slug}/export/`, { cookie: other.cookie });
        assert.equal(headers.get('x-sentry-error'), 'sso-required');
      },
      { timeoutMs: 30_000, intervalMs: 200 },
    );
    await assert.rejects(download.readToEnd());
  });

  it('[13.16] cuts the connection of a slow reader if the file ends in between, also that of the operator', async () => {
    const url = `${two.url}/api/operator/organizations/${org.id}/export/${exportId}/`;
    const headers = { Authorization: `Bearer ${two.operatorToken}` };
    const [response] = (await once(get(url, { headers }), 'response')) as [IncomingMessage];
    await once(response, 'readable');
    await sql`UPDATE exports SET expires_at = now() WHERE id = ${exportId}`.execute(one.services.db);
    await eventually(async () => {
      const { rows } = await sql`SELECT 1 FROM export_pieces WHERE export_id = ${exportId}`.execute(one.services.db);
      assert.equal(rows.length, 0);
    });
    await assert.rejects(async () => {
      for await (const _ of response);
    }, /aborted/);
  });
});
