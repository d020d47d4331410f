import assert from 'node:assert/strict';
import { sql } from 'kysely';
import { configureProvider, enforceSso, providerPath, putProvider, readyToEnforce } from '../../support/auth-providers.ts';
import { anAccount, personOf } from '../../support/log-in.ts';
import { aLoggedInMember, anOrgWithOwner, type OrgWithOwner } from '../../support/logged-in.ts';
import { mailsTo, readMails } from '../../support/mailbox.ts';
import { addMember, aPerson, type Person, revisionOf } from '../../support/provision.ts';
import { linkIdentity } from '../../support/security-records.ts';
import { startServer, type TestServer } from '../../support/server.ts';

describe('required single sign-on', () => {
  let server: TestServer;
  let org: OrgWithOwner;

  before(async () => {
    server = await startServer();
  });
  after(() => server?.stop());
  beforeEach(async () => {
    org = await anOrgWithOwner(server);
  });

  const put = (body: object, cookie = org.cookie) => server.request('PUT', providerPath(org), { cookie, body });
  const readOrg = async () => (await server.operate('GET', `/organizations/${org.id}/state/?audience=owner`)).body;
  const recordOf = async (kind: string) => (await readOrg()).records.find((one: { kind: string }) => one.kind === kind)!.record;
  const identities = () => server.services.db.updateTable('sso_identities').where('organization_id', '=', org.id);

  async function aMemberOf(orgRole: 'member' | 'owner'): Promise<Person> {
    const person = await aPerson(server);
    await addMember(server, org, person, orgRole);
    return person;
  }

  const noRecoveryOwner = 'Choose one to three recovery owners, who are active owners with a password and an authenticator app.';

  it('[13.5] needs an active provider, the caller’s own login there within a day, and a recovery owner', async () => {
    await configureProvider(server, org, { isActive: false });
    const errorsOf = async (body: object = { require_link: true }) => {
      const answer = await put(body);
      assert.equal(answer.status, 400, JSON.stringify(answer.body));
      return answer.body;
    };
    assert.deepEqual(await errorsOf(), { require_link: ['Activate the identity provider first.', noRecoveryOwner] });
    await server.request('DELETE', providerPath(org), { cookie: org.cookie });
    await configureProvider(server, org);
    assert.deepEqual(await errorsOf(), { require_link: ['Link your own account to the identity provider first.', noRecoveryOwner] });

    await linkIdentity(server, org.id, org.owner);
    const elsewhere = 'Log in through the identity provider in this browser first.';
    assert.deepEqual(await errorsOf(), { require_link: [elsewhere, noRecoveryOwner] });
    await identities().set({ last_login: sql`clock_timestamp() - interval '25 hours'` }).execute();
    const late = 'Log in through the identity provider again. Your last login is over 24 hours ago.';
    assert.deepEqual(await errorsOf(), { require_link: [late, elsewhere, noRecoveryOwner] });

    const unfit = `Member ${org.owner.memberId} must be an active owner with a password and an authenticator app.`;
    const both = { require_link: true, recovery_members: [org.owner.memberId] };
    assert.deepEqual(await errorsOf(both), { require_link: [late, elsewhere, noRecoveryOwner], recovery_members: [unfit] });
    const many = { recovery_members: ['1', '2', '3', '4'] };
    assert.deepEqual(await errorsOf(many), { recovery_members: ['Ensure this field has no more than 3 elements.'] });
    assert.equal((await recordOf('organization')).requiresSso, false);
  });

  it('[13.5] [S-42] begins with one revision, which mails the members who are not linked', async () => {
    await configureProvider(server, org);
    await readyToEnforce(server, org);
    const unlinked = await aMemberOf('member');
    const linked = await aMemberOf('member');
    await linkIdentity(server, org.id, linked);
    const before = (await readOrg()).revision;
    const enforced = await enforceSso(server, org);
    assert.equal(enforced.status, 200, JSON.stringify(enforced.body));
    assert.equal(enforced.body.require_link, true);
    assert.equal(revisionOf(enforced), before + 1);
    assert.equal((await recordOf('organization')).requiresSso, true);
    const { records } = await readOrg();
    const events = records
      .filter(({ kind }: { kind: string }) => kind === 'audit-entry')
      .map(({ record }: { record: { event: string; note: string; data: object } }) => record)
      .filter(({ event }: { event: string }) => event === 'sso.edit' || event === 'member.edit');
    const noted = events.map(({ event, note }: { event: string; note: string }) => `${event}: ${note}`).toSorted();
    assert.deepEqual(noted, [
      `member.edit: made ${org.owner.email} a recovery owner`,
      'sso.edit: added idp.example.com as a draft of single sign-on',
      'sso.edit: edited single sign-on: require_link from false to true',
    ]);
    const [mail] = await mailsTo(server, unlinked.email);
    assert.ok(mail!.text.includes(`/auth/login/${org.slug}/`), mail!.text);
    assert.deepEqual(readMails(server, linked.email), []);
    assert.equal((await server.request('GET', `/api/0/organizations/${org.slug}/`, { token: unlinked.token })).status, 401);
    assert.equal((await enforceSso(server, org)).status, 200);
    assert.equal((await readOrg()).revision, before + 1, 'the same request changed something');
  });

  it('[13.5] mails ten members a second', async () => {
    await configureProvider(server, org);
    await readyToEnforce(server, org);
    for (let member = 0; member < 25; member++) await aMemberOf('member');
    await enforceSso(server, org);
    const due = await server.services.db
      .selectFrom('mail_outbox')
      .select('next_attempt_at')
      .where('template', '=', 'sso-link')
      .where(sql<boolean>`params ->> 'orgSlug' = ${org.slug}`)
      .where('attempts', '=', 0)
      .execute();
    assert.ok(due.length >= 5 && due.length <= 25, `${due.length} mails are waiting`);
    const last = Math.max(...due.map(({ next_attempt_at }) => Date.parse(next_attempt_at)));
    assert.ok(last - Date.now() > 1_000, `the last mail is due in ${last - Date.now()} ms`);
  });

  it('[13.5] keeps a recovery owner, who can be replaced', async () => {
    await configureProvider(server, org);
    await readyToEnforce(server, org);
    await enforceSso(server, org);
    const none = await put({ recovery_members: [] });
    assert.deepEqual([none.status, none.body], [400, { recovery_members: [noRecoveryOwner] }]);
    const other = personOf(await anAccount(server));
    await addMember(server, org, other, 'owner');
    assert.equal((await put({ recovery_members: [other.memberId] })).status, 400);
    await server.operate('POST', `/users/${other.userId}/authenticators/`, { type: 'totp' });
    await putProvider(server, org, { recovery_members: [other.memberId] });
    const members = (await readOrg()).records.filter(({ kind }: { kind: string }) => kind === 'member');
    const chosen = members.filter(({ record }: { record: { isRecoveryOwner?: boolean } }) => record.isRecoveryOwner);
    assert.deepEqual(
      chosen.map(({ record }: { record: { id: string } }) => record.id),
      [other.memberId],
    );
    const demoted = await server.request('PUT', `/api/0/organizations/${org.slug}/members/${other.memberId}/`, {
      cookie: org.cookie,
      body: { orgRole: 'member' },
    });
    assert.equal(demoted.status, 400, JSON.stringify(demoted.body));
    assert.match(demoted.body.detail, /last recovery owner/);
  });

  it('[13.5] can be switched off by an owner, or by the operator if the owners are locked out', async () => {
    await configureProvider(server, org);
    await readyToEnforce(server, org);
    for (const switchOff of [
      () => put({ require_link: false }),
      () => server.operate('DELETE', `/organizations/${org.id}/require-link/`),
    ]) {
      await enforceSso(server, org);
      assert.equal((await recordOf('organization')).requiresSso, true);
      const off = await switchOff();
      assert.ok(off.status === 200 || off.status === 204, JSON.stringify(off.body));
      assert.deepEqual([(await recordOf('organization')).requiresSso, (await recordOf('auth-provider')).requireLink], [false, false]);
      assert.equal((await recordOf('auth-provider')).status, 'active');
    }
    const entries = await server.request('GET', `/api/0/organizations/${org.slug}/audit-logs/?event=sso.edit`, { cookie: org.cookie });
    assert.match(entries.body.rows[0].note, /require_link from true to false$/);
    assert.equal(entries.body.rows[0].actor, null);
    assert.equal((await server.operate('DELETE', `/organizations/${org.id}/require-link/`)).status, 204);
    const path = `/api/operator/organizations/${org.id}/require-link/`;
    for (const options of [{}, { cookie: org.cookie }]) assert.equal((await server.request('DELETE', path, options)).status, 401);
  });

  it('[13.5] can’t be switched on by a session without the login, even of an owner who is linked', async () => {
    await configureProvider(server, org);
    await readyToEnforce(server, org);
    const other = await aLoggedInMember(server, org, 'owner');
    await linkIdentity(server, org.id, other);
    const refused = await put({ require_link: true, recovery_members: [org.owner.memberId] }, other.cookie);
    assert.deepEqual(
      [refused.status, refused.body],
      [400, { require_link: ['Log in through the identity provider in this browser first.'] }],
    );
  });
});
