import assert from 'node:assert/strict';
import type { OrgRoleId } from '../../../protocol/src/index.ts';
import { addMember, anOrganizationOf, aPerson, type Person, type ProvisionedOrg, revisionOf } from '../../support/provision.ts';
import { startServer, type TestServer } from '../../support/server.ts';
import { WireReplica } from '../../support/wire-replica.ts';

describe('requests to join a team', () => {
  let server: TestServer;
  let org: ProvisionedOrg;
  let owner: Person;
  let asking: Person;
  const replicas: WireReplica[] = [];

  before(async () => {
    server = await startServer();
  });
  after(() => server?.stop());

  beforeEach(async () => {
    owner = await aPerson(server);
    org = await anOrganizationOf(server, owner);
    asking = await aMemberOf('member');
    assert.equal((await call('POST', 'teams/', { slug: 'ops' })).status, 201);
    assert.equal((await call('PUT', '', { openMembership: false })).status, 200);
  });
  afterEach(() => {
    for (const replica of replicas.splice(0)) {
      replica.check();
      replica.close();
    }
  });

  const call = (method: string, path: string, body?: unknown, by: Person = owner) =>
    server.request(method, `/api/0/organizations/${org.slug}/${path}`, { token: by.token, body });
  const send = () => call('POST', 'members/me/teams/ops/', undefined, asking);
  const requestsOf = (replica: WireReplica) => [...replica.state.recordsOf('access-request').values()];

  async function aMemberOf(orgRole: OrgRoleId): Promise<Person> {
    const person = await aPerson(server);
    await addMember(server, org, person, orgRole);
    return person;
  }

  async function openReplica(person: Person): Promise<WireReplica> {
    const replica = await WireReplica.open(server.url, person.token, org.slug);
    replicas.push(replica);
    return replica;
  }

  it('[8.5] [A1] reach only users who decide for the whole organization', async () => {
    const teamAdmin = await aMemberOf('member');
    await call('POST', `members/${teamAdmin.memberId}/teams/ops/`);
    await call('PUT', `members/${teamAdmin.memberId}/teams/ops/`, { teamRole: 'admin' });
    const deciding = await Promise.all([owner, await aMemberOf('manager')].map(openReplica));
    const others = await Promise.all([asking, teamAdmin, await aMemberOf('admin')].map(openReplica));
    const asked = await send();
    assert.equal(asked.status, 202);
    const [listed] = (await call('GET', 'access-requests/')).body;
    const [team] = (await call('GET', 'teams/')).body;
    for (const replica of [...deciding, await openReplica(owner)]) {
      await replica.reach(revisionOf(asked));
      assert.deepEqual(requestsOf(replica), [{ id: listed.id, teamId: team.id, memberId: asking.memberId, requesterId: null }]);
    }
    const decided = await call('PUT', `access-requests/${listed.id}/`, { isApproved: false });
    assert.equal(decided.status, 204);
    for (const replica of [...deciding, ...others]) {
      await replica.reach(revisionOf(decided));
      assert.deepEqual(requestsOf(replica), []);
    }
    for (const { frames } of others)
      assert.ok(!JSON.stringify(frames).includes('access-request'), 'a user who may not decide received a request');
  });

  for (const { way, close } of [
    { way: 'approval', close: async (id: string) => call('PUT', `access-requests/${id}/`, { isApproved: true }) },
    { way: 'a refusal', close: async (id: string) => call('PUT', `access-requests/${id}/`, { isApproved: false }) },
    { way: 'another member who adds them to the team', close: async () => call('POST', `members/${asking.memberId}/teams/ops/`) },
    { way: 'other teams for the member', close: async () => call('PUT', `members/${asking.memberId}/`, { teams: ['ops'] }) },
    {
      way: 'the end of the team',
      close: async () => server.request('DELETE', `/api/0/teams/${org.slug}/ops/`, { token: owner.token }),
    },
    { way: 'the end of the member', close: async () => call('DELETE', 'members/me/', undefined, asking) },
  ]) {
    it(`[8.5] [W1] end with ${way}, in the same revision`, async () => {
      const replica = await openReplica(owner);
      const asked = await send();
      const [{ id }] = (await call('GET', 'access-requests/')).body;
      await replica.reach(revisionOf(asked));
      assert.equal(requestsOf(replica).length, 1);
      const closed = await close(id);
      assert.ok(closed.status < 300, `${closed.status} ${JSON.stringify(closed.body)}`);
      await replica.reach(revisionOf(closed));
      assert.deepEqual(requestsOf(replica), []);
      const step = replica.frames.find(({ event, payload }) => event === 'step' && payload.to === revisionOf(closed));
      const about = step?.payload.changes.filter(({ kind }: { kind: string }) => kind === 'access-request');
      assert.deepEqual(about, [{ op: 'remove', kind: 'access-request', id }]);
      const { body } = await server.operate('GET', `/organizations/${org.id}/state/?audience=owner`);
      assert.deepEqual(replica.checksum(), { count: body.count, sum: body.sum });
    });
  }

  it('[A3] disappear from the view of a user who loses the role that decides', async () => {
    const manager = await aMemberOf('manager');
    const replica = await openReplica(manager);
    await replica.reach(revisionOf(await send()));
    assert.equal(requestsOf(replica).length, 1);
    const demoted = await call('PUT', `members/${manager.memberId}/`, { orgRole: 'member' });
    await replica.reach(revisionOf(demoted));
    assert.deepEqual(requestsOf(replica), []);
  });
});
