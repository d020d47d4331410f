import assert from 'node:assert/strict';
import { sql } from 'kysely';
import { readMetric } from '../../support/metrics.ts';
import { addMember, anOrganizationOf, aPerson, type Person, type ProvisionedOrg } from '../../support/provision.ts';
import { startServer, type TestResponse, type TestServer } from '../../support/server.ts';

const bytesMax = 200_000;

describe('the bytes that the writes of one caller store', () => {
  let server: TestServer;
  let org: ProvisionedOrg;
  let owner: Person;
  let manager: Person;

  before(async () => {
    server = await startServer({ LIMIT_STORED_BYTES_PER_CALLER: String(bytesMax) });
  });
  after(() => server?.stop());
  beforeEach(async () => {
    owner = await aPerson(server);
    manager = await aPerson(server);
    org = await anOrganizationOf(server, owner);
    await addMember(server, org, manager, 'manager');
  });

  const call = (method: string, path: string, body?: unknown, by: Person = owner, headers: Record<string, string> = {}) =>
    server.request(method, `/api/0${path}`, { token: by.token, body, headers });

  /** Calls until the response is 429, and returns that. */
  async function untilRefused(callOnce: (number: number) => Promise<TestResponse>): Promise<TestResponse> {
    for (let number = 1; number <= 200; number++) {
      const response = await callOnce(number);
      if (response.status === 429) return response;
      assert.equal(response.status, 200, JSON.stringify(response.body));
    }
    throw new Error('no call was refused');
  }

  it('have a limit for small changes, which store all of a large record', async () => {
    await call('POST', `/organizations/${org.slug}/teams/`, { slug: 'ops' });
    await call('POST', `/teams/${org.slug}/ops/projects/`, { name: 'Engine' });
    const put = (body: object, by = owner) => call('PUT', `/projects/${org.slug}/engine/`, body, by);
    assert.equal((await put({ groupingEnhancements: 'x'.repeat(40_000) })).status, 200);
    const refusedBefore = await readMetric(server, 'rollcall_requests_limited_total{reason="storedBytesPerCaller"}');
    const refused = await untilRefused((resolveAge) => put({ resolveAge }));
    assert.equal(refused.body.detail, 'Your changes of the last hour stored too much data. Try again later.');
    assert.ok(Number(refused.headers.get('retry-after')) > 0);
    const { rows } = await sql<{ bytes: number }>`
      SELECT sum(octet_length(coalesce(before::text, '')) + octet_length(coalesce(after::text, '')))::int AS bytes
      FROM change_log WHERE organization_id = ${org.id}`.execute(server.services.db);
    assert.ok(rows[0]!.bytes < 1.5 * bytesMax, `${rows[0]!.bytes} bytes in the log`);
    const refusedSince = (await readMetric(server, 'rollcall_requests_limited_total{reason="storedBytesPerCaller"}')) - refusedBefore;
    assert.equal(refusedSince, 1);

    // Reads, other callers and the operator are not limited, and access can still be ended.
    assert.equal((await call('GET', `/projects/${org.slug}/engine/`)).status, 200);
    assert.equal((await put({ resolveAge: 500 }, manager)).status, 200);
    assert.equal((await server.operate('PUT', `/organizations/${org.slug}/`, { name: 'Renamed' })).status, 200);
    const { body: members } = await call('GET', `/organizations/${org.slug}/members/`);
    const { id } = members.find(({ user }: { user: { id: string } | null }) => user?.id === manager.userId);
    assert.equal((await call('DELETE', `/organizations/${org.slug}/members/${id}/`)).status, 204);
  });

  it('have a limit for writes that change nothing, which store a response for each Idempotency-Key', async () => {
    const { name } = (await call('GET', `/organizations/${org.slug}/`)).body;
    const rename = (key: string) => call('PUT', `/organizations/${org.slug}/`, { name }, owner, { 'Idempotency-Key': key });
    const { headers } = await untilRefused((number) => rename(`key-${number}`));
    assert.ok(Number(headers.get('retry-after')) > 0);
    const { rows } = await sql<{ bytes: number; keys: number }>`
      SELECT sum(octet_length(answer::text))::int AS bytes, count(*)::int AS keys FROM idempotency_keys
      WHERE actor = ${`user:${owner.userId}`}`.execute(server.services.db);
    assert.ok(rows[0]!.bytes > 0 && rows[0]!.bytes < 1.5 * bytesMax, `${rows[0]!.bytes} bytes in ${rows[0]!.keys} responses`);
  });
});
