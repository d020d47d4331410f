import assert from 'node:assert/strict';
import { putDomain } from '../../support/domains.ts';
import { eraseCompletely } from '../../support/erasures.ts';
import { eventually } from '../../support/eventually.ts';
import { aLoggedInMember } from '../../support/logged-in.ts';
import { readMails } from '../../support/mailbox.ts';
import { addMember, anOrganizationOf, aPerson, nextNumber, type Person, type ProvisionedOrg, revisionOf } from '../../support/provision.ts';
import { enableScim, patchOf, type ScimClient, scimClient, setScim } from '../../support/scim.ts';
import { changeMember, changeOrganization, changeRecords, linkIdentity } from '../../support/security-records.ts';
import { startServer, type TestServer } from '../../support/server.ts';

const errorSchema = 'urn:ietf:params:scim:api:messages:2.0:Error';
const anAddress = () => `scim-${nextNumber()}@example.com`;
const deactivate = patchOf({ op: 'replace', path: 'active', value: false });

describe('a SCIM user', () => {
  let server: TestServer;
  let org: ProvisionedOrg;
  let scim: ScimClient;

  before(async () => {
    server = await startServer();
  });
  after(() => server?.stop());
  beforeEach(async () => {
    org = await anOrganizationOf(server, await aPerson(server));
    scim = await enableScim(server, org.id);
  });

  async function provision(fields: object = {}) {
    const created = await scim('POST', '/Users', { userName: anAddress(), ...fields });
    assert.equal(created.status, 201, JSON.stringify(created.body));
    return created.body;
  }

  const memberOf = async (id: string) => {
    const { body } = await server.operate('GET', `/organizations/${org.id}/state/`);
    return body.records.find(({ kind, id: found }: { kind: string; id: string }) => kind === 'member' && found === id)?.record;
  };

  it('[12.1] begins as an invite with the default role, in the shape of Sentry', async () => {
    const userName = anAddress();
    const { status, body, headers } = await scim('POST', '/Users', {
      schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'],
      userName,
      name: { givenName: 'Ada', familyName: 'L' },
      emails: [{ primary: true, value: userName, type: 'work' }],
      externalId: 'e-1',
      active: true,
    });
    assert.equal(status, 201);
    assert.equal(headers.get('content-type'), 'application/json');
    const { meta, ...rest } = body;
    assert.deepEqual(rest, {
      schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'],
      id: body.id,
      externalId: 'e-1',
      userName,
      name: { givenName: 'N/A', familyName: 'N/A' },
      emails: [{ primary: true, value: userName, type: 'work' }],
      sentryOrgRole: 'member',
      active: true,
    });
    assert.equal(meta.location, `${server.url}/api/0/organizations/${org.id}/scim/v2/Users/${body.id}`);
    const member = await memberOf(body.id);
    assert.deepEqual([member.pending, member.flags['idp:provisioned'], member.flags['idp:role-restricted']], [true, true, false]);
    const { body: audit } = await server.request('GET', `/api/0/organizations/${org.slug}/audit-logs/?event=member.invite`, {
      token: org.owner.token,
    });
    assert.equal(audit.rows[0].actor.name, 'SCIM');
    assert.deepEqual((await scim('GET', `/Users/${body.id}`)).body, body);
  });

  it('[12.1] gets the given role, in any letter case, as a restricted role; owner and unknown roles are refused', async () => {
    const { id, sentryOrgRole } = await provision({ sentryOrgRole: 'Manager' });
    assert.equal(sentryOrgRole, 'manager');
    assert.equal((await memberOf(id)).flags['idp:role-restricted'], true);
    for (const role of ['owner', 'Owner', 'king']) {
      const { status, body } = await scim('POST', '/Users', { userName: anAddress(), sentryOrgRole: role });
      assert.deepEqual([status, body], [400, { schemas: [errorSchema], status: '400', detail: 'Invalid organization role.' }]);
      assert.equal((await scim('PUT', `/Users/${id}`, { sentryOrgRole: role })).body.detail, 'Invalid organization role.');
    }
  });

  it('[H-28] [12.1] appears by another address only in a verified domain, and a conflict of a disabled user has a reason', async () => {
    const member = await aLoggedInMember(server, org);
    const { db } = server.services;
    const domain = `company-${nextNumber()}.example`;
    const [verified, unverified, secret] = [`second@${domain}`, `third@${domain}`, anAddress()];
    for (const email of [verified, unverified, secret]) {
      await db
        .insertInto('user_emails')
        .values({ user_id: member.userId, email, is_verified: email !== unverified })
        .execute();
    }
    const find = async (email: string) => {
      const { body } = await scim('GET', `/Users?filter=${encodeURIComponent(`userName eq "${email}"`)}`);
      return body.Resources.map(({ id, userName }: { id: string; userName: string }) => [id, userName]);
    };
    const found = [[member.memberId, member.email]];
    assert.deepEqual(await find(member.email), found);
    for (const email of [verified, unverified, secret]) assert.deepEqual(await find(email), [], email);
    await putDomain(server, org.id, domain, { role: 'affiliated', status: 'pending' });
    assert.deepEqual(await find(verified), [], 'the domain is not verified yet');
    await server.services.db.updateTable('verified_domains').set({ status: 'verified' }).where('organization_id', '=', org.id).execute();
    assert.deepEqual(await find(verified.toUpperCase()), found);
    for (const email of [unverified, secret]) assert.deepEqual(await find(email), [], email);
    const conflict = async () => (await scim('POST', '/Users', { userName: verified })).body.detail;
    assert.equal(await conflict(), 'User already exists in the database.');

    await server.operate('PUT', `/users/${member.userId}/`, { isActive: false });
    await eventually(async () => assert.deepEqual(await find(verified), []));
    assert.match(await conflict(), /^User already exists in the database\. Their account is disabled on this server/);
    assert.equal((await scim('POST', '/Users', { userName: unverified })).status, 201);
  });

  it('[12.1] conflicts with a member (409) and an invite (400), and needs an address', async () => {
    const userName = anAddress();
    const first = await scim('POST', '/Users', { userName });
    const again = await scim('POST', '/Users', { userName: userName.toUpperCase() });
    assert.equal(again.status, 400);
    assert.deepEqual(JSON.parse(again.body.detail), { email: [`The user ${userName.toUpperCase()} has already been invited`] });
    assert.equal(first.status, 201);
    const member = await scim('POST', '/Users', { userName: org.owner.email });
    assert.deepEqual(
      [member.status, member.body],
      [409, { schemas: [errorSchema], status: '409', scimType: 'uniqueness', detail: 'User already exists in the database.' }],
    );
    const malformed = await scim('POST', '/Users', { userName: 'jdoe' });
    assert.deepEqual([malformed.status, JSON.parse(malformed.body.detail)], [400, { email: ['Enter a valid email address.'] }]);
    assert.deepEqual(JSON.parse((await scim('POST', '/Users', {})).body.detail), { email: ['This field is required.'] });
    assert.equal((await scim('POST', '/Users', { userName: anAddress(), active: 'False' })).status, 400);
  });

  it('[12.1] [17.18] takes over an open request for the same address, with its id', async () => {
    const member = await aPerson(server);
    await addMember(server, org, member, 'member');
    const email = anAddress();
    const path = `/api/0/organizations/${org.slug}/invite-requests/`;
    const { body: request } = await server.request('POST', path, { token: member.token, body: { email, role: 'member' } });
    const { status, body } = await scim('POST', '/Users', { userName: email, sentryOrgRole: 'admin' });
    assert.deepEqual([status, body.id, body.sentryOrgRole], [201, request.id, 'admin']);
    const after = await memberOf(body.id);
    assert.deepEqual([after.inviteStatus, after.flags['idp:provisioned'], after.flags['idp:role-restricted']], ['approved', true, true]);
  });

  it('[6.6] [12.1] stays when the member who had requested or sent the invite is removed or erased', async () => {
    const endings = [
      ({ memberId }: Person) =>
        server.request('DELETE', `/api/0/organizations/${org.slug}/members/${memberId}/`, { token: org.owner.token }),
      ({ userId }: Person) => eraseCompletely(server, userId),
    ];
    for (const end of endings) {
      const requester = await aPerson(server);
      await addMember(server, org, requester, 'manager');
      const send = (kind: string, email: string) =>
        server.request('POST', `/api/0/organizations/${org.slug}/${kind}/`, { token: requester.token, body: { email } });
      const [requested, invited, open] = [anAddress(), anAddress(), anAddress()];
      assert.equal((await send('invite-requests', requested)).status, 201);
      const created = await provision({ userName: requested });
      const adopted = (await send('members', invited)).body.id;
      assert.equal((await scim('PUT', `/Users/${adopted}`, { sentryOrgRole: 'member' })).status, 200);
      const other = (await send('members', open)).body.id;
      const { inviterName } = await memberOf(adopted);
      const { status } = await end(requester);
      assert.ok([202, 204].includes(status), `status ${status}`);
      for (const id of [created.id, adopted]) {
        assert.equal((await scim('GET', `/Users/${id}`)).status, 200);
        if (status === 202) assert.notEqual((await memberOf(id)).inviterName, inviterName, 'the name of an erased inviter is replaced');
      }
      assert.equal(await memberOf(other), undefined, 'an invite that only the member made is removed');
    }
  });

  it('[6.3] gets no mail above the daily limit of invites', async () => {
    const addresses = Array.from({ length: 102 }, anAddress);
    for (const userName of addresses) assert.equal((await scim('POST', '/Users', { userName })).status, 201);
    assert.equal(readMails(server, addresses.at(-1)!).length, 0);
    const { body } = await scim('GET', '/Users?count=1');
    assert.equal(body.totalResults, 103);
  });

  it('[12] appears in lists by address, in pages, and by filters', async () => {
    const [a, b] = [
      await provision({ userName: `a-${nextNumber()}@a.example` }),
      await provision({ userName: `B-${nextNumber()}@a.example` }),
    ];
    const { body } = await scim('GET', '/Users');
    const names = body.Resources.map(({ userName }: { userName: string }) => userName);
    assert.deepEqual([body.totalResults, body.startIndex, body.itemsPerPage], [3, 1, 3]);
    assert.deepEqual(names.toSorted(), [a.userName, b.userName, org.owner.email].toSorted());
    const page = (await scim('GET', '/Users?startIndex=2&count=1')).body;
    assert.deepEqual([page.totalResults, page.startIndex, page.itemsPerPage, page.Resources[0].userName], [3, 2, 1, names[1]]);
    for (const query of ['startIndex=9', 'count=0']) {
      const empty = (await scim('GET', `/Users?${query}`)).body;
      assert.deepEqual([empty.totalResults, empty.itemsPerPage, empty.Resources], [3, 0, []]);
    }
    assert.equal((await scim('GET', '/Users?count=5000')).body.itemsPerPage, 3);
    for (const query of ['startIndex=0', 'count=-1', 'count=x']) assert.equal((await scim('GET', `/Users?${query}`)).status, 400, query);
    const find = async (filter: string) => {
      const found = await scim('GET', `/Users?filter=${encodeURIComponent(filter)}`);
      assert.equal(found.status, 200, JSON.stringify(found.body));
      return found.body.Resources.map(({ id }: { id: string }) => id);
    };
    assert.deepEqual(await find(`userName eq "${b.userName.toUpperCase()}"`), [b.id]);
    assert.deepEqual(await find(`userName eq "${org.owner.email}"`), [org.owner.memberId]);
    assert.deepEqual(await find(`id eq "${a.id}" and active eq true`), [a.id]);
    assert.deepEqual(await find(`userName eq "${b.userName}" and userName eq "${org.owner.email}"`), []);
    assert.deepEqual(await find('active eq false'), []);
    assert.deepEqual(await find('id eq "x"'), []);
    const refused = await scim('GET', `/Users?filter=${encodeURIComponent('userName co "a"')}`);
    assert.deepEqual([refused.status, refused.body.schemas, refused.body.scimType], [400, [errorSchema], 'invalidFilter']);
  });

  it('[S-44] matches its externalId in filters only, and only in its organization', async () => {
    const victim = org.owner.memberId!;
    const user = await provision({ externalId: victim });
    assert.equal((await scim('GET', `/Users/${victim}`)).body.userName, org.owner.email);
    const { body } = await scim('GET', `/Users?filter=${encodeURIComponent(`externalId eq "${victim}"`)}`);
    assert.deepEqual(
      body.Resources.map(({ id }: { id: string }) => id),
      [user.id],
    );
    const taken = await scim('POST', '/Users', { userName: anAddress(), externalId: victim });
    assert.deepEqual([taken.status, taken.body.scimType], [409, 'uniqueness']);
    assert.equal((await scim('PATCH', `/Users/${victim}`, patchOf({ op: 'replace', path: 'externalId', value: victim }))).status, 409);
    const other = await anOrganizationOf(server, await aPerson(server));
    const theirs = await enableScim(server, other.id);
    assert.deepEqual((await theirs('GET', `/Users?filter=${encodeURIComponent(`externalId eq "${victim}"`)}`)).body.Resources, []);
    assert.equal((await theirs('POST', '/Users', { userName: anAddress(), externalId: victim })).status, 201);
    for (const id of ['name', '1', 'me', user.userName, '%00', '9999999999999999999'])
      assert.equal((await theirs('GET', `/Users/${id}`)).status, 404, id);
    for (const method of ['PATCH', 'PUT', 'DELETE'])
      assert.equal((await theirs(method, `/Users/${user.id}`, method === 'DELETE' ? undefined : deactivate)).status, 404, method);
    assert.ok(await memberOf(user.id));
  });

  it('[12.1] ends by PATCH, PUT and DELETE, and is not found afterwards', async () => {
    const [a, b, c] = [await provision(), await provision(), await provision()];
    assert.deepEqual([(await scim('PATCH', `/Users/${a.id}`, deactivate)).status], [204]);
    const put = await scim('PUT', `/Users/${b.id}`, { ...b, active: 'false' });
    assert.deepEqual([put.status, put.body.active, put.body.id], [200, false, b.id]);
    assert.equal((await scim('DELETE', `/Users/${c.id}`)).status, 204);
    for (const { id } of [a, b, c]) {
      assert.equal(await memberOf(id), undefined);
      const gone = await scim('PATCH', `/Users/${id}`, patchOf({ op: 'replace', path: 'active', value: true }));
      assert.deepEqual([gone.status, gone.body], [404, { schemas: [errorSchema], status: '404', detail: 'User not found.' }]);
    }
    assert.equal((await scim('POST', '/Users', { userName: a.userName })).status, 201);
  });

  it('[S-64] stays if a PUT with `active: false` has no `userName`', async () => {
    const user = await provision();
    for (const half of [{}, { userName: '' }, { userName: null }, { userName: 5 }, { name: { givenName: 'N/A' }, emails: [] }]) {
      for (const active of [false, 'False']) {
        const { status, body } = await scim('PUT', `/Users/${user.id}`, { ...half, active });
        assert.deepEqual(
          [status, body.schemas, body.scimType, body.status],
          [400, [errorSchema], 'invalidValue', '400'],
          JSON.stringify(half),
        );
      }
    }
    assert.ok(await memberOf(user.id));
    const put = await scim('PUT', `/Users/${user.id}`, {
      'urn:ietf:params:scim:schemas:core:2.0:User:USERNAME': user.userName,
      active: false,
    });
    assert.deepEqual([put.status, put.body.active], [200, false]);
  });

  it('[W3] [12.1] stays the same, without a revision, if only other attributes change', async () => {
    const user = await provision();
    const changes = [
      patchOf({ op: 'Replace', path: 'active', value: 'True' }),
      patchOf({ op: 'Add', path: 'emails[type eq "work"].value', value: 'x@y.example' }, { op: 'Add', path: 'name.givenName', value: 'A' }),
      patchOf({ op: 'replace', value: { active: true, 'name.familyName': 'B' } }),
      patchOf({ op: 'replace', path: 'externalId', value: 'later' }),
    ];
    const before = (await server.operate('GET', `/organizations/${org.id}/state/`)).body.revision;
    for (const change of changes) {
      const { status, body, headers } = await scim('PATCH', `/Users/${user.id}`, change);
      assert.deepEqual([status, body.userName, body.active], [200, user.userName, true]);
      assert.equal(revisionOf({ headers }), before);
    }
    assert.equal((await scim('GET', `/Users/${user.id}`)).body.externalId, 'later');
  });

  it('[12.1] gets a role by PUT as in Sentry', async () => {
    const user = await provision();
    const put = async (fields: object) =>
      (await scim('PUT', `/Users/${user.id}`, { userName: user.userName, ...fields })).body.sentryOrgRole;
    const flags = async () => {
      const { flags: found } = await memberOf(user.id);
      return [found['idp:provisioned'], found['idp:role-restricted']];
    };
    assert.equal(await put({ sentryOrgRole: 'manager' }), 'manager');
    assert.deepEqual(await flags(), [true, true]);
    assert.equal(await put({ sentryOrgRole: 'manager' }), 'manager');
    assert.equal(await put({}), 'member');
    assert.deepEqual(await flags(), [true, false]);
    await changeRecords(server, org.id, (state) => changeMember(state, user.id, { orgRole: 'admin' }));
    assert.equal(await put({ sentryOrgRole: '' }), 'admin', 'a role that an owner gave stays');
    await changeRecords(server, org.id, (state) => changeMember(state, user.id, { orgRole: 'owner' }));
    assert.equal(await put({ sentryOrgRole: 'member' }), 'owner', 'the role of an owner stays');
    assert.deepEqual(await flags(), [true, false]);
  });

  it('[S-08] [S-47] stays if it is the last owner or the last recovery owner while single sign-on is required', async () => {
    const only = await scim('DELETE', `/Users/${org.owner.memberId}`);
    const detail = 'You cannot remove the only remaining owner of the organization.';
    assert.deepEqual([only.status, only.body.detail], [403, detail]);
    assert.equal((await scim('PUT', `/Users/${org.owner.memberId}`, { userName: org.owner.email, active: false })).status, 403);
    const second = await aPerson(server);
    await addMember(server, org, second, 'owner');
    await changeRecords(server, org.id, (state) => [
      ...changeMember(state, org.owner.memberId!, { isRecoveryOwner: true }),
      ...changeOrganization(state, { requiresSso: true }),
    ]);
    assert.equal((await scim('PATCH', `/Users/${org.owner.memberId}`, deactivate)).status, 400);
    assert.equal((await scim('PATCH', `/Users/${second.memberId}`, deactivate)).status, 204);
  });

  it('[S-27] has no identity to log in with after the removal', async () => {
    const { db } = server.services;
    for (const method of ['DELETE', 'PUT']) {
      const person = await aPerson(server);
      await addMember(server, org, person, 'member');
      const identity = await linkIdentity(server, org.id, person);
      await scim(method, `/Users/${person.memberId}`, method === 'PUT' ? { userName: person.email, active: false } : undefined);
      const row = await db.selectFrom('sso_identities').select(['removed_at', 'member_id']).where('id', '=', identity).executeTakeFirst();
      assert.ok(row?.removed_at, method);
      assert.equal(row.member_id, null);
    }
  });

  it('[S-08] remains an owner if both owners are removed at once', async () => {
    for (let round = 0; round < 5; round++) {
      const other = await anOrganizationOf(server, await aPerson(server));
      const second = await aPerson(server);
      await addMember(server, other, second, 'owner');
      const theirs = await enableScim(server, other.id);
      const answers = await Promise.all([
        theirs('DELETE', `/Users/${other.owner.memberId}`),
        theirs('PATCH', `/Users/${second.memberId}`, deactivate),
      ]);
      assert.deepEqual(answers.map(({ status }) => status).toSorted(), [204, 403]);
    }
  });

  it('[12.1] omits `active` for Entra ID, and uses the media type that the client accepts', async () => {
    await setScim(server, org.id, { key: 'active-directory' });
    const user = await provision();
    assert.ok(!('active' in user));
    const { headers } = await scim('GET', '/Users', undefined, { Accept: 'application/scim+json' });
    assert.equal(headers.get('content-type'), 'application/scim+json');
    const body = JSON.stringify(patchOf({ op: 'replace', path: 'active', value: false }));
    for (const type of ['application/json', 'application/scim+json; charset=utf-8', 'application/json+scim']) {
      const { id } = await provision();
      const answer = await scim('PATCH', `/Users/${id}`, body, { 'Content-Type': type, Accept: 'application/scim+json, application/json' });
      assert.equal(answer.status, 204, type);
    }
    assert.equal((await scim('PATCH', `/Users/${user.id}`, body, { 'Content-Type': 'text/plain' })).status, 415);
  });

  it('[12] can be managed by owners too, and by no other caller', async () => {
    const { cookie } = await aLoggedInMember(server, org, 'owner');
    const users = `/api/0/organizations/${org.slug}/scim/v2/Users`;
    assert.equal((await server.request('GET', users, { cookie })).status, 200);
    assert.equal((await server.request('POST', users, { cookie, body: { userName: anAddress() } })).status, 201);
    const manager = await aPerson(server);
    await addMember(server, org, manager, 'manager');
    const minted = await server.operate('POST', `/organizations/${org.id}/tokens/`, { name: 'all', scopes: ['member:admin', 'org:admin'] });
    for (const token of [manager.token, minted.body.token, (await aPerson(server)).token]) {
      assert.equal((await server.request('GET', users, { token })).status, 403);
      assert.equal((await server.request('POST', users, { token, body: { userName: anAddress() } })).status, 403);
      assert.equal((await server.request('POST', users, { token, body: `{"userName":"${'x'.repeat(8 * 1024 * 1024)}"}` })).status, 403);
    }
    assert.equal((await server.request('GET', users)).status, 401);
    const bySlug = scimClient(server, org.slug, scim.token);
    assert.equal((await bySlug('GET', '/Users')).status, 200);
  });
});
