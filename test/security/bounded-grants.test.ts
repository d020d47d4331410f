import assert from 'node:assert/strict';
import { type OrgRoleId, orgRoleIds, orgRoles, type TeamRoleId } from '../../protocol/src/index.ts';
import { addMember, anOrganizationOf, aPerson, nextNumber, type Person, type ProvisionedOrg } from '../support/provision.ts';
import { startServer, type TestServer } from '../support/server.ts';

const priorityOf = (role: OrgRoleId) => orgRoles[role].priority;
const anAddress = () => `granted-${nextNumber()}@example.com`;

interface Call {
  readonly method: string;
  readonly path: string;
  readonly body: unknown;
}

describe('privilege escalation: a caller cannot grant more than they have', () => {
  // The tables make some hundred calls.

  let server: TestServer;
  let org: ProvisionedOrg;
  let people: Readonly<Record<OrgRoleId, Person>>;

  before(async () => {
    server = await startServer();
    const owner = await aPerson(server);
    org = await anOrganizationOf(server, owner);
    people = { owner, manager: await aMemberOf('manager'), admin: await aMemberOf('admin'), member: await aMemberOf('member') };
  });
  after(() => server?.stop());

  async function aMemberOf(orgRole: OrgRoleId): Promise<Person> {
    const person = await aPerson(server);
    await addMember(server, org, person, orgRole);
    return person;
  }

  const call = (by: Person, { method, path, body }: Call) =>
    server.request(method, `/api/0/organizations/${org.slug}/${path}`, { token: by.token, body });
  const granted = async (request: Call) => {
    const { status, body } = await call(people.owner, request);
    assert.ok(status < 300, `${request.method} ${request.path}: ${status} ${JSON.stringify(body)}`);
    return body;
  };
  const readState = async () => (await server.operate('GET', `/organizations/${org.id}/state/?audience=owner`)).body;

  /**
   * Every way in which a member of an organization can give `role`. Each call has a target of its
   * own.
   */
  const grants: Readonly<Record<string, (role: OrgRoleId) => Promise<Call>>> = {
    'an invite': async (orgRole) => ({ method: 'POST', path: 'members/', body: { email: anAddress(), orgRole } }),
    'an invite in the old form': async (role) => ({ method: 'POST', path: 'members/', body: { email: anAddress(), role } }),
    'another role': async (orgRole) => ({ method: 'PUT', path: `members/${(await aMemberOf('member')).memberId}/`, body: { orgRole } }),
    'another role for an invite': async (orgRole) => {
      const { id } = await granted({ method: 'POST', path: 'members/', body: { email: anAddress() } });
      return { method: 'PUT', path: `members/${id}/`, body: { orgRole } };
    },
    'the approval of a request': async (orgRole) => {
      const { id } = await granted({ method: 'POST', path: 'invite-requests/', body: { email: anAddress(), orgRole } });
      return { method: 'PUT', path: `invite-requests/${id}/`, body: { approve: true } };
    },
    'an edit of a request': async (orgRole) => {
      const { id } = await granted({ method: 'POST', path: 'invite-requests/', body: { email: anAddress() } });
      return { method: 'PUT', path: `invite-requests/${id}/`, body: { orgRole } };
    },
    'the approval of a request with another role': async (orgRole) => {
      const { id } = await granted({ method: 'POST', path: 'invite-requests/', body: { email: anAddress() } });
      return { method: 'PUT', path: `invite-requests/${id}/`, body: { approve: true, orgRole } };
    },
  };

  for (const [way, prepare] of Object.entries(grants)) {
    it(`[S-05] ${way} gives at most the caller’s own role, for every pair of roles`, async () => {
      for (const giver of orgRoleIds) {
        for (const role of orgRoleIds.filter((one) => priorityOf(one) > priorityOf(giver))) {
          const request = await prepare(role);
          const before = await readState();
          const { status } = await call(people[giver], request);
          assert.ok(status === 400 || status === 403, `${giver} gives ${role}: ${status}`);
          assert.deepEqual(await readState(), before, `${giver} gives ${role}`);
        }
      }
      assert.ok((await call(people.owner, await prepare('owner'))).status < 300, 'an owner gives all');
    });
  }

  it('[S-05] the default role gives no more, because it is ignored unless an owner sets it', async () => {
    const body = { defaultRole: 'owner' };
    for (const giver of ['member', 'admin', 'manager'] as const) await call(people[giver], { method: 'PUT', path: '', body });
    const { records } = await readState();
    assert.equal(records.find(({ kind }: { kind: string }) => kind === 'organization').record.defaultRole, 'member');
  });

  it('[S-05] the operator API gives nothing, because it rejects the token of a member', async () => {
    const before = await readState();
    const path = `/api/operator/organizations/${org.id}`;
    const line = JSON.stringify({ op: 'grant', org: org.slug, user: 'x', role: 'owner' });
    for (const { token } of Object.values(people)) {
      const headers = { 'Content-Type': 'application/x-ndjson' };
      assert.equal((await server.request('POST', `${path}/import/`, { token, body: line, headers })).status, 401);
      const body = { userId: people.member.userId, orgRole: 'owner' };
      assert.equal((await server.request('POST', `${path}/members/`, { token, body })).status, 401);
    }
    assert.deepEqual(await readState(), before);
  });

  it('[S-05] [S-07] tokens give no more: an organization’s token has scopes of its creator, a user’s token is limited by the user’s role', async () => {
    const token = (by: Person, scopes: readonly string[]) =>
      call(by, { method: 'POST', path: 'org-auth-tokens/', body: { name: `token ${nextNumber()}`, scopes } });
    for (const giver of orgRoleIds) {
      const beyond = orgRoles.owner.scopes.filter((scope) => !orgRoles[giver].scopes.includes(scope));
      for (const scope of beyond) assert.equal((await token(people[giver], [scope])).status, 400, `${giver} creates a token with ${scope}`);
      assert.equal((await token(people[giver], ['org:read', 'member:read'])).status, 201, giver);
    }
    // A user's token may name any scope. It is limited where it is used.
    const before = await readState();
    assert.equal((await call(people.member, { method: 'DELETE', path: '', body: undefined })).status, 403);
    assert.deepEqual(await readState(), before);
  });

  describe('team roles', () => {
    const places = [
      { who: 'a member who is not on it', orgRole: 'member', on: null, gives: ['contributor'] },
      { who: 'a contributor', orgRole: 'member', on: 'contributor', gives: ['contributor'] },
      { who: 'a Team Admin', orgRole: 'member', on: 'admin', gives: ['contributor', 'admin'] },
      { who: 'an admin who is not on it', orgRole: 'admin', on: null, gives: ['contributor', 'admin'] },
      { who: 'a manager who is not on it', orgRole: 'manager', on: null, gives: ['contributor', 'admin'] },
      { who: 'an owner who is not on it', orgRole: 'owner', on: null, gives: ['contributor', 'admin'] },
    ] as const;
    const mayNotEdit = { detail: "You do not have permission to edit that user's membership." };

    async function aTeam(): Promise<string> {
      const slug = `team-${nextNumber()}`;
      // The creator becomes a member of the team, so another member is tried.
      await granted({ method: 'POST', path: 'teams/', body: { slug } });
      await granted({ method: 'DELETE', path: `members/me/teams/${slug}/`, body: undefined });
      return slug;
    }
    const onTeam = (slug: string, { memberId }: Person): string => `members/${memberId}/teams/${slug}/`;
    async function put(slug: string, person: Person, teamRole: TeamRoleId | null): Promise<void> {
      await granted({ method: 'POST', path: onTeam(slug, person), body: undefined });
      if (teamRole) await granted({ method: 'PUT', path: onTeam(slug, person), body: { teamRole } });
    }

    for (const { who, orgRole, on, gives } of places) {
      it(`[S-04] [S-06] [V8.2.1] ${who} gives and takes ${gives.join(' and ')}, for each role of the target`, async () => {
        const slug = await aTeam();
        const giver = orgRole === 'owner' ? people.owner : await aMemberOf(orgRole);
        if (on) await put(slug, giver, on);
        for (const targetRole of orgRoleIds) {
          const minimum = orgRoles[targetRole].minimumTeamRole;
          for (const held of minimum === 'admin' ? ([null] as const) : ([null, 'admin'] as const)) {
            for (const wanted of ['contributor', 'admin'] as const) {
              const target = await aMemberOf(targetRole);
              await put(slug, target, held);
              const effective = held ?? minimum;
              const isAllowed = [effective, wanted].every((role) => (gives as readonly string[]).includes(role));
              const before = await readState();
              const { status, body } = await call(giver, { method: 'PUT', path: onTeam(slug, target), body: { teamRole: wanted } });
              const cell = `${who} makes a ${targetRole} who is ${effective} ${wanted}`;
              if (isAllowed) {
                const stored = wanted === 'admin' && minimum !== 'admin' ? 'admin' : null;
                assert.deepEqual([status, body], [200, { isActive: true, teamRole: stored }], cell);
              } else {
                assert.deepEqual([status, body], [400, mayNotEdit], cell);
                assert.deepEqual(await readState(), before, cell);
              }
            }
          }
        }
      });
    }

    it('[S-07] a read-only token gives no role, even if its user may', async () => {
      const slug = await aTeam();
      const target = await aMemberOf('member');
      await put(slug, target, null);
      for (const orgRole of ['admin', 'manager', 'owner'] as const) {
        const reader = await aPerson(server, { scopes: ['org:read', 'member:read', 'team:read'] });
        await addMember(server, org, reader, orgRole);
        const { status, body } = await call(reader, { method: 'PUT', path: onTeam(slug, target), body: { teamRole: 'admin' } });
        assert.deepEqual([status, body], [400, mayNotEdit], orgRole);
      }
    });
  });
});
