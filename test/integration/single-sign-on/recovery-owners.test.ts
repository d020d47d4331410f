import assert from 'node:assert/strict';
import { eventually } from '../../support/eventually.ts';
import { type Account, anAccount, codeOf, logIn, personOf } from '../../support/log-in.ts';
import { aLoggedInMember } from '../../support/logged-in.ts';
import { addMember, anOrganizationOf, aPerson, type Person, type ProvisionedOrg } from '../../support/provision.ts';
import { addAuthProvider, changeMember, changeRecords, enforceChanges } from '../../support/security-records.ts';
import { startServerWith, type TestServer } from '../../support/server.ts';
import { startSmtp, type TestSmtp } from '../../support/smtp.ts';

/** An account with an authenticator app. */
interface SecuredAccount extends Account {
  readonly secret: string;
  /** The session in which the app was set up. */
  readonly cookie: string;
}

describe('recovery owners', () => {
  let smtp: TestSmtp;
  let server: TestServer;
  let owner: Person;
  let org: ProvisionedOrg;
  let account: SecuredAccount;
  let recovery: Person;

  before(async () => {
    smtp = await startSmtp();
    server = await startServerWith(smtp, { SMTP_URL: smtp.url });
  });
  after(() => server?.stop());
  beforeEach(async () => {
    owner = await aPerson(server, { hasSecondFactor: true });
    org = await anOrganizationOf(server, owner);
    account = await aSecuredAccount();
    recovery = personOf(account);
    await addMember(server, org, recovery, 'owner');
    await addAuthProvider(server, org.id);
    await changeRecords(server, org.id, (state) => [
      ...enforceChanges(state),
      ...changeMember(state, owner.memberId!, { isRecoveryOwner: true }),
      ...changeMember(state, recovery.memberId!, { isRecoveryOwner: true }),
    ]);
  });

  async function aSecuredAccount(): Promise<SecuredAccount> {
    const made = await anAccount(server);
    const cookie = await logIn(server, made);
    const begun = await server.request('POST', '/api/0/auth/authenticators/totp/', { cookie });
    const { secret, setup } = begun.body;
    const confirmed = await server.request('POST', '/api/0/auth/authenticators/totp/confirm/', {
      cookie,
      body: { setup, code: codeOf(secret) },
    });
    assert.equal(confirmed.status, 201, JSON.stringify(confirmed.body));
    return { ...made, secret, cookie };
  }

  const logins = async () => (await ownRead('audit-logs/?event=sso.recovery-login')).body.rows;
  const ownRead = (path: string, cookie?: string) =>
    server.request('GET', `/api/0/organizations/${org.slug}/${path}`, cookie ? { cookie } : { token: owner.token });
  const subjectsTo = ({ email }: { email: string }) =>
    smtp.received.filter(({ recipients }) => recipients.includes(email)).map(({ subject = '' }) => subject);

  it('[13.5] log in with password and second factor, which is audited once per session and mailed to all owners', async () => {
    assert.deepEqual(await logins(), []);
    const cookie = await logIn(server, account, codeOf(account.secret, 1));
    for (let reads = 0; reads < 2; reads++) assert.equal((await ownRead('', cookie)).status, 200);
    const rows = await logins();
    assert.deepEqual(
      rows.map(({ actor, targetUser }: { actor: { id: string }; targetUser: { id: string } }) => [actor.id, targetUser.id]),
      [[account.id, account.id]],
    );
    await eventually(() => {
      for (const one of [owner, account]) assert.equal(subjectsTo(one).filter((subject) => subject.startsWith('Recovery login')).length, 1);
    });
  });

  it('[S-59] have no access without the second factor', async () => {
    const unsecured = await anAccount(server);
    const person = personOf(unsecured);
    await addMember(server, org, person, 'owner');
    await changeRecords(server, org.id, (state) => changeMember(state, person.memberId!, { isRecoveryOwner: true }));
    const cookie = await logIn(server, unsecured);
    const refused = await ownRead('', cookie);
    assert.deepEqual([refused.status, refused.body.detail.code], [401, 'sso-required']);
    assert.deepEqual(await logins(), []);
  });

  it('[13.5] log in without a record by an ordinary owner, or while single sign-on is not required', async () => {
    await changeRecords(server, org.id, (state) => enforceChanges(state, false));
    await logIn(server, account, codeOf(account.secret, 1));
    assert.deepEqual(await logins(), []);
    await changeRecords(server, org.id, (state) => [
      ...enforceChanges(state),
      ...changeMember(state, recovery.memberId!, { isRecoveryOwner: undefined as never }),
    ]);
    await aLoggedInMember(server, org, 'owner');
    assert.deepEqual(await logins(), []);
  });

  it('[13.5] cause a mail to the owners when they remove their authenticator app', async () => {
    const removed = await server.request('DELETE', '/api/0/auth/authenticators/totp/', {
      cookie: account.cookie,
      body: { code: codeOf(account.secret, 1) },
    });
    assert.equal(removed.status, 204, JSON.stringify(removed.body));
    const reports = () => subjectsTo(owner).filter((subject) => subject.includes('can’t log in'));
    await eventually(() => assert.equal(reports().length, 1));
    assert.equal((await ownRead('', account.cookie)).status, 401);
  });

  it('[13.5] cause a mail to the owners when their second factor is reset', async () => {
    const path = `/api/0/organizations/${org.slug}/members/${recovery.memberId}/second-factor/`;
    const reset = await server.request('DELETE', path, { token: owner.token });
    assert.equal(reset.status, 204, JSON.stringify(reset.body));
    await eventually(() => assert.equal(subjectsTo(owner).filter((subject) => subject.includes('can’t log in')).length, 1));
  });
});
