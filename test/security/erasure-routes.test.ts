import assert from 'node:assert/strict';
import { ageLogin, aLoggedInMember, anOrgWithOwner, type OrgWithOwner } from '../support/logged-in.ts';
import { addMember, aPerson } from '../support/provision.ts';
import { startServer, type TestServer } from '../support/server.ts';

/** The mail stays in the queue. */
const never = '2100-01-01T00:00:00Z';

describe('the routes that erase a person', () => {
  let server: TestServer;
  let org: OrgWithOwner;

  before(async () => {
    server = await startServer();
  });
  after(() => server?.stop());
  beforeEach(async () => {
    org = await anOrgWithOwner(server);
  });

  const own = '/api/0/users/me/';
  const operatorPath = (userId: string) => `/api/operator/users/${userId}/?mode=erase`;
  const nameOf = async (userId: string) =>
    (await server.services.db.selectFrom('users').select('email').where('id', '=', userId).executeTakeFirstOrThrow()).email;

  it('[13.17] refuse strangers, tokens and old logins, and a body of 8 MB from them', async () => {
    const person = await aPerson(server);
    await addMember(server, org, person, 'member');
    const body = { x: 'x'.repeat(8_000_000) };
    assert.equal((await server.request('DELETE', own)).status, 401);
    assert.ok([401, 413].includes((await server.request('DELETE', own, { body })).status));
    assert.equal((await server.request('DELETE', own, { token: person.token })).status, 403);
    const member = await aLoggedInMember(server, org);
    await ageLogin(server, member.cookie);
    const { status, body: refusal } = await server.request('DELETE', own, { cookie: member.cookie });
    assert.deepEqual([status, refusal.detail.code], [401, 'sudo-required']);
    for (const { email, userId } of [person, member]) assert.equal(await nameOf(userId), email);
  });

  it('[13.17] let only the operator erase other users, and only with the mode', async () => {
    const person = await aPerson(server);
    for (const options of [{}, { cookie: org.cookie }, { token: person.token }]) {
      assert.equal((await server.request('DELETE', operatorPath(person.userId), options)).status, 401);
      assert.notEqual((await server.request('DELETE', `/api/0/users/${person.userId}/`, options)).status, 202);
    }
    for (const query of ['', '?mode=', '?mode=delete']) {
      assert.equal((await server.operate('DELETE', `/users/${person.userId}/${query}`)).status, 400, query);
    }
    for (const unknown of ['999999999', '0', 'me', '%00', '1;2']) {
      assert.equal((await server.operate('DELETE', `/users/${unknown}/?mode=erase`)).status, 404, unknown);
    }
    assert.equal(await nameOf(person.userId), person.email);
  });

  it('[13.17] refuse the only owner of an organization, and name it', async () => {
    for (const call of [
      () => server.request('DELETE', own, { cookie: org.cookie }),
      () => server.operate('DELETE', `/users/${org.owner.userId}/?mode=erase`),
    ]) {
      const { status, body } = await call();
      assert.equal(status, 409);
      assert.match(JSON.stringify(body), new RegExp(`only owner of ${org.slug}\\.`));
    }
    assert.equal(await nameOf(org.owner.userId), org.owner.email);
  });

  it('[S-56] refuse while an organization where the person is, or was, a member is under legal hold', async () => {
    const member = await aLoggedInMember(server, org);
    const removed = await aLoggedInMember(server, org);
    const { body: members } = await server.request('GET', `/api/0/organizations/${org.slug}/members/`, { cookie: org.cookie });
    const removedId = members.find(({ email }: { email: string }) => email === removed.email).id;
    const gone = await server.request('DELETE', `/api/0/organizations/${org.slug}/members/${removedId}/`, { cookie: org.cookie });
    assert.equal(gone.status, 204);
    await server.operate('PUT', `/organizations/${org.id}/plan/`, { legalHold: true });
    for (const { cookie, userId, email } of [member, removed]) {
      for (const call of [
        () => server.request('DELETE', own, { cookie }),
        () => server.operate('DELETE', `/users/${userId}/?mode=erase`),
      ]) {
        const { status, body } = await call();
        assert.deepEqual([status, body.detail.code], [409, 'legal-hold']);
      }
      assert.equal(await nameOf(userId), email);
    }
  });

  it('[13.17] leave invites and mails to an address that the person has not verified', async () => {
    const { db } = server.services;
    const elsewhere = await anOrgWithOwner(server);
    const email = `invited-to-${elsewhere.slug}@example.com`;
    const invitePath = `/api/0/organizations/${elsewhere.slug}/members/`;
    const invite = await server.request('POST', invitePath, { cookie: elsewhere.cookie, body: { email } });
    assert.equal(invite.status, 201);
    const person = await aLoggedInMember(server, org);
    const added = await server.request('POST', '/api/0/auth/emails/', { cookie: person.cookie, body: { email } });
    assert.equal(added.status, 201);
    const queued = await db
      .insertInto('mail_outbox')
      .values({ template: 'account-changed', params: '{"change": "password-changed"}', recipient: email, next_attempt_at: never })
      .returning('id')
      .executeTakeFirstOrThrow();

    const { status, body } = await server.request('DELETE', own, { cookie: person.cookie });
    assert.deepEqual([status, body.organizations], [202, [org.id]]);
    assert.equal((await server.request('GET', `${invitePath}${invite.body.id}/`, { cookie: elsewhere.cookie })).status, 200);
    assert.deepEqual(await db.selectFrom('mail_outbox').select('id').where('recipient', '=', email).execute(), [queued]);
  });

  it('[13.17] keep the mails and stored responses of others if the name of the person is a word of theirs', async () => {
    const { db } = server.services;
    const params = { orgName: 'Acme', email: 'visitor@example.com', requesterName: 'orgName' };
    const queued = await db
      .insertInto('mail_outbox')
      .values({ template: 'invite-request', params: JSON.stringify(params), recipient: 'owner@example.com', next_attempt_at: never })
      .returning('id')
      .executeTakeFirstOrThrow();
    const create = async () => {
      const headers = { 'Idempotency-Key': 'once' };
      const path = `/api/0/organizations/${org.slug}/teams/`;
      return server.request('POST', path, { cookie: org.cookie, body: { slug: 'tools', name: 'orgName' }, headers });
    };
    const created = await create();
    assert.equal(created.status, 201, JSON.stringify(created.body));
    for (const name of ['orgName', 'slug', 'Acme', 'tools']) {
      const person = await aPerson(server);
      assert.equal((await server.operate('PUT', `/users/${person.userId}/`, { name })).status, 200);
      assert.equal((await server.operate('DELETE', `/users/${person.userId}/?mode=erase`)).status, 202);
    }
    const kept = await db.selectFrom('mail_outbox').select('params').where('id', '=', queued.id).executeTakeFirstOrThrow();
    const { requesterName, ...others } = kept.params as typeof params;
    assert.deepEqual(others, { orgName: 'Acme', email: 'visitor@example.com' });
    assert.match(requesterName, /^Erased user \d+$/);
    const repeated = await create();
    assert.deepEqual([repeated.status, repeated.body.id], [201, created.body.id]);
  });
});
