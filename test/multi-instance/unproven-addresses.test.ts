import assert from 'node:assert/strict';
import { putDomain } from '../support/domains.ts';
import { ForgingIdp } from '../support/forging-idp.ts';
import { type Instances, startInstances } from '../support/instances.ts';
import { locationOf, PageClient } from '../support/page-client.ts';
import { anOrganizationOf, aPerson, nextNumber, type ProvisionedOrg } from '../support/provision.ts';
import type { TestServer } from '../support/server.ts';
import { begin, claimsFor, comeBack, logInWith } from '../support/single-sign-on.ts';
import { addProvider, inviteByMail, register } from '../support/unproven-addresses.ts';

/** An organization sends a limited number of invites a day. */
const roundsMax = 30;
const rounds = Math.min(Number(process.env.ROUNDS ?? 4), roundsMax);

describe('an address without a proof, at two instances', () => {
  let idp: ForgingIdp;
  let instances: Instances;
  let one: TestServer;
  let other: TestServer;
  /** Its provider creates the account with the address, because the domain is its own too. */
  let first: ProvisionedOrg;
  /** Owns the domain. */
  let second: ProvisionedOrg;
  let third: ProvisionedOrg;
  let domain: string;

  before(async () => {
    idp = await ForgingIdp.start();
    instances = await startInstances(2, { environment: { OUTBOUND_ALLOWED: '127.0.0.1' } });
    [one, other] = instances.servers as [TestServer, TestServer];
    [first, second, third] = (await Promise.all([1, 2, 3].map(async () => anOrganizationOf(one, await aPerson(one))))) as [
      ProvisionedOrg,
      ProvisionedOrg,
      ProvisionedOrg,
    ];
    for (const org of [first, second, third]) await addProvider(one, org, idp);
    domain = `company-${nextNumber()}.example`;
    await putDomain(one, first.id, domain, { role: 'affiliated' });
    await putDomain(one, second.id, domain);
  });
  after(async () => {
    await instances?.stop();
    await idp?.stop();
  });

  const claimsOf = (email: string, sub = `subject-${nextNumber()}`) => ({ sub, email, email_verified: true, name: 'A Person' });
  const holdersOf = (email: string) =>
    one.services.db
      .selectFrom('user_emails')
      .innerJoin('users', 'users.id', 'user_emails.user_id')
      .select(['users.id', 'users.name', 'user_emails.is_verified as isVerified'])
      .where('users.email', '=', email)
      .whereRef('user_emails.email', '=', 'users.email')
      .execute();
  /** A login that needs only its last step. */
  async function answeredLogin(org: ProvisionedOrg, email: string, sub?: string) {
    const begun = await begin(other, org, new PageClient());
    const code = idp.codeFor({ claims: claimsFor(begun, idp.issuer(), claimsOf(email, sub)) });
    const answered = await comeBack(other, begun, { code, issuer: idp.issuer() });
    return () => begun.browser.get(locationOf(answered)!);
  }

  it('[H-25] goes to one of two people who prove it at once, and the other one gets a refusal or the same account', async () => {
    for (let round = 0; round < rounds; round++) {
      const email = `person-${nextNumber()}@${domain}`;
      assert.equal((await logInWith(one, idp, first, claimsOf(email))).status, 303);
      const [holder] = await holdersOf(email);
      const invite = await inviteByMail(one, third, email);
      const logIn = await answeredLogin(second, email);
      const create = () => other.operate('POST', '/users/', { email, name: 'By the operator' });
      const [registered, loggedIn, created] = await Promise.all([register(one, invite), logIn(), create()]);
      const context = JSON.stringify([registered.status, loggedIn.status, created.status]);
      assert.ok([201, 409].includes(registered.status), context);
      assert.ok([201, 409].includes(created.status), context);
      assert.ok([303, 403].includes(loggedIn.status), `${context} ${loggedIn.text}`);
      const [owner, ...others] = await holdersOf(email);
      assert.deepEqual([others.length, owner!.isVerified], [0, true], context);
      assert.notEqual(owner!.id, holder!.id, context);
      const former = await one.services.db.selectFrom('users').select('email').where('id', '=', holder!.id).executeTakeFirstOrThrow();
      assert.match(former.email, /^no-address-/);
    }
  });

  it('[H-25] goes to the person who proves it while the account that has it logs in, and the login stays', async () => {
    for (let round = 0; round < rounds; round++) {
      const email = `person-${nextNumber()}@${domain}`;
      const subject = `subject-${nextNumber()}`;
      assert.equal((await logInWith(one, idp, first, claimsOf(email, subject))).status, 303);
      const [holder] = await holdersOf(email);
      const invite = await inviteByMail(one, third, email);
      const logIn = await answeredLogin(first, email, subject);
      const [registered, loggedIn] = await Promise.all([register(one, invite), logIn()]);
      assert.deepEqual([registered.status, loggedIn.status], [201, 303], loggedIn.text);
      const [owner] = await holdersOf(email);
      assert.notEqual(owner!.id, holder!.id);
    }
  });

  it('[H-25] goes to the person who proves it while a login creates the account that would have it', async () => {
    for (let round = 0; round < rounds; round++) {
      const email = `person-${nextNumber()}@${domain}`;
      const invite = await inviteByMail(one, third, email);
      const logIn = await answeredLogin(first, email);
      const [registered, loggedIn] = await Promise.all([register(one, invite), logIn()]);
      assert.equal(registered.status, 201, JSON.stringify(registered.body));
      assert.ok([303, 403].includes(loggedIn.status), loggedIn.text);
      const [owner, ...others] = await holdersOf(email);
      assert.deepEqual([others.length, owner!.isVerified, owner!.name], [0, true, 'The Real Person']);
    }
  });
});
