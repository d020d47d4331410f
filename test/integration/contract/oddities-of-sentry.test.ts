import assert from 'node:assert/strict';
import type { Scope } from '../../../protocol/src/index.ts';
import { addMember, anOrganizationOf, aPerson, nextNumber, type Person, type ProvisionedOrg } from '../../support/provision.ts';
import { startServer, type TestResponse, type TestServer } from '../../support/server.ts';
import { WireReplica } from '../../support/wire-replica.ts';

const answerOf = ({ status, body }: TestResponse) => [status, body];

/** REST contract 17, where no other test covers it, and the implied scopes of 3.2. */
describe('the oddities of Sentry', () => {
  let server: TestServer;
  let owner: Person;
  let manager: Person;
  let plain: Person;
  let org: ProvisionedOrg;

  before(async () => {
    server = await startServer();
  });
  after(() => server?.stop());
  beforeEach(async () => {
    [owner, manager, plain] = [await aPerson(server), await aPerson(server), await aPerson(server)];
    org = await anOrganizationOf(server, owner);
    await addMember(server, org, manager, 'manager');
    await addMember(server, org, plain, 'member');
    await call('POST', 'teams/', owner, { slug: 'ops' });
  });

  const call = (method: string, path: string, by: Person, body?: unknown) =>
    server.request(method, `/api/0/organizations/${org.slug}/${path}`, { token: by.token, body });
  const anAddress = () => `invitee-${nextNumber()}@example.com`;

  it('[17.3] a request stays unchanged, including its edits, if its approval is rejected', async () => {
    const { body: asked } = await call('POST', 'invite-requests/', plain, { email: anAddress() });
    const path = `invite-requests/${asked.id}/`;
    const before = (await call('GET', path, manager)).body;
    const refused = await call('PUT', path, manager, { orgRole: 'owner', teams: ['ops'], approve: true });
    assert.equal(refused.status, 400);
    assert.deepEqual((await call('GET', path, manager)).body, before);
  });

  it('[17.4] a request accepts the role under either name', async () => {
    for (const key of ['role', 'orgRole']) {
      const { status, body } = await call('POST', 'invite-requests/', plain, { email: anAddress(), [key]: 'manager' });
      assert.deepEqual([status, body.orgRole], [201, 'manager'], key);
    }
  });

  it('[17.7] the last owner may leave while a manager remains, but not the last member who is either', async () => {
    assert.equal((await call('DELETE', 'members/me/', owner)).status, 204);
    const detail = 'You cannot remove the only remaining owner or manager of the organization.';
    assert.deepEqual(answerOf(await call('DELETE', 'members/me/', manager)), [403, { detail }]);
  });

  it('[17.9] a plain member creates and renames tokens of the organization, and removes none', async () => {
    const made = await call('POST', 'org-auth-tokens/', plain, { name: 'build' });
    assert.deepEqual([made.status, made.body.scopes], [201, ['org:ci']]);
    const path = `org-auth-tokens/${made.body.id}/`;
    assert.equal((await call('PUT', path, plain, { name: 'renamed' })).status, 204);
    assert.equal((await call('DELETE', path, plain)).status, 403);
  });

  it('[17.11] joining a team returns 201, 204 for a member of the team and 202 for a request; leaving a team without membership returns 200', async () => {
    const team = 'teams/ops/';
    assert.equal((await call('POST', `members/me/${team}`, plain)).status, 201);
    assert.equal((await call('POST', `members/me/${team}`, plain)).status, 204);
    assert.equal((await call('DELETE', `members/me/${team}`, plain)).status, 200);
    assert.equal((await call('DELETE', `members/me/${team}`, plain)).status, 200);
    await call('PUT', '', owner, { openMembership: false });
    assert.deepEqual(answerOf(await call('POST', `members/me/${team}`, plain)), [202, '']);
  });

  it('[17.12] a change of a protected role is rejected with a text under `role`', async () => {
    const refused = await call('PUT', `members/${owner.memberId}/`, manager, { orgRole: 'member' });
    assert.deepEqual(answerOf(refused), [403, { role: 'You do not have permission to assign a role to the given user.' }]);
  });

  it('[17.17] a malformed item of teamRoles returns 400 on the field', async () => {
    for (const teamRoles of [[{}], ['ops'], [{ role: 'admin' }], [null]]) {
      const { status, body } = await call('POST', 'members/', owner, { email: anAddress(), teamRoles });
      assert.deepEqual([status, Object.keys(body)], [400, ['teamRoles']], JSON.stringify(teamRoles));
    }
  });

  it('[17.21] an outsider gets 403 for an existing organization and 404 for an unknown one, and on the socket the same for both', async () => {
    const outsider = await aPerson(server);
    const send = (slug: string) => server.request('GET', `/api/0/organizations/${slug}/`, { token: outsider.token });
    assert.deepEqual([(await send(org.slug)).status, (await send('no-such-organization')).status], [403, 404]);
    const socket = await WireReplica.connect(server.url, outsider.token);
    const answers = [await socket.subscribe(org.slug), await socket.subscribe('no-such-organization')];
    assert.deepEqual(answers, [answers[0], answers[0]]);
    assert.equal(answers[0]!.mode, 'denied');
    socket.close();
  });

  const implied: readonly (readonly [Scope, readonly Scope[]])[] = [
    ['org:write', ['org:read']],
    ['org:admin', ['org:read', 'org:write', 'org:integrations']],
    ['member:invite', ['member:read']],
    ['member:write', ['member:read', 'member:invite']],
    ['member:admin', ['member:read', 'member:invite', 'member:write']],
    ['team:write', ['team:read']],
    ['team:admin', ['team:read', 'team:write']],
    ['project:write', ['project:read']],
    ['project:admin', ['project:read', 'project:write']],
    ['event:write', ['event:read']],
    ['event:admin', ['event:read', 'event:write']],
    ['alerts:write', ['alerts:read']],
    ...(['org:read', 'org:integrations', 'org:ci', 'member:read', 'team:read', 'project:read', 'project:releases'] as const).map(
      (scope) => [scope, []] as const,
    ),
  ];

  it('[3.2] a token also has the scopes that its own scopes imply, and no others', async () => {
    for (const [scope, more] of implied) {
      const { body } = await server.operate('POST', `/users/${plain.userId}/tokens/`, { scopes: [scope] });
      const { auth } = (await server.request('GET', '/api/0/', { token: body.token })).body;
      assert.deepEqual(auth.scopes, [scope, ...more].toSorted(), scope);
    }
  });
});
