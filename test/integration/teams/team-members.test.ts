import assert from 'node:assert/strict';
import type { OrgRoleId, TeamRoleId } from '../../../protocol/src/index.ts';
import { addMember, anOrganizationOf, aPerson, nextNumber, type Person, type ProvisionedOrg, revisionOf } from '../../support/provision.ts';
import { startServer, type TestServer } from '../../support/server.ts';

const denied = { detail: 'You do not have permission to perform this action.' };
const missing = { detail: 'The requested resource does not exist' };
const managed = { detail: "This team is managed through your organization's identity provider." };
const mayNotEdit = { detail: "You do not have permission to edit that user's membership." };

describe('team membership over REST', () => {
  let server: TestServer;
  let org: ProvisionedOrg;
  let owner: Person;
  let plain: Person;
  let other: Person;

  before(async () => {
    server = await startServer();
  });
  after(() => server?.stop());

  beforeEach(async () => {
    owner = await aPerson(server);
    org = await anOrganizationOf(server, owner);
    plain = await aMemberOf('member');
    other = await aMemberOf('member');
    assert.equal((await call('POST', `/organizations/${org.slug}/teams/`, owner, { slug: 'ops' })).status, 201);
  });

  async function aMemberOf(orgRole: OrgRoleId): Promise<Person> {
    const person = await aPerson(server);
    await addMember(server, org, person, orgRole);
    return person;
  }

  const call = (method: string, path: string, by: Person | string, body?: unknown) =>
    server.request(method, `/api/0${path}`, { token: typeof by === 'string' ? by : by.token, body });
  /** `member` as in the path: an id, or `me`. */
  const onPlace = (method: string, member: string, by: Person | string, body?: unknown, team = 'ops') =>
    call(method, `/organizations/${org.slug}/members/${member}/teams/${team}/`, by, body);
  const closeMembership = async () =>
    assert.equal((await call('PUT', `/organizations/${org.slug}/`, owner, { openMembership: false })).status, 200);
  const teamAsSeenBy = async (person: Person) =>
    (await call('GET', `/organizations/${org.slug}/teams/?query=slug:ops`, person)).body[0] as Record<string, unknown>;
  const requests = () =>
    server.services.db.selectFrom('access_requests').select(['member_id', 'requester_id']).where('organization_id', '=', org.id).execute();

  async function put(person: Person, teamRole?: TeamRoleId): Promise<void> {
    assert.equal((await onPlace('POST', person.memberId!, owner)).status, 201);
    if (teamRole) assert.equal((await onPlace('PUT', person.memberId!, owner, { teamRole })).status, 200);
  }

  describe('joining', () => {
    it('[8.4] adds a member on their own request, and returns no content for the second request', async () => {
      const joined = await onPlace('POST', 'me', plain);
      assert.equal(joined.status, 201);
      assert.deepEqual(
        [joined.body.slug, joined.body.isMember, joined.body.teamRole, joined.body.memberCount],
        ['ops', true, 'contributor', 2],
      );
      const again = await onPlace('POST', 'me', plain);
      assert.deepEqual(pick(again), { status: 204, body: '' });
      assert.equal(revisionOf(again), revisionOf(joined));
    });

    it('[8.4] allows any member to add any other with open membership', async () => {
      const added = await onPlace('POST', other.memberId!, plain);
      assert.deepEqual([added.status, added.body.isMember], [201, false]);
    });

    for (const { who, orgRole, on, status } of [
      { who: 'a plain member', orgRole: 'member', on: null, status: 202 },
      { who: 'a contributor', orgRole: 'member', on: 'contributor', status: 202 },
      { who: 'a Team Admin', orgRole: 'member', on: 'admin', status: 201 },
      { who: 'an old admin not on it', orgRole: 'admin', on: null, status: 202 },
      { who: 'an old admin on it', orgRole: 'admin', on: 'contributor', status: 201 },
      { who: 'a manager', orgRole: 'manager', on: null, status: 201 },
      { who: 'an owner', orgRole: 'owner', on: null, status: 201 },
    ] as const) {
      it(`[8.4] returns ${status} with closed membership if ${who} adds another member`, async () => {
        await closeMembership();
        const person = await aMemberOf(orgRole);
        if (on) await put(person, on);
        assert.equal((await onPlace('POST', other.memberId!, person)).status, status);
        assert.equal((await onPlace('GET', other.memberId!, owner)).status, status === 201 ? 200 : 404);
      });
    }

    it('[8.4] keeps the request of the first requester, and creates no revision for another one', async () => {
      await closeMembership();
      const asked = await onPlace('POST', other.memberId!, plain);
      assert.deepEqual(pick(asked), { status: 202, body: '' });
      assert.equal(asked.headers.get('content-type'), null);
      const again = await onPlace('POST', 'me', other);
      assert.equal(again.status, 202);
      assert.equal(revisionOf(again), revisionOf(asked));
      assert.deepEqual(await requests(), [{ member_id: other.memberId, requester_id: plain.userId }]);
    });

    it('[8.4] names no requester for a member’s own request, and shows the member that it is pending', async () => {
      await closeMembership();
      assert.equal((await teamAsSeenBy(plain)).isPending, false);
      await onPlace('POST', 'me', plain);
      assert.deepEqual(await requests(), [{ member_id: plain.memberId, requester_id: null }]);
      assert.equal((await teamAsSeenBy(plain)).isPending, true);
      assert.equal((await teamAsSeenBy(other)).isPending, false);
    });

    it('[8.4] closes the request for the same membership', async () => {
      await closeMembership();
      await onPlace('POST', 'me', plain);
      await put(plain);
      assert.deepEqual(await requests(), []);
    });

    it('[8.4] does not change a team of the identity provider', async () => {
      await call('POST', `/organizations/${org.slug}/teams/`, owner, { slug: 'synced', idp_provisioned: true });
      assert.deepEqual(pick(await onPlace('POST', plain.memberId!, owner, undefined, 'synced')), { status: 403, body: managed });
      assert.equal((await onPlace('POST', 'me', owner, undefined, 'synced')).status, 204);
      assert.deepEqual(pick(await onPlace('DELETE', 'me', owner, undefined, 'synced')), { status: 403, body: managed });
    });

    it('[6.1] returns 404 for an outsider, and for `me` with a token without a user', async () => {
      const stranger = await aPerson(server);
      const elsewhere = await anOrganizationOf(server, stranger);
      const { body: token } = await server.operate('POST', `/organizations/${org.id}/tokens/`, {
        name: `token ${nextNumber()}`,
        scopes: ['org:write'],
      });
      for (const [member, by] of [
        [stranger.memberId!, owner],
        ['a-member', owner],
        ['99999999999999999999', owner],
        ['me', token.token],
        [plain.memberId!, token.token],
      ] as const) {
        for (const method of ['GET', 'POST', 'PUT', 'DELETE']) {
          assert.deepEqual(pick(await onPlace(method, member, by, method === 'PUT' ? {} : undefined)), { status: 404, body: missing });
        }
      }
      assert.equal((await call('POST', `/organizations/${elsewhere.slug}/members/me/teams/ops/`, owner)).status, 403);
      assert.deepEqual(pick(await onPlace('POST', 'me', plain, undefined, 'no-such-team')), { status: 404, body: missing });
    });

    it('[3.1] requires a token with org:read, org:write or team:write', async () => {
      const person = await aPerson(server, { scopes: ['member:read', 'team:read'] });
      await addMember(server, org, person, 'member');
      assert.deepEqual(pick(await onPlace('POST', 'me', person)), { status: 403, body: denied });
    });
  });

  describe('the role on a team', () => {
    beforeEach(() => put(plain));

    it('[8.4] can be read and set', async () => {
      assert.deepEqual(pick(await onPlace('GET', plain.memberId!, other)), { status: 200, body: { isActive: true, teamRole: null } });
      const set = await onPlace('PUT', plain.memberId!, owner, { teamRole: 'admin' });
      assert.deepEqual(pick(set), { status: 200, body: { isActive: true, teamRole: 'admin' } });
      assert.deepEqual((await onPlace('GET', plain.memberId!, other)).body, { isActive: true, teamRole: 'admin' });
    });

    it('[8.4] reads null if the org role already gives it', async () => {
      const manager = await aMemberOf('manager');
      await put(manager);
      const set = await onPlace('PUT', manager.memberId!, owner, { teamRole: 'admin' });
      assert.deepEqual(pick(set), { status: 200, body: { isActive: true, teamRole: null } });
    });

    it('[8.4] stays unchanged without a role in the body, and creates no revision', async () => {
      const before = revisionOf(await onPlace('PUT', plain.memberId!, owner, { teamRole: 'admin' }));
      const same = await onPlace('PUT', plain.memberId!, other, {});
      assert.deepEqual(pick(same), { status: 200, body: { isActive: true, teamRole: 'admin' } });
      assert.equal(revisionOf(same), before);
    });

    for (const { teamRole, text } of [
      { teamRole: 'chief', text: '"chief" is not a valid choice.' },
      { teamRole: null, text: 'This field may not be null.' },
    ]) {
      it(`[8.4] cannot be ${JSON.stringify(teamRole)}`, async () => {
        assert.deepEqual(pick(await onPlace('PUT', plain.memberId!, owner, { teamRole })), { status: 400, body: { teamRole: [text] } });
      });
    }

    it('[8.4] cannot be given or taken by members below it', async () => {
      assert.deepEqual(pick(await onPlace('PUT', plain.memberId!, other, { teamRole: 'admin' })), { status: 400, body: mayNotEdit });
      assert.deepEqual(pick(await onPlace('PUT', 'me', plain, { teamRole: 'admin' })), { status: 400, body: mayNotEdit });
    });

    it('[8.4] returns 404 for a user who is not on the team', async () => {
      for (const method of ['GET', 'PUT']) {
        const answer = await onPlace(method, other.memberId!, owner, method === 'PUT' ? { teamRole: 'admin' } : undefined);
        assert.deepEqual(pick(answer), { status: 404, body: missing });
      }
    });
  });

  describe('leaving', () => {
    beforeEach(() => put(plain));

    it('[8.4] always succeeds for a member’s own membership, and returns the team without it', async () => {
      await closeMembership();
      const { status, body } = await onPlace('DELETE', 'me', plain);
      assert.deepEqual([status, body.slug, body.isMember, body.teamRole, body.memberCount], [200, 'ops', false, null, 1]);
      assert.equal((await onPlace('GET', plain.memberId!, owner)).status, 404);
    });

    for (const { who, orgRole, on, status } of [
      { who: 'a plain member', orgRole: 'member', on: null, status: 400 },
      { who: 'a contributor', orgRole: 'member', on: 'contributor', status: 400 },
      { who: 'a Team Admin', orgRole: 'member', on: 'admin', status: 200 },
      { who: 'an old admin not on it', orgRole: 'admin', on: null, status: 400 },
      { who: 'an old admin on it', orgRole: 'admin', on: 'contributor', status: 200 },
      { who: 'a manager', orgRole: 'manager', on: null, status: 200 },
      { who: 'an owner', orgRole: 'owner', on: null, status: 200 },
    ] as const) {
      it(`[8.4] returns ${status} if ${who} removes another member`, async () => {
        const person = await aMemberOf(orgRole);
        if (on) await put(person, on);
        const { status: given, body } = await onPlace('DELETE', plain.memberId!, person);
        assert.equal(given, status);
        if (status === 400) assert.deepEqual(body, mayNotEdit);
        else assert.equal(body.slug, 'ops');
      });
    }

    for (const { orgRole, scope, status } of [
      { orgRole: 'manager', scope: 'org:write', status: 200 },
      { orgRole: 'manager', scope: 'team:admin', status: 200 },
      { orgRole: 'owner', scope: 'org:admin', status: 200 },
      { orgRole: 'owner', scope: 'team:admin', status: 200 },
      { orgRole: 'admin', scope: 'team:admin', status: 400 },
      { orgRole: 'owner', scope: 'org:read', status: 400 },
    ] as const) {
      it(`[8.4] [S-07] returns ${status} if ${orgRole}, not on it, removes a member with a token for ${scope}`, async () => {
        const person = await aPerson(server, { scopes: [scope] });
        await addMember(server, org, person, orgRole);
        const answer = await onPlace('DELETE', plain.memberId!, person);
        assert.equal(answer.status, status, JSON.stringify(answer.body));
        // The decision is the same for a user who is not on the team.
        assert.equal((await onPlace('DELETE', other.memberId!, person)).status, status);
        if (status === 400) assert.deepEqual(answer.body, mayNotEdit);
      });
    }

    it('[8.4] returns the team without a revision for a user who is not on it', async () => {
      const before = revisionOf(await onPlace('DELETE', plain.memberId!, owner));
      const again = await onPlace('DELETE', plain.memberId!, owner);
      assert.deepEqual([again.status, again.body.slug, revisionOf(again)], [200, 'ops', before]);
    });
  });
});

function pick({ status, body }: { status: number; body: unknown }) {
  return { status, body };
}
