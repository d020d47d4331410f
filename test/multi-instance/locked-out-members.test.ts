import assert from 'node:assert/strict';
import { connect, type RollcallClient } from '@rollcall/client';
import type { MemberRecord } from '@rollcall/protocol';
import { sql } from 'kysely';
import { inviteSweep } from '../../server/src/write-path/commands/invites/invite-sweep.ts';
import { eventually } from '../support/eventually.ts';
import { type Instances, startInstances } from '../support/instances.ts';
import { type Account, anAccount, codeOf, logIn, personOf } from '../support/log-in.ts';
import { addMember, anOrganizationOf, aPerson, type Person, type ProvisionedOrg, revisionOf } from '../support/provision.ts';
import type { TestServer } from '../support/server.ts';
import { WireReplica } from '../support/wire-replica.ts';

/** The tests make changes at one instance, and read them at another one. */
describe('members locked out by a required second factor, at two instances', () => {
  let instances: Instances;
  let writer: TestServer;
  let reader: TestServer;
  let owner: Person;
  let org: ProvisionedOrg;
  let account: Account;
  let person: Person;
  let cookie: string;
  const clients: RollcallClient[] = [];

  before(async () => {
    instances = await startInstances(2);
    [writer, reader] = instances.servers as [TestServer, TestServer];
  });
  after(() => instances?.stop());
  beforeEach(async () => {
    owner = await aPerson(writer, { hasSecondFactor: true });
    org = await anOrganizationOf(writer, owner);
    account = await anAccount(writer);
    cookie = await logIn(writer, account);
    person = personOf(account);
    await addMember(writer, org, person, 'manager');
    await onOrg('POST', '/teams/', { slug: 'ops' });
    await onOrg('POST', `/members/${person.memberId}/teams/ops/`);
  });
  afterEach(() => {
    for (const client of clients.splice(0)) client.close();
  });

  const onOrg = (method: string, path: string, body?: unknown, as: Person = owner) =>
    writer.request(method, `/api/0/organizations/${org.slug}${path}`, { token: as.token, body });
  const requireSecondFactor = async (require2FA: boolean) => assert.equal((await onOrg('PUT', '/', { require2FA })).status, 200);
  const ownRequest = (method: string, path: string, body?: unknown) => writer.request(method, `/api/0${path}`, { cookie, body });
  const record = async (): Promise<MemberRecord | undefined> => {
    const replica = await WireReplica.open(reader.url, owner.token, org.slug);
    replica.close();
    return replica.records().get(`member/${person.memberId}`) as MemberRecord | undefined;
  };
  const ownList = async () =>
    (await ownRequest('GET', '/organizations/')).body.map(({ slug, blocked }: { slug: string; blocked?: string }) => [slug, blocked]);

  async function setUpSecondFactor(): Promise<void> {
    const begun = await ownRequest('POST', '/auth/authenticators/totp/');
    const proof = { setup: begun.body.setup, code: codeOf(begun.body.secret) };
    assert.equal((await ownRequest('POST', '/auth/authenticators/totp/confirm/', proof)).status, 201);
  }

  async function connectAsAccount(): Promise<RollcallClient> {
    const { body } = await writer.operate('POST', `/users/${account.id}/tokens/`, { scopes: ['org:read', 'member:read'] });
    const client = connect({ url: reader.url, token: body.token });
    clients.push(client);
    await client.organizations.ready();
    return client;
  }

  it('[H-60] a member who is locked out sees the organization as blocked, and has access again at once with a second factor', async () => {
    const client = await connectAsAccount();
    const shown = () => client.organizations.list.map(({ slug, blocked, orgRole }) => [slug, blocked, orgRole]);
    assert.deepEqual(shown(), [[org.slug, undefined, 'manager']]);
    await requireSecondFactor(true);
    await eventually(() => assert.deepEqual(shown(), [[org.slug, 'two-factor-required', 'manager']]));
    assert.deepEqual(await ownList(), [[org.slug, 'two-factor-required']]);
    const locked = await record();
    assert.deepEqual([locked?.pending, locked?.user, locked?.detachedUser], [true, null, { id: account.id, name: 'An Account' }]);
    assert.equal((await ownRequest('GET', `/organizations/${org.slug}/`)).status, 403);

    await setUpSecondFactor();
    assert.equal((await ownRequest('GET', `/organizations/${org.slug}/`)).status, 200);
    await eventually(() => assert.deepEqual(shown(), [[org.slug, undefined, 'manager']]));
    assert.deepEqual(await ownList(), [[org.slug, undefined]]);
    const back = await record();
    assert.deepEqual([back?.user?.has2fa, back?.pending, back?.inviteExpiresAt], [true, false, null]);
    assert.equal('detachedUser' in back!, false);
    const own = await ownRequest('GET', `/organizations/${org.slug}/members/me/`);
    assert.deepEqual([own.body.id, own.body.orgRole, own.body.teams], [person.memberId, 'manager', ['ops']]);
    const audit = (await onOrg('GET', '/audit-logs/')).body.rows[0];
    assert.deepEqual([audit.event, audit.targetUser?.id], ['member.accept-invite', account.id]);
  });

  it('[H-60] the REST shape of a locked-out member is that of a pending invite', async () => {
    const before = (await onOrg('GET', `/members/${person.memberId}/`)).body;
    await requireSecondFactor(true);
    const after = (await onOrg('GET', `/members/${person.memberId}/`)).body;
    assert.deepEqual(after, { ...before, user: {}, name: account.email, pending: true });
  });

  it('[H-60] a second factor reinstates after the invite expired too, and after the removal of the inviter', async () => {
    const inviter = await aPerson(writer);
    await addMember(writer, org, inviter, 'owner');
    await writer.operate('POST', `/users/${inviter.userId}/authenticators/`, { type: 'totp' });
    await requireSecondFactor(true);
    await writer.services.db
      .updateTable('members')
      .set({ invite_expires_at: sql`clock_timestamp() - interval '70 days'`, inviter_id: inviter.userId })
      .where('id', '=', person.memberId!)
      .execute();
    await inviteSweep(writer.services.writePath).run();
    assert.equal((await onOrg('DELETE', `/members/${inviter.memberId}/`)).status, 204);
    await setUpSecondFactor();
    assert.equal((await ownRequest('GET', `/organizations/${org.slug}/`)).status, 200);
  });

  it('[H-60] a member who was removed since is not reinstated', async () => {
    await requireSecondFactor(true);
    assert.equal((await onOrg('DELETE', `/members/${person.memberId}/`)).status, 204);
    await setUpSecondFactor();
    assert.equal((await ownRequest('GET', `/organizations/${org.slug}/`)).status, 403);
    assert.deepEqual(await ownList(), []);
  });

  it('[H-60] another user who accepts the mailed link takes the membership, and the former user is not reinstated', async () => {
    await requireSecondFactor(true);
    const { invite_token_nonce: nonce } = await writer.services.db
      .selectFrom('members')
      .select('invite_token_nonce')
      .where('id', '=', person.memberId!)
      .executeTakeFirstOrThrow();
    const token = writer.services.writePath.deriveToken('invite', person.memberId!, nonce!);
    const other = await aPerson(writer, { hasSecondFactor: true });
    const accepted = await writer.request('POST', `/api/0/accept-invite/${person.memberId}/${token}/`, { token: other.token });
    assert.equal(accepted.status, 204);
    await setUpSecondFactor();
    assert.equal((await ownRequest('GET', `/organizations/${org.slug}/`)).status, 403);
  });

  it('[H-60] switching the flag off reinstates no member; a manager reinstates them in one revision, except for higher roles', async () => {
    const boss = await aPerson(writer);
    await addMember(writer, org, boss, 'owner');
    const manager = await aPerson(writer, { hasSecondFactor: true });
    await addMember(writer, org, manager, 'manager');
    const plain = await aPerson(writer, { hasSecondFactor: true });
    await addMember(writer, org, plain, 'member');
    const crowd = await Promise.all(Array.from({ length: 20 }, () => aPerson(writer)));
    for (const one of crowd) await addMember(writer, org, one, 'member');
    await requireSecondFactor(true);
    const reinstate = (as: Person, body: unknown = {}) => onOrg('POST', '/reinstate-members/', body, as);
    const stillRequired = await reinstate(owner, { members: [person.memberId, '1'] });
    assert.deepEqual(stillRequired.body, {
      reinstated: [],
      skipped: [
        { id: '1', reason: 'not-blocked' },
        { id: person.memberId, reason: 'two-factor-required' },
      ],
    });
    await requireSecondFactor(false);
    assert.deepEqual(await ownList(), [[org.slug, 'two-factor-required']]);
    assert.equal((await reinstate(plain)).status, 403);
    assert.equal((await writer.operate('PUT', `/users/${crowd[0]!.userId}/`, { isActive: false })).status, 200);

    const before = (await onOrg('GET', '/')).headers.get('x-org-revision');
    const replica = await WireReplica.open(reader.url, owner.token, org.slug);
    const answer = await reinstate(manager);
    const ids = [person, ...crowd.slice(1)].map(({ memberId }) => memberId!).sort();
    assert.deepEqual(answer.body.reinstated.toSorted(), ids);
    assert.deepEqual(answer.body.skipped.map(({ reason }: { reason: string }) => reason).toSorted(), [
      'role-not-assignable',
      'user-inactive',
    ]);
    await replica.reach(revisionOf(answer));
    assert.equal(replica.frames.filter(({ event }) => event === 'step').length, 1, `one revision, after ${before}`);
    replica.close();
    assert.equal((await ownRequest('GET', `/organizations/${org.slug}/`)).status, 200);
    assert.equal((await onOrg('GET', '/', undefined, boss)).status, 403);
    assert.deepEqual((await reinstate(owner, { members: [boss.memberId] })).body.reinstated, [boss.memberId]);
    const audit = (await onOrg('GET', '/audit-logs/')).body.rows[0];
    assert.deepEqual([audit.event, audit.note], ['member.add', `reinstated ${boss.email}`]);
  });
});
