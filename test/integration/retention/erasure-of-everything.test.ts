import assert from 'node:assert/strict';
import { sql } from 'kysely';
import { scopes } from '../../../protocol/src/index.ts';
import { anExport } from '../../support/archives.ts';
import { configureProvider } from '../../support/auth-providers.ts';
import { erasureOf } from '../../support/erasures.ts';
import { eventually } from '../../support/eventually.ts';
import { anAccount, cookieOf, goodPassword } from '../../support/log-in.ts';
import { anOrgWithOwner, type OrgWithOwner } from '../../support/logged-in.ts';
import { anIntegration, linkIdentity } from '../../support/security-records.ts';
import { startServer, type TestServer } from '../../support/server.ts';

const ip = '203.0.113.77';
const name = 'Quillon Marrow';
const formerName = 'Quillon Ashgrove';
const login = 'quillon-on-github';
const secondAddress = 'quillon.second@example.com';
const formerAddress = 'quillon.former@example.com';

/** An outsider's search through a dump of the database, after a person has used every feature. */
describe('the erasure of a person who used every feature', () => {
  let server: TestServer;
  let org: OrgWithOwner;
  let elsewhere: OrgWithOwner;

  before(async () => {
    server = await startServer({ TRUSTED_PROXIES: 'loopback', OUTBOUND_ALLOWED: '127.0.0.1' });
    org = await anOrgWithOwner(server);
    elsewhere = await anOrgWithOwner(server);
  });
  after(() => server?.stop());

  const headers = { 'X-Forwarded-For': ip };
  const path = (below: string) => `/api/0/organizations/${org.slug}/${below}`;

  async function call(method: string, to: string, options: Parameters<TestServer['request']>[2]) {
    const response = await server.request(method, to, { headers, ...options });
    assert.ok(response.status < 300, `${method} ${to}: ${response.status} ${JSON.stringify(response.body)}`);
    return response.body;
  }

  /** Returns what the database may not contain afterwards. */
  async function liveThroughAll(): Promise<{ readonly userId: string; readonly wanted: readonly string[] }> {
    const { db } = server.services;
    const account = await anAccount(server);
    const userId = account.id;
    const operate = async (method: string, to: string, body: object) => {
      const response = await server.operate(method, to, body);
      assert.ok(response.status < 300, `${to}: ${JSON.stringify(response.body)}`);
      return response.body;
    };
    await operate('PUT', `/users/${userId}/`, { name: formerName, email: formerAddress, externalId: 'employee-of-quillon' });
    const owner = { cookie: org.cookie, headers: {} };

    // A person who was invited, joined, was renamed, and has changed their primary address since.
    const invite = await call('POST', path('members/'), { ...owner, body: { email: 'quillon.invited@example.com' } });
    await call('DELETE', path(`members/${invite.id}/`), owner);
    await operate('POST', `/organizations/${org.id}/members/`, { userId, orgRole: 'owner' });
    await operate('PUT', `/users/${userId}/`, { name, email: account.email });
    const body = { username: account.email, password: goodPassword };
    const cookie = cookieOf(await server.request('POST', '/api/0/auth/login/', { headers, body }));
    const session = { cookie };
    await server.request('POST', '/api/0/auth/login/', { headers, body: { ...body, password: 'wrong' } });
    await call('POST', '/api/0/auth/emails/', { ...session, body: { email: secondAddress } });
    await server.request('POST', '/api/0/auth/password-reset/', { headers, body: { email: account.email } });
    const { token } = await call('POST', '/api/0/api-tokens/', { ...session, body: { name: `Token of ${name}`, scopes } });

    // Actions of the person, and about them.
    await call('POST', path('members/'), { ...session, body: { email: 'friend-of-quillon@example.com' } });
    const team = await call('POST', path('teams/'), { token, body: { slug: 'tools' }, headers: { ...headers, 'Idempotency-Key': 'one' } });
    const own = await call('GET', path('members/me/'), session);
    await call('POST', path(`members/${own.id}/teams/tools/`), { ...owner, headers: { 'Idempotency-Key': 'two' } });
    await call('PUT', path('retention/'), { ...session, body: { auditDays: 200 } });
    await call('POST', path('webhooks/'), { ...session, body: { url: 'http://127.0.0.1:9/quiet' } });
    await configureProvider(server, org, { isActive: false });
    await linkIdentity(server, org.id, { userId, memberId: own.id });
    await db.updateTable('sso_identities').set({ email: account.email, name }).where('user_id', '=', userId).execute();
    const integration = await anIntegration(server, org.id, { name: 'Code', provider: 'github' });
    const mapping = { provider: 'github', integrationId: integration.id, externalName: login, externalId: login, userId };
    await call('POST', path('external-users/'), { ...session, body: mapping });
    const { id: exportId } = await call('POST', path('export/'), { ...session, body: {} });
    await eventually(async () => {
      const exports: { id: string; status: string }[] = await call('GET', path('export/'), session);
      assert.equal(exports.find(({ id }) => id === exportId)?.status, 'done');
    });

    // Another organization has a removed invite of theirs. A service used their IP address.
    const at = `/api/0/organizations/${elsewhere.slug}/members/`;
    const removed = await call('POST', at, { cookie: elsewhere.cookie, headers: {}, body: { email: account.email } });
    await call('DELETE', `${at}${removed.id}/`, { cookie: elsewhere.cookie, headers: {} });
    await anExport(server, elsewhere.id);
    const service = await operate('POST', '/service-tokens/', { name: 'script' });
    await call('GET', path('teams/'), { token: service.token });
    await eventually(async () => {
      const { last_used_address } = await db.selectFrom('service_tokens').select('last_used_address').executeTakeFirstOrThrow();
      assert.equal(last_used_address, ip);
    });

    // Responses of receivers and providers.
    await sql`INSERT INTO deliveries (organization_id, consumer, event_id, event_type, attempt, delivered_at, ms, error, response)
      VALUES (${org.id}, 'webhook:1', 'e', 'member.added', 1, now(), 1, ${`refused ${account.email}`}, ${`{"name":"${name}"}`})`.execute(
      db,
    );
    await sql`UPDATE log_consumers SET last_error = ${`refused ${account.email}`} WHERE organization_id = ${org.id}`.execute(db);
    await sql`INSERT INTO sso_flows (handle_hash, organization_id, provider_id, generation, purpose, request_key, answer)
      SELECT 'h', organization_id, id, 1, 'login', 'r', ${JSON.stringify({ email: account.email, name })}::jsonb FROM auth_providers LIMIT 1`.execute(
      db,
    );
    assert.equal(team.slug, 'tools');
    return { userId, wanted: [account.email, secondAddress, formerAddress, name, formerName, login, 'employee-of-quillon', ip] };
  }

  async function linesWith(wanted: readonly string[]): Promise<string[]> {
    const { db } = server.services;
    const { rows: tables } = await sql<{ name: string }>`
      SELECT table_name AS name FROM information_schema.tables WHERE table_schema = current_schema() AND table_type = 'BASE TABLE'`.execute(
      db,
    );
    const found: string[] = [];
    for (const { name: table } of tables) {
      const { rows } = await sql<{ row: string }>`SELECT row_to_json(t)::text AS row FROM ${sql.table(table)} AS t`.execute(db);
      for (const { row } of rows) {
        const words = wanted.filter((word) => row.toLowerCase().includes(word.toLowerCase()));
        if (words.length > 0) found.push(`${table}: ${words.join(', ')} in ${row}`);
      }
    }
    return found;
  }

  it('[13.17] [S-56] [V14.2.4] leaves no name, address or IP in any table, except the address that a service used', async () => {
    const { userId, wanted } = await liveThroughAll();
    for (const word of wanted) assert.ok((await linesWith([word])).length > 0, `the test leaves no trace of ${word}`);
    const { status, body } = await server.operate('DELETE', `/users/${userId}/?mode=erase`);
    assert.deepEqual([status, body.organizations], [202, [org.id, elsewhere.id]]);
    await erasureOf(server, userId);
    // The connection was that of the service, also if a person on the same network was erased.
    const left = (await linesWith(wanted)).map((line) => line.slice(0, line.indexOf(' in ')));
    // A caller who was not authenticated has no name: a failed login, a request of a link.
    const ofStrangers = left.filter((line) => line === `security_events: ${ip}`);
    const { db } = server.services;
    const named = await db
      .selectFrom('security_events')
      .select('event')
      .where('address', '=', ip)
      .where('caller_kind', 'is not', null)
      .execute();
    assert.deepEqual(named, []);
    assert.deepEqual(left, [`service_tokens: ${ip}`, ...ofStrangers]);
    assert.deepEqual(await server.services.db.selectFrom('exports').select('id').execute(), []);
  });
});
