import assert from 'node:assert/strict';
import { type OrgRoleId, orgRoleIds } from '@rollcall/protocol';
import { sql } from 'kysely';
import { eventually } from '../support/eventually.ts';
import { type Instances, startInstances } from '../support/instances.ts';
import { type Account, anAccount, codeOf, cookieOf, goodPassword, logIn, personOf } from '../support/log-in.ts';
import { mailsTo } from '../support/mailbox.ts';
import { addMember, anOrganizationOf, aPerson, type ProvisionedOrg } from '../support/provision.ts';
import { addAuthProvider, bindSession, linkIdentity } from '../support/security-records.ts';
import type { TestServer } from '../support/server.ts';
import { WireReplica } from '../support/wire-replica.ts';

interface LoggedIn extends Account {
  readonly cookie: string;
  readonly memberId: string;
}

describe("a member's lost second factor, at two instances", () => {
  let instances: Instances;
  let first: TestServer;
  let second: TestServer;
  let org: ProvisionedOrg;
  let owner: LoggedIn;
  let target: LoggedIn;

  before(async () => {
    instances = await startInstances(2);
    [first, second] = instances.servers as [TestServer, TestServer];
  });
  after(() => instances?.stop());
  beforeEach(async () => {
    org = await anOrganizationOf(first, await aPerson(first, { hasSecondFactor: true }));
    owner = await join('owner');
    target = await join('member');
    await enrol(target.cookie);
  });

  async function join(role: OrgRoleId, to = org): Promise<LoggedIn> {
    const account = await anAccount(first);
    const person = personOf(account);
    await addMember(first, to, person, role);
    return { ...account, cookie: await logIn(first, account), memberId: person.memberId! };
  }

  async function enrol(cookie: string): Promise<void> {
    const begun = (await first.request('POST', '/api/0/auth/authenticators/totp/', { cookie })).body;
    const body = { setup: begun.setup, code: codeOf(begun.secret) };
    assert.equal((await first.request('POST', '/api/0/auth/authenticators/totp/confirm/', { cookie, body })).status, 201);
  }

  const memberPath = (member = target.memberId) => `/api/0/organizations/${org.slug}/members/${member}/`;
  const reset = (cookie: string, member = target.memberId) => first.request('DELETE', `${memberPath(member)}second-factor/`, { cookie });
  const mayReset = async (cookie: string) => (await first.request('GET', memberPath(), { cookie })).body.user.canReset2fa;
  const factors = () => first.services.db.selectFrom('authenticators').select('type').where('user_id', '=', target.id).execute();

  it('[H-52] [V6.4.4] can be reset by an owner: sessions and sockets end everywhere, and a mail and an audit entry report it', async () => {
    const replica = await WireReplica.open(second.url, { cookie: target.cookie }, org.slug);
    assert.equal(await mayReset(owner.cookie), true);
    assert.equal((await reset(owner.cookie)).status, 204);
    assert.deepEqual(await factors(), []);
    await eventually(() => assert.equal(replica.frames.at(-1)?.payload.reason, 'credential-revoked'), { timeoutMs: 2_000 });
    assert.equal((await second.request('GET', '/api/0/users/me/', { cookie: target.cookie })).status, 401);
    const [, mail] = await mailsTo(first, target.email, 'Your account was changed', 2);
    assert.ok(mail);
    const { body } = await first.request('GET', memberPath(), { cookie: owner.cookie });
    assert.deepEqual([body.user.has2fa, body.user.canReset2fa, body.user.authenticators], [false, false, []]);
    const audit = (await first.request('GET', `/api/0/organizations/${org.slug}/audit-logs/`, { cookie: owner.cookie })).body.rows[0];
    assert.deepEqual([audit.event, audit.actor.id, audit.targetUser.id], ['member.edit', owner.id, target.id]);
    assert.equal(audit.note, `reset the second factor of ${target.email}`);
    await logIn(first, target);
    assert.equal((await reset(owner.cookie)).status, 400, 'there is none any more');
  });

  it('[H-52] needs a recent login of a session', async () => {
    await first.services.db
      .updateTable('sessions')
      .set({ authenticated_at: sql`authenticated_at - interval '2 hours'` })
      .where('user_id', '=', owner.id)
      .execute();
    const refused = await reset(owner.cookie);
    assert.deepEqual([refused.status, refused.body.detail.code], [401, 'sudo-required']);
    assert.equal((await factors()).length, 2);
    const renewed = await first.request('PUT', '/api/0/auth/', { cookie: owner.cookie, body: { password: goodPassword } });
    assert.equal(renewed.status, 200);
    assert.equal((await reset(cookieOf(renewed))).status, 204);
  });

  it('[S-41] cannot be reset by a session that began with single sign-on or a token made in it, only by a token for all organizations', async () => {
    const ofSession = { cookie: owner.cookie };
    const tokenOf = async (body: object) =>
      (await first.request('POST', '/api/0/api-tokens/', { ...ofSession, body })).body.token as string;
    const unbound = { token: await tokenOf({ scopes: ['org:admin', 'member:admin'] }) };
    await addAuthProvider(first, org.id);
    const identity = await linkIdentity(first, org.id, { userId: owner.id, memberId: owner.memberId });
    await bindSession(first, owner.cookie, identity, { isSsoSession: true });
    const bound = { token: await tokenOf({ scopes: ['org:admin', 'member:admin'] }) };
    for (const credential of [ofSession, bound]) {
      const refused = await first.request('DELETE', `${memberPath()}second-factor/`, credential);
      assert.deepEqual([refused.status, refused.body?.detail?.code], [403, 'full-login-required']);
      assert.equal((await first.request('GET', memberPath(), credential)).body.user.canReset2fa, false);
    }
    assert.equal((await factors()).length, 2);
    assert.equal((await first.request('GET', memberPath(), unbound)).body.user.canReset2fa, true);
    assert.equal((await first.request('DELETE', `${memberPath()}second-factor/`, unbound)).status, 204);
    assert.deepEqual(await factors(), []);
  });

  for (const role of orgRoleIds.filter((id) => id !== 'owner')) {
    it(`[H-52] cannot be reset by a ${role}`, async () => {
      const caller = await join(role);
      assert.equal((await reset(caller.cookie)).status, 403);
      assert.notEqual(await mayReset(caller.cookie), true);
      assert.equal((await factors()).length, 2);
    });
  }

  it('[H-52] can be reset for any role by another owner, and for owners themselves only in their account', async () => {
    for (const role of orgRoleIds) {
      target = await join(role);
      await enrol(target.cookie);
      assert.equal((await reset(target.cookie)).status, role === 'owner' ? 400 : 403);
      assert.equal((await reset(owner.cookie)).status, 204, role);
    }
  });

  it('[H-52] cannot be reset by the owner of another organization, or if the user belongs to another one', async () => {
    const elsewhere = await anOrganizationOf(first, await aPerson(first));
    const stranger = await join('owner', elsewhere);
    assert.equal((await reset(stranger.cookie)).status, 403);
    const foreign = await first.request('DELETE', `/api/0/organizations/${elsewhere.slug}/members/${target.memberId}/second-factor/`, {
      cookie: stranger.cookie,
    });
    assert.equal(foreign.status, 404);

    await addMember(first, elsewhere, personOf(target), 'member');
    assert.equal(await mayReset(owner.cookie), false);
    const refused = await reset(owner.cookie);
    assert.deepEqual([refused.status, /belongs to another organization/.test(refused.body.detail)], [403, true]);
    assert.equal((await factors()).length, 2);
  });

  it('[H-52] cannot be reset for an invite, an unknown member or the owner who resets it', async () => {
    const body = { email: `invited-${Date.now()}@example.com` };
    const { id } = (await first.request('POST', `/api/0/organizations/${org.slug}/members/`, { cookie: owner.cookie, body })).body;
    assert.equal((await reset(owner.cookie, id)).status, 400);
    assert.equal((await reset(owner.cookie, '1')).status, 404);
    assert.equal((await reset(owner.cookie, owner.memberId)).status, 400);
  });
});
