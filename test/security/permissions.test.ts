import assert from 'node:assert/strict';
import { writePermissionsFile } from '../support/permissions.ts';
import { addMember, anOrganizationOf, aPerson, type Person, type ProvisionedOrg } from '../support/provision.ts';
import { startServer, type TestServer } from '../support/server.ts';

const approve = 'invoice:approve';

describe('scopes that PERMISSIONS_FILE defines', () => {
  let server: TestServer;
  let owner: Person;
  let member: Person;
  let org: ProvisionedOrg;

  before(async () => {
    const scopes = { [approve]: { orgRoles: ['member', 'owner'], teamRoles: ['contributor', 'admin'] } };
    server = await startServer({ PERMISSIONS_FILE: writePermissionsFile({ version: 1, scopes }) });
    [owner, member] = [await aPerson(server), await aPerson(server)];
    org = await anOrganizationOf(server, owner);
    await addMember(server, org, member, 'member');
  });
  after(() => server?.stop());

  const decide = (query: string, token?: string) =>
    server.request('GET', `/api/0/organizations/${org.slug}/can/?scope=${approve}&${query}`, token === undefined ? {} : { token });

  it('[S-61] count only for callers with access, and by what belongs to the organization', async () => {
    const outsider = await aPerson(server);
    const other = await anOrganizationOf(server, outsider);
    const team = await server.request('POST', `/api/0/organizations/${other.slug}/teams/`, {
      token: outsider.token,
      body: { slug: 'theirs' },
    });
    const query = `userId=${member.userId}`;
    assert.equal((await decide(query)).status, 401);
    assert.equal((await decide(query, outsider.token)).status, 403);
    assert.deepEqual((await decide(query, owner.token)).body.why, 'org-role');
    assert.deepEqual((await decide(`${query}&teamId=${team.body.id}`, owner.token)).body.why, 'no-team');
    assert.deepEqual((await decide(`memberId=${outsider.memberId}`, owner.token)).body.why, 'not-a-member');
    assert.deepEqual((await decide(`userId=${outsider.userId}`, owner.token)).body.why, 'not-a-member');
  });

  it('[S-61] lead to a denial if they are not defined, and to a refusal if the name is reserved', async () => {
    const send = (scope: string) =>
      server.request('GET', `/api/0/organizations/${org.slug}/can/?userId=${owner.userId}&scope=${scope}`, { token: owner.token });
    assert.deepEqual((await send('invoice:fly')).body.why, 'missing-scope');
    for (const scope of ['org:fly', 'invoice', '__proto__', 'constructor', `${approve}%00`, `a:${'b'.repeat(40)}`])
      assert.equal((await send(scope)).status, 400, scope);
  });

  it('[S-61] cannot occur in a token', async () => {
    const body = { name: 'token', scopes: [approve] };
    for (const answer of [
      await server.request('POST', '/api/0/api-tokens/', { token: owner.token, body }),
      await server.request('POST', `/api/0/organizations/${org.slug}/org-auth-tokens/`, { token: owner.token, body }),
      await server.operate('POST', `/users/${owner.userId}/tokens/`, body),
    ]) {
      assert.ok(answer.status === 400 || answer.status === 403, `${answer.status} ${JSON.stringify(answer.body)}`);
    }
  });

  it('[S-61] occur in no list of scopes', async () => {
    const on = `/api/0/organizations/${org.slug}`;
    const team = await server.request('POST', `${on}/teams/`, { token: owner.token, body: { slug: 'red' } });
    const paths = [`${on}/`, `${on}/members/${member.memberId}/`, `${on}/teams/`, `/api/0/teams/${org.slug}/${team.body.slug}/`];
    for (const path of paths) {
      const { status, body } = await server.request('GET', path, { token: owner.token });
      assert.equal(status, 200, path);
      assert.doesNotMatch(JSON.stringify(body), /invoice/, path);
    }
  });
});
