import assert from 'node:assert/strict';
import { sql } from 'kysely';
import { eraseCompletely, erasureOf } from '../support/erasures.ts';
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
    await erasureOf(server, person.userId);
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
      await eraseCompletely(server, person.userId);
    }
    const kept = await db.selectFrom('mail_outbox').select('params').where('id', '=', queued.id).executeTakeFirstOrThrow();
    assert.deepEqual(kept.params, params);
    const repeated = await create();
    assert.deepEqual([repeated.status, repeated.body.id], [201, created.body.id]);
  });

  it('[13.17] [S-71] touch nothing of another person whose address, or a part of it, is the name of the erased one', async () => {
    const { db } = server.services;
    const victim = await aLoggedInMember(server, org, 'manager');
    const invited = `ceo-${org.slug}@victim-corp.com`;
    const members = `/api/0/organizations/${org.slug}/members/`;
    assert.equal((await server.request('POST', members, { cookie: org.cookie, body: { email: invited } })).status, 201);
    for (const email of [invited, victim.email]) {
      await db
        .insertInto('mail_outbox')
        .values({ template: 'account-changed', params: '{"change": "password-changed"}', recipient: email, next_attempt_at: never })
        .execute();
    }
    const others = async () => ({
      entries: await db.selectFrom('audit_entries').selectAll().where('organization_id', '=', org.id).orderBy('id').execute(),
      log: await db.selectFrom('change_log').selectAll().where('organization_id', '=', org.id).orderBy('revision').orderBy('idx').execute(),
      members: await db.selectFrom('members').selectAll().where('organization_id', '=', org.id).orderBy('id').execute(),
      sent: await db.selectFrom('sent_invites').selectAll().where('organization_id', '=', org.id).execute(),
      mails: await db
        .selectFrom('mail_outbox')
        .selectAll()
        .where('recipient', 'in', [invited, victim.email])
        .where('template', '=', 'account-changed')
        .orderBy('id')
        .execute(),
    });
    const before = await others();
    // Names that contain an address are refused today. Former versions stored them.
    for (const name of [invited, victim.email, 'com', 'role', org.slug]) {
      const attacker = await aPerson(server);
      await db.updateTable('users').set({ name }).where('id', '=', attacker.userId).execute();
      const { body } = await eraseCompletely(server, attacker.userId);
      assert.deepEqual(body.organizations, [], name);
    }
    assert.deepEqual(await others(), before);
  });

  it('[13.17] [S-71] leave the entries about others as they are if a member of the organization has a word as a name', async () => {
    const { db } = server.services;
    const boss = await aLoggedInMember(server, org, 'manager');
    const ofOthers = (actor: string) =>
      db
        .selectFrom('audit_entries')
        .select(['id', 'actor_name', 'target_user_name', 'note', 'data'])
        .where('organization_id', '=', org.id)
        .where((eb) => eb.or([eb('actor_user_id', 'is', null), eb('actor_user_id', '!=', actor)]))
        .where((eb) => eb.or([eb('target_user_id', 'is', null), eb('target_user_id', '!=', actor)]))
        .where('event', '!=', 'person.redact')
        .orderBy('id')
        .execute();
    for (const name of ['com', 'role', 'member', boss.email, boss.email.split('@')[0]!]) {
      const attacker = await aLoggedInMember(server, org);
      await db.updateTable('users').set({ name }).where('id', '=', attacker.userId).execute();
      const before = await ofOthers(attacker.userId);
      await eraseCompletely(server, attacker.userId);
      assert.deepEqual(await ofOthers(attacker.userId), before, name);
    }
  });

  it('[13.17] [S-71] erase a user whose name is already the address of their alias', async () => {
    const member = await aLoggedInMember(server, org);
    const alias = `erased-${member.userId}@users.invalid`;
    await server.services.db.updateTable('users').set({ name: alias }).where('id', '=', member.userId).execute();
    const { status, body } = await eraseCompletely(server, member.userId);
    assert.deepEqual([status, body.organizations], [202, [org.id]]);
    assert.equal(await nameOf(member.userId), alias);
    assert.equal((await server.request('GET', '/api/0/users/me/', { cookie: member.cookie })).status, 401);
    const again = await server.operate('DELETE', operatorPath(member.userId).replace('/api/operator', ''));
    assert.deepEqual([again.status, again.body.status], [200, 'done']);
  });

  it('[13.17] respond with the state of an erasure that was accepted before', async () => {
    const member = await aLoggedInMember(server, org);
    const erase = () => server.request('DELETE', own, { cookie: member.cookie });
    const user = member.userId;
    // The session still exists, as in a request that was authenticated before the first one.
    await server.services.db.insertInto('erasures').values({ user_id: user, is_by_operator: true }).execute();
    const { status, body } = await erase();
    assert.deepEqual([status, body.status, body.steps], [200, 'running', []]);
    await server.services.db.deleteFrom('erasures').where('user_id', '=', user).execute();
    assert.equal((await server.operate('GET', `/users/${user}/erasure/`)).status, 404);
  });

  it('[13.17] [S-71] refuse the last recovery owner before anything changes', async () => {
    const { db } = server.services;
    const elsewhere = await anOrgWithOwner(server);
    const owner = await aLoggedInMember(server, elsewhere, 'member');
    await server.operate('POST', `/organizations/${org.id}/members/`, { userId: owner.userId, orgRole: 'owner' });
    const [lower, higher] = [elsewhere.id, org.id].sort((a, b) => Number(a) - Number(b));
    assert.ok(lower !== undefined && higher !== undefined);
    await db
      .updateTable('members')
      .set({ is_recovery_owner: true })
      .where('user_id', '=', owner.userId)
      .where('organization_id', '=', org.id)
      .execute();
    await sql`UPDATE organizations SET flags = flags || '{"requiresSso": true}' WHERE id = ${org.id}`.execute(db);
    const memberships = () => db.selectFrom('members').selectAll().where('user_id', '=', owner.userId).orderBy('id').execute();
    const before = await memberships();
    const { status, body } = await server.request('DELETE', own, { cookie: owner.cookie });
    assert.equal(status, 400, JSON.stringify(body));
    assert.deepEqual(await memberships(), before);
    assert.equal(await nameOf(owner.userId), owner.email);
  });

  it('[13.17] [S-71] refuse an at sign in the name of a person', async () => {
    const person = await aPerson(server);
    const refused = await server.operate('PUT', `/users/${person.userId}/`, { name: 'ceo@victim-corp.com' });
    assert.deepEqual([refused.status, refused.body], [400, { name: ['"@" is not allowed in the name of a person.'] }]);
    const created = await server.operate('POST', '/users/', { email: `new-${org.slug}@example.com`, name: '@' });
    assert.equal(created.status, 400);
    const wide = await server.operate('PUT', `/users/${person.userId}/`, { name: 'ceo\uff20victim-corp.com' });
    assert.equal(wide.status, 400);
    const body = { member: '1', token: 'x', name: 'a@b', password: 'correct horse battery staple' };
    const registered = await server.request('POST', '/api/0/auth/register/', { body });
    assert.deepEqual([registered.status, registered.body.name], [400, ['"@" is not allowed in the name of a person.']]);
  });

  it('[13.17] [S-71] refuse the address of an erased person for another account', async () => {
    const person = await aPerson(server);
    const alias = `Erased-${person.userId}@users.invalid`;
    const other = await aPerson(server);
    const answers = [
      await server.operate('POST', '/users/', { email: alias }),
      await server.operate('PUT', `/users/${other.userId}/`, { email: alias }),
      await server.request('POST', `/api/0/organizations/${org.slug}/members/`, { cookie: org.cookie, body: { email: alias } }),
    ];
    assert.deepEqual(
      answers.map(({ status }) => status),
      [400, 400, 400],
    );
    await eraseCompletely(server, person.userId);
  });
});
