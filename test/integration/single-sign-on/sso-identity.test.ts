import assert from 'node:assert/strict';
import { sql } from 'kysely';
import { configureProvider } from '../../support/auth-providers.ts';
import { eventually } from '../../support/eventually.ts';
import { aLoggedInMember, anOrgWithOwner, type LoggedIn, type OrgWithOwner } from '../../support/logged-in.ts';
import { addMember, type Person } from '../../support/provision.ts';
import { bindSession, linkIdentity } from '../../support/security-records.ts';
import { type RequestOptions, startServer, type TestServer } from '../../support/server.ts';
import { storedRecords } from '../../support/stored-records.ts';
import { WireReplica } from '../../support/wire-replica.ts';

describe('a linked identity', () => {
  let server: TestServer;
  let org: OrgWithOwner;

  before(async () => {
    server = await startServer();
  });
  after(() => server?.stop());
  beforeEach(async () => {
    org = await anOrgWithOwner(server);
    await configureProvider(server, org);
  });

  /** A member whose session began with single sign-on, unless it is a full one. */
  async function aLinkedMember(role: 'member' | 'manager' = 'member', isSsoSession = true): Promise<LoggedIn> {
    const member = await aLoggedInMember(server, org, role);
    await bindSession(server, member.cookie, await linkIdentity(server, org.id, member), { isSsoSession });
    return member;
  }

  const call = (method: string, memberId: string, options: RequestOptions) =>
    server.request(method, `/api/0/organizations/${org.slug}/members/${memberId}/sso-identity/`, options);
  const readOrg = (cookie: string) => server.request('GET', `/api/0/organizations/${org.slug}/`, { cookie });
  const recordsOf = (kind: string) => storedRecords(server, org.id, kind);
  async function flagsOf({ memberId }: Person) {
    const { flags } = (await recordsOf('member')).find(({ id }: { id: string }) => id === memberId);
    return [flags['sso:linked'], flags['sso:invalid']];
  }

  it('[13.9] appears to its member and to callers who may remove the member', async () => {
    const member = await aLinkedMember();
    const own = await call('GET', 'me', { cookie: member.cookie });
    assert.equal(own.status, 200, JSON.stringify(own.body));
    assert.deepEqual(Object.keys(own.body), ['subject', 'email', 'isEmailVerified', 'dateLinked', 'lastLogin']);
    assert.deepEqual((await call('GET', member.memberId!, { cookie: org.cookie })).body, own.body);
    const manager = await aLinkedMember('manager');
    assert.equal((await call('GET', member.memberId!, { cookie: manager.cookie })).status, 200);
    const other = await aLinkedMember();
    for (const method of ['GET', 'PUT', 'DELETE']) {
      const body = method === 'PUT' ? { body: { invalid: true } } : {};
      assert.equal((await call(method, member.memberId!, { cookie: other.cookie, ...body })).status, 403, method);
    }
    assert.equal((await call('GET', 'me', { cookie: org.cookie })).status, 404);
    assert.deepEqual(await flagsOf(member), [true, false]);
  });

  it('[13.9] [S-42] ends its sessions and subscriptions when it is marked as invalid, and no others', async () => {
    const member = await aLinkedMember();
    const staying = await aLinkedMember();
    const replica = await WireReplica.open(server.url, { cookie: member.cookie }, org.slug);
    const lasting = await WireReplica.open(server.url, { cookie: staying.cookie }, org.slug);
    const put = await call('PUT', member.memberId!, { cookie: org.cookie, body: { invalid: true } });
    assert.equal(put.status, 200, JSON.stringify(put.body));
    assert.deepEqual(await flagsOf(member), [true, true]);
    await eventually(() => assert.equal(replica.revoked?.reason, 'sso-required'));
    await eventually(async () => assert.equal((await readOrg(member.cookie)).status, 401));
    assert.equal((await readOrg(staying.cookie)).status, 200);
    assert.equal(lasting.revoked, null);
    replica.close();
    lasting.close();
    const wrong = await call('PUT', staying.memberId!, { cookie: org.cookie, body: { invalid: false } });
    assert.deepEqual([wrong.status, wrong.body], [400, { invalid: ['"false" is not a valid choice.'] }]);
  });

  it('[13.9] keeps a full session of a member who unlinks it, without its binding', async () => {
    const member = await aLinkedMember('member', false);
    const replica = await WireReplica.open(server.url, { cookie: member.cookie }, org.slug);
    assert.equal((await call('DELETE', 'me', { cookie: member.cookie })).status, 204);
    assert.deepEqual(await flagsOf(member), [false, false]);
    // The open connection was authenticated with the binding, so its client has to reconnect.
    await eventually(() =>
      assert.ok(
        replica.frames.some(({ event }) => event === 'goodbye'),
        'not yet',
      ),
    );
    replica.close();
    assert.equal((await readOrg(member.cookie)).status, 200);
    assert.equal((await call('GET', 'me', { cookie: member.cookie })).status, 404);
    const rows = await server.services.db.selectFrom('session_sso').select('session_id').where('organization_id', '=', org.id).execute();
    assert.deepEqual(rows, []);
    const [entry] = (await recordsOf('audit-entry')).filter(({ event }: { event: string }) => event === 'sso-identity.unlink');
    assert.deepEqual([entry.targetObject, entry.note], [member.memberId, `unlinked the identity of ${member.email}`]);
  });

  it('[13.9] stays known when its member is removed, so that a login does not bring them back', async () => {
    const member = await aLinkedMember();
    const gone = await server.request('DELETE', `/api/0/organizations/${org.slug}/members/${member.memberId}/`, { cookie: org.cookie });
    assert.equal(gone.status, 204, JSON.stringify(gone.body));
    const row = await server.services.db
      .selectFrom('sso_identities')
      .select(['member_id', 'removed_at'])
      .where('user_id', '=', member.userId)
      .executeTakeFirstOrThrow();
    assert.equal(row.member_id, null);
    assert.notEqual(row.removed_at, null);
    assert.equal((await readOrg(member.cookie)).status, 401);
    assert.equal((await server.request('GET', '/api/0/auth/', { cookie: member.cookie })).status, 400, 'the session has no binding left');
  });

  it('[13.9] ends a session whose two bindings end at the same time', async () => {
    const member = await aLinkedMember();
    const other = await anOrgWithOwner(server);
    await configureProvider(server, other);
    const there = { ...member };
    await addMember(server, other, there, 'member');
    await bindSession(server, member.cookie, await linkIdentity(server, other.id, there));
    const unlink = ({ slug, cookie }: OrgWithOwner, memberId: string | null) =>
      server.request('DELETE', `/api/0/organizations/${slug}/members/${memberId}/sso-identity/`, { cookie });
    const { db } = server.services;
    const unlinking = await db.transaction().execute(async (tx) => {
      // Both wait here, or for each other, after they have read the bindings.
      await tx.selectFrom('session_sso').select('session_id').where('organization_id', 'in', [org.id, other.id]).forUpdate().execute();
      const both = [unlink(org, member.memberId), unlink(other, there.memberId)];
      await eventually(async () => {
        // Not in the transaction, in which PostgreSQL would repeat its first result.
        const { rows } = await sql`
          SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`.execute(db);
        assert.equal(rows.length, 2);
      });
      return both;
    });
    assert.deepEqual(
      (await Promise.all(unlinking)).map(({ status }) => status),
      [204, 204],
    );
    assert.equal((await server.request('GET', '/api/0/auth/', { cookie: member.cookie })).status, 400);
  });
});
