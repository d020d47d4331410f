import assert from 'node:assert/strict';
import { eventually } from '../../support/eventually.ts';
import { addMember, anOrganizationOf, aPerson, nextNumber, type Person, type ProvisionedOrg } from '../../support/provision.ts';
import { enableScim } from '../../support/scim.ts';
import { addAuthProvider, changeMember, changeRecords, enforceChanges, lockOut } from '../../support/security-records.ts';
import { startServer, type TestServer } from '../../support/server.ts';
import { WireReplica } from '../../support/wire-replica.ts';

describe("the operator's members", () => {
  let server: TestServer;
  let owner: Person;
  let org: ProvisionedOrg;
  let path: string;
  before(async () => {
    server = await startServer();
  });
  after(() => server?.stop());
  beforeEach(async () => {
    owner = await aPerson(server);
    org = await anOrganizationOf(server, owner);
    path = `/organizations/${org.slug}/members/`;
    for (const slug of ['red', 'blue']) {
      const made = await server.request('POST', `/api/0/organizations/${org.slug}/teams/`, { token: owner.token, body: { slug } });
      assert.equal(made.status, 201);
    }
  });

  const aUser = async () => {
    const externalId = `member-${nextNumber()}`;
    const { body } = await server.operate('PUT', `/users/external:${externalId}/`, { email: `${externalId}@example.com` });
    return { id: body.id as string, externalId };
  };
  const revision = async () => (await server.operate('GET', `/organizations/${org.id}/state/`)).body.revision;

  it('join by the first PUT, and get another role and other teams by later ones, one revision each', async () => {
    const { id, externalId } = await aUser();
    const put = (body: object) => server.operate('PUT', `${path}external:${externalId}/`, body);
    const start = await revision();
    const joined = await put({ orgRole: 'manager', teams: ['red'] });
    assert.deepEqual([joined.status, joined.body.orgRole, joined.body.teams], [201, 'manager', ['red']]);
    assert.deepEqual([joined.body.user.id, joined.body.user.externalId], [id, externalId]);
    const same = await put({ orgRole: 'manager', teams: ['red'] });
    assert.deepEqual([same.status, same.body], [200, joined.body]);
    assert.equal(await revision(), start + 1, '[W3] the same PUT makes no revision');
    const changed = await server.operate('PUT', `${path}${id}/`, { orgRole: 'member', teams: ['blue'] });
    assert.deepEqual([changed.status, changed.body.orgRole, changed.body.teams], [200, 'member', ['blue']]);
    assert.deepEqual((await put({})).body.teams, ['blue'], 'absent fields stay');
    assert.equal(await revision(), start + 2);
    assert.deepEqual((await put({ orgRole: 'king', teams: ['green'] })).status, 400);
    assert.deepEqual((await put({ teams: ['green'] })).body, { teams: ['Invalid teams'] });
  });

  it('[5.6] keep the locked-out member of another user who had the address of the new one', async () => {
    const [former, person] = [await aPerson(server), await aPerson(server)];
    await addMember(server, org, former, 'manager');
    await lockOut(server, org.id, former.memberId!, person.email);
    assert.equal((await server.operate('PUT', `${path}${person.userId}/`, { orgRole: 'member' })).status, 201);
    const kept = await server.request('GET', `/api/0/organizations/${org.slug}/members/${former.memberId}/`, { token: owner.token });
    assert.deepEqual([kept.status, kept.body.orgRole, kept.body.pending], [200, 'manager', true]);
  });

  it('[5.6] keep the role and the teams that a PUT does not name after a required second factor detached them', async () => {
    await server.operate('POST', `/users/${owner.userId}/authenticators/`, { type: 'totp' });
    const given = [{}, { orgRole: 'manager' }, { teams: ['blue'] }];
    const people: { person: Person; id: string; body: object }[] = [];
    for (const body of given) {
      const person = await aPerson(server);
      const joined = await server.operate('PUT', `${path}${person.userId}/`, { orgRole: 'admin', teams: ['red'] });
      people.push({ person, id: joined.body.id, body });
    }
    const required = await server.request('PUT', `/api/0/organizations/${org.slug}/`, { token: owner.token, body: { require2FA: true } });
    assert.equal(required.status, 200);

    const after: unknown[] = [];
    for (const { person, id, body } of people) {
      const put = await server.operate('PUT', `${path}${person.userId}/`, body);
      assert.deepEqual([put.status, put.body.id], [201, id]);
      after.push([put.body.orgRole, put.body.teams]);
    }
    assert.deepEqual(after, [
      ['admin', ['red']],
      ['manager', ['red']],
      ['admin', ['blue']],
    ]);
    const { userId, token } = people[0]!.person;
    const read = async () => (await server.request('GET', `/api/0/organizations/${org.slug}/`, { token })).status;
    assert.equal(await read(), 401);
    await server.operate('POST', `/users/${userId}/authenticators/`, { type: 'totp' });
    assert.equal(await read(), 200);
  });

  it('[A1] lose their subscriptions when they are removed', async () => {
    const person = await aPerson(server);
    await server.operate('PUT', `${path}${person.userId}/`, {});
    const replica = await WireReplica.open(server.url, person.token, org.slug);
    assert.equal((await server.operate('DELETE', `${path}${person.userId}/`)).status, 204);
    await eventually(() => assert.equal(replica.revoked?.reason, 'removed'));
    assert.equal((await server.operate('DELETE', `${path}${person.userId}/`)).status, 404);
    assert.equal((await server.operate('DELETE', `${path}external:unknown/`)).status, 404);
    replica.socket.close();
  });

  it('[17.24] can be removed after a required second factor locked them out, so that setting one up does not reinstate them', async () => {
    const [person, heir] = [await aPerson(server), await aPerson(server)];
    await addMember(server, org, person, 'manager');
    await lockOut(server, org.id, person.memberId!, person.email);
    const headers = { 'Idempotency-Key': `remove-${person.userId}` };
    const remove = () => server.request('DELETE', `/api/operator${path}${person.userId}/`, { token: server.operatorToken, headers });
    assert.equal((await remove()).status, 204);
    assert.equal((await remove()).status, 204, '[W5] a repeated request gets the first response');
    assert.equal((await server.operate('DELETE', `${path}${person.userId}/`)).status, 404);
    await server.operate('POST', `/users/${person.userId}/authenticators/`, { type: 'totp' });
    const read = await server.request('GET', `/api/0/organizations/${org.slug}/`, { token: person.token });
    assert.equal(read.status, 403);
    const audit = (await server.request('GET', `/api/0/organizations/${org.slug}/audit-logs/`, { token: owner.token })).body.rows[0];
    assert.deepEqual([audit.event, audit.targetObject], ['member.remove', Number(person.memberId)]);

    await addMember(server, org, heir, 'member');
    await lockOut(server, org.id, heir.memberId!, heir.email);
    const kept = await server.operate('PUT', `${path}${heir.userId}/`, {});
    assert.deepEqual([kept.status, kept.body.id], [201, heir.memberId], 'the removal concerned one user');
  });

  it('[17.24] disappear together with a locked-out member of the same user, who joined again under another address', async () => {
    const [person, former] = [await aPerson(server), await aPerson(server)];
    await addMember(server, org, former, 'manager');
    await lockOut(server, org.id, former.memberId!, former.email);
    await changeRecords(server, org.id, (state) =>
      changeMember(state, former.memberId!, { detachedUser: { id: person.userId, name: 'The same person' } }),
    );
    await addMember(server, org, person, 'member');
    assert.equal((await server.operate('DELETE', `${path}${person.userId}/`)).status, 204);
    await server.operate('POST', `/users/${person.userId}/authenticators/`, { type: 'totp' });
    const read = await server.request('GET', `/api/0/organizations/${org.slug}/`, { token: person.token });
    assert.equal(read.status, 403);
  });

  it('[S-08] always include an owner: the last one can be neither demoted nor removed', async () => {
    const { id } = await aUser();
    for (const refused of [
      await server.operate('PUT', `${path}${owner.userId}/`, { orgRole: 'manager' }),
      await server.operate('DELETE', `${path}${owner.userId}/`),
    ]) {
      assert.deepEqual([refused.status, refused.headers.get('x-sentry-error')], [409, 'last-owner']);
    }
    await server.operate('PUT', `${path}${id}/`, { orgRole: 'owner' });
    assert.equal((await server.operate('PUT', `${path}${owner.userId}/`, { orgRole: 'member' })).status, 200);
    assert.equal((await server.operate('DELETE', `${path}${owner.userId}/`)).status, 204);
  });

  it('[6.5] [6.6] get another role and are removed although the organization’s identity provider manages them', async () => {
    const person = await aPerson(server);
    await addMember(server, org, person, 'member');
    const scim = await enableScim(server, org.id);
    assert.equal((await scim('PUT', `/Users/${person.memberId}`, { sentryOrgRole: 'manager' })).status, 200);
    const byOwner = (method: string, body?: object) =>
      server.request(method, `/api/0${path}${person.memberId}/`, { token: owner.token, body });
    assert.deepEqual([(await byOwner('PUT', { orgRole: 'member' })).status, (await byOwner('DELETE')).status], [403, 403]);

    const changed = await server.operate('PUT', `${path}${person.userId}/`, { orgRole: 'admin' });
    assert.deepEqual([changed.status, changed.body.orgRole], [200, 'admin']);
    assert.equal((await server.operate('DELETE', `${path}${person.userId}/`)).status, 204);
  });

  it('[S-59] get another role, are removed and are erased although they are the last recovery owner', async () => {
    await addAuthProvider(server, org.id);
    await changeRecords(server, org.id, enforceChanges);
    const aRecoveryOwner = async () => {
      const person = await aPerson(server);
      await addMember(server, org, person, 'owner');
      await changeRecords(server, org.id, (state) => changeMember(state, person.memberId!, { isRecoveryOwner: true }));
      return person.userId;
    };
    assert.equal((await server.operate('PUT', `${path}${await aRecoveryOwner()}/`, { orgRole: 'member' })).status, 200);
    assert.equal((await server.operate('DELETE', `${path}${await aRecoveryOwner()}/`)).status, 204);
    assert.equal((await server.operate('DELETE', `/users/${await aRecoveryOwner()}/?mode=erase`)).status, 202);
  });

  it('appear in the list also with a disabled user, and in a search by the external id, which members cannot use', async () => {
    const { id, externalId } = await aUser();
    await server.operate('PUT', `${path}${id}/`, { teams: ['red'] });
    await server.operate('PUT', `/users/${id}/`, { isActive: false });
    const all = await server.operate('GET', path);
    assert.deepEqual(
      all.body.map((one: { user: { id: string; externalId: string | null } }) => [one.user.id, one.user.externalId]),
      [
        [owner.userId, null],
        [id, externalId],
      ],
    );
    assert.deepEqual(all.body[1].teams, ['red']);
    const query = `?query=externalId:${externalId}`;
    assert.deepEqual((await server.operate('GET', `${path}${query}`)).body, [all.body[1]]);
    await server.operate('PUT', `/users/${id}/`, { isActive: true });
    const own = await server.request('GET', `/api/0${path}${query}`, { token: owner.token });
    assert.deepEqual([own.status, own.body], [200, []]);
  });
});
