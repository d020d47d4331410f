import assert from 'node:assert/strict';
import { sql } from 'kysely';
import type { OrgRoleId } from '../../../protocol/src/index.ts';
import { eventually } from '../../support/eventually.ts';
import { addMember, anOrganizationOf, aPerson, type Person, type ProvisionedOrg, revisionOf } from '../../support/provision.ts';
import { startServer, type TestServer } from '../../support/server.ts';

describe('changing several members at once', () => {
  let server: TestServer;
  let owner: Person;
  let org: ProvisionedOrg;

  before(async () => {
    server = await startServer();
  });
  after(() => server?.stop());
  beforeEach(async () => {
    owner = await aPerson(server);
    org = await anOrganizationOf(server, owner);
  });

  async function someMembers(count: number, orgRole: OrgRoleId = 'member'): Promise<Person[]> {
    const people = await Promise.all(Array.from({ length: count }, () => aPerson(server)));
    for (const person of people) await addMember(server, org, person, orgRole);
    return people;
  }

  const idsOf = (people: readonly Person[]) => people.map(({ memberId }) => memberId!);
  const bulk = (body: unknown, by: Person | string = owner, headers: Record<string, string> = {}) =>
    server.request('POST', `/api/0/organizations/${org.slug}/members-bulk/`, {
      token: typeof by === 'string' ? by : by.token,
      body,
      headers,
    });
  const rolesOf = async (people: readonly Person[]) => {
    const { body } = await server.request('GET', `/api/0/organizations/${org.slug}/members/`, { token: owner.token });
    return idsOf(people).map((id) => body.find((member: { id: string }) => member.id === id)?.orgRole ?? null);
  };
  const revisionNow = async () =>
    revisionOf(await server.request('PUT', `/api/0/organizations/${org.slug}/`, { token: owner.token, body: {} }));

  it('[H-67] runs one command per member, in order, each with its own result and revision', async () => {
    const people = await someMembers(3);
    const before = await revisionNow();
    const answer = await bulk({ action: 'set-role', orgRole: 'manager', members: idsOf(people) });
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
    assert.deepEqual(
      answer.body.results,
      idsOf(people).map((id) => ({ id, status: 200, error: null })),
    );
    assert.equal(revisionOf(answer), before + 3);
    assert.deepEqual(await rolesOf(people), ['manager', 'manager', 'manager']);
  });

  it('[H-67] rejects a row with the status and body of a call for that member alone, and carries out the others', async () => {
    const [first, second] = await someMembers(2);
    const other = await anOrganizationOf(server, await aPerson(server));
    const foreign = other.owner.memberId!;
    const ids = [first!.memberId!, foreign, owner.memberId!, '999999999', second!.memberId!];
    const { body } = await bulk({ action: 'remove', members: ids });
    const missing = { detail: 'The requested resource does not exist' };
    assert.deepEqual(
      body.results.map(({ id, status }: { id: string; status: number }) => [id, status]),
      [
        [ids[0], 204],
        [foreign, 404],
        [ids[2], 403],
        ['999999999', 404],
        [ids[4], 204],
      ],
    );
    assert.deepEqual(body.results[1].error, missing);
    assert.deepEqual(await rolesOf([first!, second!, owner]), [null, null, 'owner']);
  });

  it('[H-67] adds members to a team and removes them, by its slug', async () => {
    const people = await someMembers(2);
    await server.request('POST', `/api/0/organizations/${org.slug}/teams/`, { token: owner.token, body: { slug: 'ops' } });
    const added = await bulk({ action: 'add-to-team', team: 'ops', members: idsOf(people) });
    assert.deepEqual(statusesOf(added), [201, 201]);
    const again = await bulk({ action: 'add-to-team', team: 'ops', members: idsOf(people) });
    assert.deepEqual(statusesOf(again), [204, 204]);
    const removed = await bulk({ action: 'remove-from-team', team: 'ops', members: idsOf(people) });
    assert.deepEqual(statusesOf(removed), [200, 200]);
    assert.deepEqual(statusesOf(await bulk({ action: 'add-to-team', team: 'none', members: idsOf(people) })), [404, 404]);
  });

  it('[S-06] gives no member a role above the caller’s, and rejects plain members', async () => {
    const [manager] = await someMembers(1, 'manager');
    const people = await someMembers(2);
    const raised = await bulk({ action: 'set-role', orgRole: 'owner', members: idsOf(people) }, manager);
    assert.ok(
      statusesOf(raised).every((status) => status >= 400),
      JSON.stringify(raised.body),
    );
    const byMember = await bulk({ action: 'remove', members: idsOf([manager!, people[1]!]) }, people[0]!);
    assert.ok(
      statusesOf(byMember).every((status) => status >= 400),
      JSON.stringify(byMember.body),
    );
    assert.equal((await bulk({ action: 'remove', members: idsOf(people) }, await aPerson(server))).status, 403);
    assert.deepEqual(await rolesOf([manager!, ...people]), ['manager', 'member', 'member']);
  });

  it('[S-07] requires the token scopes of the corresponding single-member route', async () => {
    const people = await someMembers(1);
    const { body } = await server.operate('POST', `/users/${owner.userId}/tokens/`, { scopes: ['team:write'] });
    const answer = await bulk({ action: 'remove', members: idsOf(people) }, body.token as string);
    assert.equal(answer.status, 403);
    assert.deepEqual(await rolesOf(people), ['member']);
  });

  it('[W5] repeats no command when the request is sent again with its key', async () => {
    const people = await someMembers(2);
    const headers = { 'Idempotency-Key': `bulk-${people[0]!.memberId}` };
    const body = { action: 'remove', members: idsOf(people) };
    const first = await bulk(body, owner, headers);
    const before = await revisionNow();
    const second = await bulk(body, owner, headers);
    assert.deepEqual(
      [statusesOf(first), statusesOf(second)],
      [
        [204, 204],
        [204, 204],
      ],
    );
    assert.equal(await revisionNow(), before);
  });

  /** Runs `meanwhile` while the request's first row waits for the organization. */
  async function whileFirstRowWaits<T>(request: () => Promise<T>, meanwhile: () => Promise<unknown>): Promise<T> {
    const { db } = server.services;
    const held = await db.transaction().execute(async (tx) => {
      await sql`SELECT 1 FROM org_heads WHERE organization_id = ${org.id} FOR UPDATE`.execute(tx);
      const requesting = request();
      await eventually(async () => {
        const { rows } = await sql`SELECT 1 FROM pg_locks WHERE NOT granted`.execute(db);
        assert.ok(rows.length > 0, 'no row waits');
      });
      await meanwhile();
      return { requesting };
    });
    return held.requesting;
  }

  it('[S-14] carries out no further row once the token of its caller has ended, or its user is disabled', async () => {
    const { body } = await server.operate('POST', `/users/${owner.userId}/tokens/`, { scopes: ['member:admin'] });
    const disabling: Promise<unknown>[] = [];
    const endings = [
      () => server.operate('DELETE', `/users/${owner.userId}/tokens/${body.id}/`),
      () => {
        // The response waits for the organization too.
        disabling.push(server.operate('PUT', `/users/${owner.userId}/`, { isActive: false }));
        return eventually(async () => {
          const users = server.services.db.selectFrom('users').select('is_active').where('id', '=', owner.userId);
          assert.equal((await users.executeTakeFirstOrThrow()).is_active, false);
        });
      },
    ];
    for (const [index, end] of endings.entries()) {
      const people = await someMembers(4);
      const by = index === 0 ? (body.token as string) : owner.token;
      const answer = await whileFirstRowWaits(() => bulk({ action: 'remove', members: idsOf(people) }, by), end);
      assert.deepEqual(statusesOf(answer).slice(1), [401, 401, 401]);
      const left = await server.services.db.selectFrom('members').select('id').where('id', 'in', idsOf(people)).execute();
      assert.ok(left.length >= 3, `${left.length} are left`);
    }
    await Promise.all(disabling);
  });

  it('[H-67] counts each row as a request of its caller', async () => {
    const { rateLimits } = server.services;
    const counted: number[] = [];
    const count = rateLimits.count.bind(rateLimits);
    rateLimits.count = (name, key, cost) => {
      if (key.startsWith('members-bulk:')) counted.push(cost!);
      return count(name, key, cost);
    };
    try {
      const members = Array.from({ length: 100 }, (_, index) => String(index + 1));
      for (let n = 0; n < 3; n++) await bulk({ action: 'remove', members });
      assert.deepEqual(counted, [100, 100, 100]);
    } finally {
      rateLimits.count = count;
    }
  });

  it('[H-67] rejects an operation that it cannot carry out as a whole, and names the wrong field', async () => {
    const many = Array.from({ length: 101 }, (_, index) => String(index + 1));
    const cases: [unknown, Record<string, unknown>][] = [
      [{}, { action: ['This field is required.'], members: ['This field is required.'] }],
      [{ action: 'promote', members: ['1'] }, { action: ['"promote" is not a valid choice.'] }],
      [{ action: 'remove', members: many }, { members: ['Ensure this field has no more than 100 elements.'] }],
      [{ action: 'remove', members: ['me'] }, { members: ['A valid integer is required.'] }],
      [{ action: 'set-role', members: ['1'] }, { orgRole: ['This field is required.'] }],
      [{ action: 'add-to-team', members: ['1'] }, { team: ['This field is required.'] }],
    ];
    for (const [body, refusal] of cases) {
      const answer = await bulk(body);
      assert.deepEqual([answer.status, answer.body], [400, refusal]);
    }
    assert.equal((await bulk({ action: 'remove', members: ['1'] }, owner, { 'If-Match': '"x.1"' })).status, 400);
  });
});

function statusesOf({ body }: { readonly body: { readonly results: readonly { readonly status: number }[] } }): number[] {
  return body.results.map(({ status }) => status);
}
