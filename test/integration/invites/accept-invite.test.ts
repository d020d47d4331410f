import assert from 'node:assert/strict';
import { eventually } from '../../support/eventually.ts';
import { anAccount, codeOf, cookieOf, goodPassword, logIn } from '../../support/log-in.ts';
import { aLoggedInMember } from '../../support/logged-in.ts';
import { addMember, anOrganizationOf, aPerson, nextNumber, type Person, type ProvisionedOrg } from '../../support/provision.ts';
import { addAuthProvider, changeFlags, changeRecords, enforceChanges, linkIdentity, lockOut } from '../../support/security-records.ts';
import { startServerWith, type TestServer } from '../../support/server.ts';
import { startSmtp, type TestSmtp } from '../../support/smtp.ts';
import { WireReplica } from '../../support/wire-replica.ts';

const unable = { details: 'unable to accept organization invite' };
const invalid = { details: 'Invalid invite code' };

interface Invite {
  readonly id: string;
  readonly email: string;
  readonly token: string;
}

describe('accepting an invite', () => {
  let smtp: TestSmtp;
  let server: TestServer;
  let owner: Person;
  let org: ProvisionedOrg;

  before(async () => {
    smtp = await startSmtp();
    server = await startServerWith(smtp, { SMTP_URL: smtp.url });
  });
  after(() => server?.stop());

  beforeEach(async () => {
    owner = await aPerson(server, { hasSecondFactor: true });
    org = await anOrganizationOf(server, owner);
  });

  const onOrg = (method: string, path: string, body?: unknown, by: Person = owner) =>
    server.request(method, `/api/0/organizations/${org.slug}/${path}`, { token: by.token, body });

  async function tokenMailedTo(email: string, count = 1): Promise<string> {
    return eventually(() => {
      const mails = smtp.received.filter(({ recipients }) => recipients.includes(email));
      assert.equal(mails.length, count);
      return /\/accept\/#\d+\.([0-9a-f]{64})$/m.exec(mails.at(-1)!.text!)![1]!;
    });
  }

  async function anInvite(body: Record<string, unknown> = {}): Promise<Invite> {
    const email = `invitee-${nextNumber()}@example.com`;
    const answer = await onOrg('POST', 'members/', { email, ...body });
    assert.equal(answer.status, 201, JSON.stringify(answer.body));
    return { id: answer.body.id, email, token: await tokenMailedTo(email) };
  }

  interface Session {
    readonly cookie: string;
  }
  const aSession = async (): Promise<Session> => ({ cookie: await logIn(server, await anAccount(server)) });

  type Link = Pick<Invite, 'id' | 'token'>;
  const send = (path: string, { id, token }: Link, by: Session | null) =>
    server.request('POST', `/api/0/accept-invite/${path}`, { body: { member: id, token }, headers: by ? { Cookie: by.cookie } : {} });
  const read = (link: Link, by: Session | null = null) => send('details/', link, by);
  const accept = (link: Link, by: Session | null = null) => send('', link, by);
  /** Calls a route of Sentry, with the token in the path. */
  const call = (method: string, { id, token }: Link, by: Session | null = null, orgSegment = '') =>
    server.request(method, `/api/0/accept-invite/${orgSegment}${id}/${token}/`, { headers: by ? { Cookie: by.cookie } : {} });

  it('[7.4] shows every holder of the token what is required, and shows logged-in users their own state', async () => {
    const invite = await anInvite();
    const expected = {
      orgSlug: org.slug,
      needsAuthentication: true,
      needsSso: false,
      hasAuthProvider: false,
      requireSso: false,
      existingMember: false,
      needs2fa: false,
      needsEmailVerification: false,
    };
    assert.deepEqual((await read(invite)).body, expected);
    assert.deepEqual((await call('GET', invite)).body, expected);
    assert.deepEqual((await call('GET', invite, null, `${org.slug}/`)).body, expected);
    assert.deepEqual((await read(invite, await aSession())).body, { ...expected, needsAuthentication: false });
  });

  it('[5.6] keeps the locked-out member of another user who had the address of the accepting one', async () => {
    const [former, account] = [await aPerson(server), await anAccount(server)];
    await addMember(server, org, former, 'manager');
    const invite = await anInvite();
    await lockOut(server, org.id, former.memberId!, account.email);
    assert.equal((await call('POST', invite, { cookie: await logIn(server, account) })).status, 204);
    const kept = await onOrg('GET', `members/${former.memberId}/`);
    assert.deepEqual([kept.status, kept.body.orgRole, kept.body.pending], [200, 'manager', true]);
  });

  it('[S-02] [7.4] returns the same error for a wrong token, id or organization', async () => {
    const invite = await anInvite();
    const other = await anOrganizationOf(server, await aPerson(server));
    const by = await aSession();
    for (const [link, segment] of [
      [{ ...invite, token: 'f'.repeat(64) }, ''],
      [{ ...invite, token: 'x' }, ''],
      [{ ...invite, id: owner.memberId! }, ''],
      [{ ...invite, id: '999999999' }, ''],
      [{ ...invite, id: 'abc' }, ''],
      [invite, `${other.slug}/`],
    ] as const) {
      const shown = await call('GET', link, null, segment);
      assert.deepEqual([shown.status, shown.body], [400, invalid]);
      const accepted = await call('POST', link, by, segment);
      assert.deepEqual([accepted.status, accepted.body], [400, unable]);
    }
    assert.deepEqual((await read({ ...invite, token: 'x' })).body, invalid);
    assert.deepEqual((await accept({ ...invite, token: 'x' }, by)).body, unable);
    assert.deepEqual((await accept(invite)).body, unable);
    assert.deepEqual((await call('POST', invite)).body, unable);
    assert.equal((await onOrg('GET', `members/${invite.id}/`)).body.pending, true);
  });

  it('[7.4] makes the holder of the link the member, with role and teams, once, even with another address', async () => {
    await onOrg('POST', 'teams/', { slug: 'ops' });
    const invite = await anInvite({ orgRole: 'manager', teams: ['ops'] });
    const account = await anAccount(server);
    const by = { cookie: await logIn(server, account) };
    const accepted = await accept(invite, by);
    assert.deepEqual([accepted.status, accepted.body], [204, '']);
    assert.deepEqual((await accept(invite, by)).body, unable);
    const { body } = await onOrg('GET', `members/${invite.id}/`);
    assert.deepEqual(
      [body.pending, body.email, body.user.id, body.orgRole, body.teams, body.inviteStatus],
      [false, account.email, account.id, 'manager', ['ops'], 'approved'],
    );
    const [audit] = (await onOrg('GET', 'audit-logs/?event=member.accept-invite')).body.rows;
    assert.deepEqual([audit.actor.id, audit.targetUser.id], [account.id, account.id]);
    assert.deepEqual((await call('GET', invite)).body, invalid);
    assert.deepEqual((await call('POST', invite, await aSession())).body, unable);
  });

  it('[12.1] accepts the invite of the identity provider for the user’s own verified address, in place of the one of the link', async () => {
    for (const isVerified of [true, false]) {
      const account = await anAccount(server);
      const { db } = server.services;
      await db.updateTable('user_emails').set({ is_verified: isVerified }).where('user_id', '=', account.id).execute();
      const provisioned = (await onOrg('POST', 'members/', { email: account.email, orgRole: 'admin' })).body.id as string;
      await changeRecords(server, org.id, (state) => changeFlags(state, provisioned, { 'idp:provisioned': true }));
      const invite = await anInvite({ orgRole: 'manager' });
      assert.equal((await call('POST', invite, { cookie: await logIn(server, account) })).status, 204);
      const members = (await onOrg('GET', 'members/')).body as { id: string; pending: boolean; orgRole: string }[];
      const found = members
        .filter(({ id }) => id === provisioned || id === invite.id)
        .map(({ id, pending, orgRole }) => [id, pending, orgRole]);
      const kept = [provisioned, false, 'admin'];
      // A user who enters the address of another person neither gets their invite nor removes it.
      const separate = [
        [provisioned, true, 'admin'],
        [invite.id, false, 'manager'],
      ];
      assert.deepEqual(found.toSorted(), isVerified ? [kept] : separate.toSorted());
    }
  });

  it('[7.4] adds one member if many users accept concurrently', async () => {
    const invite = await anInvite();
    const sessions = await Promise.all([1, 2, 3].map(aSession));
    const answers = await Promise.all(sessions.map((by) => call('POST', invite, by)));
    assert.deepEqual(answers.map(({ status }) => status).toSorted(), [204, 400, 400]);
    assert.equal((await onOrg('GET', 'members/')).body.length, 2);
  });

  it('[7.4] consumes the invite without effect for an existing member', async () => {
    const invite = await anInvite();
    const account = await anAccount(server);
    await server.operate('POST', `/organizations/${org.id}/members/`, { userId: account.id });
    const by = { cookie: await logIn(server, account) };
    assert.equal((await call('GET', invite, by)).body.existingMember, true);
    const answer = await call('POST', invite, by);
    assert.deepEqual([answer.status, answer.body], [400, { details: 'member already exists' }]);
    assert.equal((await onOrg('GET', `members/${invite.id}/`)).status, 404);
  });

  it('[S-16] [5.6] needs a second factor if the organization requires one', async () => {
    const invite = await anInvite();
    await onOrg('PUT', '', { require2FA: true });
    const account = await anAccount(server);
    const by = { cookie: await logIn(server, account) };
    assert.equal((await call('GET', invite, by)).body.needs2fa, true);
    assert.deepEqual((await call('POST', invite, by)).body, unable);
    const { secret } = (await server.operate('POST', `/users/${account.id}/authenticators/`, { type: 'totp' })).body;
    const withCode = { cookie: await logIn(server, account, codeOf(secret)) };
    assert.equal((await call('GET', invite, withCode)).body.needs2fa, false);
    assert.equal((await call('POST', invite, withCode)).status, 204);
  });

  it('[7.4] [17.5] needs a login through the provider if the organization requires single sign-on', async () => {
    const invite = await anInvite();
    await addAuthProvider(server, org.id);
    const by = await aSession();
    const stateOf = async (session: Session | null = null) => {
      const { hasAuthProvider, needsSso, requireSso, ssoProvider } = (await call('GET', invite, session)).body;
      return { hasAuthProvider, needsSso, requireSso, ssoProvider };
    };
    assert.deepEqual(await stateOf(by), { hasAuthProvider: true, needsSso: false, requireSso: false, ssoProvider: 'Okta' });
    await changeRecords(server, org.id, (state) => enforceChanges(state));
    for (const session of [null, by]) {
      assert.deepEqual(await stateOf(session), { hasAuthProvider: true, needsSso: true, requireSso: true, ssoProvider: 'Okta' });
    }
    const refused = await call('POST', invite, by);
    assert.deepEqual([refused.status, refused.body], [400, unable]);

    const linked = await aLoggedInMember(server, org);
    await linkIdentity(server, org.id, linked);
    assert.deepEqual(await stateOf(linked), { hasAuthProvider: true, needsSso: false, requireSso: true, ssoProvider: 'Okta' });
  });

  it('[6.5] can’t be sent again to a member, who gets the link for single sign-on instead while they are not linked', async () => {
    const member = await aPerson(server);
    await addMember(server, org, member, 'member');
    const resend = () => onOrg('PUT', `members/${member.memberId}/`, { reinvite: true });
    assert.equal((await resend()).status, 400);
    await addAuthProvider(server, org.id);
    assert.equal((await resend()).status, 200);
    await eventually(() => {
      const [mail] = smtp.received.filter(({ recipients }) => recipients.includes(member.email));
      assert.ok(mail?.text?.includes(`${server.url}/auth/login/${org.slug}/`), mail?.text ?? 'no mail');
    });
    const [audit] = (await onOrg('GET', 'audit-logs/?event=member.reinvite')).body.rows;
    assert.equal(audit.targetUser.id, member.userId);
    await linkIdentity(server, org.id, member);
    assert.equal((await resend()).status, 400);
  });

  it('[S-12] adds no user to a removed team, nor to an organization that is being removed', async () => {
    await onOrg('POST', 'teams/', { slug: 'gone' });
    const [first, second] = [await anInvite({ teams: ['gone'] }), await anInvite()];
    await server.request('DELETE', `/api/0/teams/${org.slug}/gone/`, { token: owner.token });
    assert.equal((await call('POST', first, await aSession())).status, 204);
    assert.deepEqual((await onOrg('GET', `members/${first.id}/`)).body.teams, []);
    await server.operate('DELETE', `/organizations/${org.id}/`);
    assert.deepEqual((await call('POST', second, await aSession())).body, unable);
  });

  it('[6.5] works with a token that was sent again, and not with a replaced token', async () => {
    const invite = await anInvite();
    await onOrg('PUT', `members/${invite.id}/`, { reinvite: true });
    assert.equal(await tokenMailedTo(invite.email, 2), invite.token);
    await onOrg('PUT', `members/${invite.id}/`, { reinvite: true, regenerate: true });
    const token = await tokenMailedTo(invite.email, 3);
    assert.deepEqual((await call('GET', invite)).body, invalid);
    assert.equal((await call('POST', { ...invite, token }, await aSession())).status, 204);
  });

  it('removes the invite and adds the member for all subscribers', async () => {
    const invite = await anInvite();
    const replica = await WireReplica.connect(server.url, owner.token);
    try {
      await replica.subscribe(org.slug);
      await replica.live();
      await call('POST', invite, await aSession());
      await eventually(() => {
        const member = replica.records().get(`member/${invite.id}`) as { pending?: boolean } | undefined;
        assert.equal(member?.pending, false);
      });
    } finally {
      replica.close();
    }
  });

  describe('a new account', () => {
    const register = (body: Record<string, unknown>) => server.request('POST', '/api/0/auth/register/', { body });

    it('belongs to the invited address and is logged in, and can then accept', async () => {
      const invite = await anInvite();
      const { id: member, token } = invite;
      const made = await register({ member, token, name: 'New Person', password: goodPassword });
      assert.equal(made.status, 201, JSON.stringify(made.body));
      assert.equal(made.body.email, invite.email);
      assert.equal((await call('POST', invite, { cookie: cookieOf(made) })).status, 204);
      assert.equal((await onOrg('GET', `members/${invite.id}/`)).body.name, 'New Person');
      await logIn(server, invite);
    });

    it('[V7.2.4] ends the session that the same browser had', async () => {
      const former = await logIn(server, await anAccount(server));
      const { id: member, token } = await anInvite();
      const body = { member, token, password: goodPassword };
      const made = await server.request('POST', '/api/0/auth/register/', { body, cookie: former });
      const statusOf = async (cookie: string) => (await server.request('GET', '/api/0/organizations/', { cookie })).status;
      await eventually(async () => assert.deepEqual([await statusOf(former), await statusOf(cookieOf(made))], [401, 200]));
    });

    it('[S-11] replaces no existing account, and needs an invite', async () => {
      const account = await anAccount(server);
      const made = await onOrg('POST', 'members/', { email: account.email });
      const token = await tokenMailedTo(account.email);
      const password = 'another long password';
      const taken = await register({ member: made.body.id, token, password });
      assert.deepEqual([taken.status, taken.body], [409, { detail: 'A user with this email already exists.' }]);
      await logIn(server, account);
      const wrong = await register({ member: made.body.id, token: 'f'.repeat(64), password });
      assert.deepEqual([wrong.status, wrong.body], [400, invalid]);
      const short = await anInvite();
      assert.equal((await register({ member: short.id, token: short.token, password: 'short' })).status, 400);
    });
  });

  describe('the page behind the link', () => {
    const page = async ({ id, token }: Pick<Invite, 'id' | 'token'>, by: Session | null = null) => {
      const response = await fetch(`${server.url}/accept/invitation/`, {
        method: 'POST',
        headers: by ? { Cookie: by.cookie } : {},
        body: new URLSearchParams({ invite: `${id}.${token}` }),
      });
      return { status: response.status, html: await response.text(), policy: response.headers.get('content-security-policy')! };
    };

    it('[V3.2.2] shows the account form, then the confirmation, and a message if the invite does not exist', async () => {
      const invite = await anInvite();
      const anonymous = await page(invite);
      assert.equal(anonymous.status, 200);
      assert.match(anonymous.policy, /^default-src 'none'/);
      assert.match(anonymous.html, /data-api="\/api\/0\/auth\/register\/"/);
      assert.match(anonymous.html, /data-then-api="\/api\/0\/accept-invite\/"/);
      assert.match(anonymous.html, / invited you to .* as an? \w+\. Create an account with \S+ to join\./);
      assert.match(anonymous.html, /href="\/login\/#%2Faccept%2F%23\d/);
      const by = await aSession();
      assert.match((await page(invite, by)).html, /data-api="\/api\/0\/accept-invite\/"/);
      assert.equal((await call('POST', invite, by)).status, 204);
      assert.match((await page(invite, by)).html, /This invitation is no longer valid/);
      assert.match((await page({ id: 'x', token: '<script>' }, { cookie: 'rollcall_session=gone' })).html, /no longer valid/);
      const second = await anInvite();
      assert.match((await page(second, by)).html, /already a member of /);
    });

    it('[V14.2.1] has the token in the fragment, which the page sends in a body, and also behind links of earlier versions', async () => {
      const { id, token } = await anInvite();
      const shown = await server.request('GET', '/accept/');
      assert.equal(shown.status, 200);
      assert.match(shown.body, /<form method="post" action="\/accept\/invitation\/"[^>]* data-sends-fragment="invite"/);
      assert.match(shown.body, /<noscript><p>This page needs JavaScript/);
      const moved = await server.request('GET', `/accept/${id}/${token}/`);
      assert.deepEqual([moved.status, moved.headers.get('location')], [303, `/accept/#${id}.${token}`]);
      const hostile = await server.request('GET', '/accept/%2F%2Fevil.example.com/%3Cscript%3E/');
      assert.equal(hostile.headers.get('location'), '/accept/#%2F%2Fevil.example.com.%3Cscript%3E');
      const again = await server.request('GET', '/accept/invitation/');
      assert.deepEqual([again.status, again.headers.get('location')], [303, '/accept/']);
      const { html } = await page({ id, token });
      const addresses = [...html.matchAll(/(?:action|href|src|data-[\w-]+)="([^"#]*)/g)].map(([, address]) => address!);
      assert.deepEqual(
        addresses.filter((address) => address.includes(token)),
        [],
        'an address that is sent contains the token',
      );
    });

    it('[17.24] shows to a member who was blocked without 2FA that setting it up is enough', async () => {
      const account = await anAccount(server);
      const { body } = await server.operate('POST', `/organizations/${org.id}/members/`, { userId: account.id });
      const by = { cookie: await logIn(server, account) };
      await onOrg('PUT', '', { require2FA: true });
      const link = { id: body.id, token: await tokenMailedTo(account.email) };
      assert.match((await page(link)).html, /Log in to set it up\./);
      assert.match((await page(link, by)).html, /You get access again once you set it up\./);
      assert.match((await page(await anInvite(), by)).html, /Set it up for your account, then open the link in the email again\./);
    });
  });
});
