import assert from 'node:assert/strict';
import { sql } from 'kysely';
import { CallerReads } from '../../server/src/http/limits/caller-reads.ts';
import { waitingLimits } from '../../server/src/runtime/limits/rows/waiting.ts';
import { eventually } from '../support/eventually.ts';
import { addMember, anOrganizationOf, aPerson, type Person, type ProvisionedOrg } from '../support/provision.ts';
import { startServer, type TestServer } from '../support/server.ts';

const inProgressMax = 2;
const waitingMax = 10;
const sent = 40;

describe('costly reads of one caller', () => {
  let server: TestServer;
  let org: ProvisionedOrg;
  let attacker: Person;
  let other: Person;
  /** The clock of the limit. */
  let nowMs = 0;

  before(async () => {
    server = await startServer({
      LIMIT_READS_PER_CALLER: String(inProgressMax),
      LIMIT_READS_WAITING_PER_CALLER: String(waitingMax),
    });
    const { limits, writePath } = server.services;
    Object.assign(server.services.callerLimits, { reads: new CallerReads(limits, writePath.counters, () => nowMs) });
    attacker = await aPerson(server);
    org = await anOrganizationOf(server, attacker);
    other = await aPerson(server);
    await addMember(server, org, other, 'member');
  });
  after(() => server?.stop());

  const get = (path: string, token: string) => server.request('GET', `/api/0/organizations/${org.slug}/${path}`, { token });
  const serviceToken = async (): Promise<string> =>
    (await server.operate('POST', '/service-tokens/', { name: 'Backend', scopes: ['org:read', 'org:admin'] })).body.token;

  const reads = [
    { of: 'the audit log', path: 'audit-logs/', table: 'audit_entries' },
    { of: 'changes', path: 'changes/?after=floor&types=member.removed', table: 'change_log' },
  ] as const;

  /** A body of which a caller's role is evaluated before it is read. */
  const largeBody = { name: 'x'.repeat(20_000) };

  const noOperations = { schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'], Operations: [] };

  /** Requests that are refused only after a look at the database. */
  const refusals = [
    { of: 'waits for changes with a wrong cursor', path: 'changes/?after=wrong&wait=20', method: 'GET', body: undefined },
    { of: 'streams with a wrong cursor', path: 'changes/stream/?after=wrong', method: 'GET', body: undefined },
    { of: 'writes with a large body', path: '', method: 'PUT', body: largeBody },
    { of: 'writes that need no credential', path: '/api/0/accept-invite/', method: 'POST', body: { member: '1', token: '0'.repeat(64) } },
    { of: 'tests of a webhook that doesn’t exist', path: 'webhooks/1/test/', method: 'POST', body: {} },
    { of: 'changes by an identity provider to a user who doesn’t exist', path: 'scim/v2/Users/1', method: 'PATCH', body: noOperations },
    { of: 'changes to a project that doesn’t exist', path: '/api/0/projects/:org/unknown/', method: 'PUT', body: {} },
  ] as const;

  /** Sends many of these requests, which are in progress until `during` has run. */
  async function holdReads(
    { path, table, method = 'GET', body }: { path: string; table: string; method?: string; body?: object | undefined },
    token: string,
    during: (statuses: readonly number[]) => Promise<void>,
  ): Promise<readonly number[]> {
    const url = path.startsWith('/') ? path.replace(':org', org.slug) : `/api/0/organizations/${org.slug}/${path}`;
    const statuses: number[] = [];
    const sending: Promise<void>[] = [];
    await server.services.db.transaction().execute(async (tx) => {
      await sql`LOCK TABLE ${sql.table(table)} IN ACCESS EXCLUSIVE MODE`.execute(tx);
      for (let number = 0; number < sent; number++) {
        sending.push(
          server.request(method, url, { token, body }).then(({ status, headers }) => {
            statuses.push(status);
            if (status === 429) assert.ok(Number(headers.get('retry-after')) > 0);
          }),
        );
      }
      await during(statuses);
    });
    await Promise.all(sending);
    return statuses;
  }

  for (const { of, ...read } of reads) {
    it(`[V15.2.2] take a limited part of the database connections, and get 429 if too many wait: reads of ${of}`, async () => {
      const statuses = await holdReads(read, attacker.token, async (soFar) => {
        await eventually(() => assert.equal(soFar.length, sent - inProgressMax - waitingMax, `${soFar.length} were refused`));
        assert.deepEqual(new Set(soFar), new Set([429]));
        for (let number = 0; number < 20; number++) assert.equal((await get('members/me/', other.token)).status, 200);
      });
      assert.equal(statuses.filter((status) => status === 200).length, inProgressMax + waitingMax);
      assert.equal((await get(read.path, attacker.token)).status, 200);
    });
  }

  for (const { of, ...request } of refusals) {
    it(`take a limited part of the database connections even if they are refused: ${of}`, async () => {
      const statuses = await holdReads({ ...request, table: 'members' }, attacker.token, async (soFar) => {
        await eventually(() => assert.equal(soFar.length, sent - inProgressMax - waitingMax, `${soFar.length} were refused`));
        assert.deepEqual(new Set(soFar), new Set([429]));
      });
      const refused = statuses.filter((status) => status !== 429);
      assert.ok(refused.length > 0, 'all have 429');
      for (const status of refused) assert.ok(status >= 400 && status < 500, `the response is ${status}`);
    });
  }

  it('get 429 if they have waited for two seconds, before a balancer gives up on the instance', async () => {
    const statuses = await holdReads(reads[0], attacker.token, async (soFar) => {
      await eventually(() => assert.equal(soFar.length, sent - inProgressMax - waitingMax, `${soFar.length} were refused`));
      nowMs += waitingLimits.waitMs.value + 1;
    });
    assert.equal(statuses.filter((status) => status === 200).length, inProgressMax);
    assert.equal((await get(reads[0].path, attacker.token)).status, 200);
  });

  it('leave database connections to others, even with the tokens of many organizations', async () => {
    // Together they could read more than there are connections.
    const orgs = await Promise.all(Array.from({ length: 6 }, () => anOrganizationOf(server, attacker)));
    const tokens = await Promise.all(
      orgs.map(
        async ({ id }) => (await server.operate('POST', `/organizations/${id}/tokens/`, { name: 'a', scopes: ['org:write'] })).body.token,
      ),
    );
    const statuses: number[] = [];
    const sending: Promise<void>[] = [];
    const { db, lookups, writePath } = server.services;
    await db.transaction().execute(async (tx) => {
      await sql`LOCK TABLE audit_entries IN ACCESS EXCLUSIVE MODE`.execute(tx);
      for (const [index, { slug }] of orgs.entries()) {
        for (let number = 0; number <= inProgressMax + waitingMax; number++) {
          const read = server.request('GET', `/api/0/organizations/${slug}/audit-logs/`, { token: tokens[index] });
          sending.push(read.then(({ status }) => void statuses.push(status)));
        }
      }
      await eventually(() => assert.deepEqual(statuses, Array(orgs.length).fill(429)));
      await eventually(async () => {
        const { rows } = await sql`SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`.execute(
          lookups,
        );
        assert.equal(rows.length, waitingLimits.reads.value);
      });
      assert.equal(writePath.database.pool().waiting, 0);
    });
    await Promise.all(sending);
    assert.equal(statuses.filter((status) => status === 200).length, orgs.length * (inProgressMax + waitingMax));
  });

  it('have no limit for a service token', async () => {
    const statuses = await holdReads(reads[0], await serviceToken(), async () => {});
    assert.deepEqual(new Set(statuses), new Set([200]));
  });

  it('wait neither for requests that wait for changes nor for streams', async () => {
    const { body } = await get('changes/', attacker.token);
    const waits = Array.from({ length: 4 }, () => get(`changes/?after=${body.after}&wait=20`, attacker.token));
    const streams = await Promise.all(Array.from({ length: 4 }, () => get('changes/stream/', attacker.token)));
    assert.deepEqual(new Set(streams.map(({ status }) => status)), new Set([200]));
    const { waits: waiting } = server.services.events;
    await eventually(() => assert.equal(waiting.size, 4, `${waiting.size} requests wait`));
    assert.equal((await get('members/me/', attacker.token)).status, 200);
    await server.request('POST', `/api/0/organizations/${org.slug}/teams/`, { token: attacker.token, body: { slug: 'made' } });
    for (const wait of waits) assert.equal((await wait).body.data.length > 0, true);
  });
});
