import assert from 'node:assert/strict';
import { OrgError } from '../../protocol/src/index.ts';
import { newPlaceholder } from '../../server/src/database/identity/placeholder-address.ts';
import { type AccountOriginName, accountOrigins } from '../../server/src/write-path/users/account-origins.ts';
import { createUser } from '../../server/src/write-path/users/create-user.ts';
import { putDomain } from '../support/domains.ts';
import { ForgingIdp } from '../support/forging-idp.ts';
import { anOrgWithOwner, type OrgWithOwner } from '../support/logged-in.ts';
import { locationOf, PageClient } from '../support/page-client.ts';
import { anOrganizationOf, aPerson, nextNumber, type ProvisionedOrg } from '../support/provision.ts';
import { mintScimToken, scimClient } from '../support/scim.ts';
import { startServerWith, type TestServer } from '../support/server.ts';
import { logInWith } from '../support/single-sign-on.ts';
import { addProvider, enterByInvite, giveUnproven, inviteByMail, register } from '../support/unproven-addresses.ts';

/** The claims that others have on an address before an account is created. */
const claims = [
  'none',
  'verified',
  'verified second',
  'unverified',
  'unverified second',
  'placeholder',
  'disabled',
  'domain of another organization',
] as const;
type Claim = (typeof claims)[number];

/**
 * The result: a new account with the address, verified or not, or with a placeholder. `yield`
 * means that the account which had the address gets a placeholder. `existing` is that account, and
 * `refused` none.
 */
type Outcome = 'verified' | 'verified, yield' | 'unverified' | 'placeholder' | 'existing' | 'refused';

/** A way to create an account, as its callers take it. */
interface Path {
  readonly origin: AccountOriginName;
  readonly name: string;
  /** The only domain of its addresses. Null for any. */
  readonly domain?: string;
  /** The account of the person, or null if there is none. */
  create(email: string, claim: Claim): Promise<string | null>;
  readonly outcomes: Readonly<Record<Claim, Outcome>>;
}

/** The outcomes if a party vouches for the address. */
const vouched: Path['outcomes'] = {
  none: 'verified',
  verified: 'refused',
  'verified second': 'refused',
  unverified: 'verified, yield',
  'unverified second': 'verified',
  placeholder: 'refused',
  disabled: 'refused',
  'domain of another organization': 'verified',
};

describe('the origins of accounts', () => {
  let idp: ForgingIdp;
  let server: TestServer;
  let org: OrgWithOwner;
  let other: ProvisionedOrg;

  before(async () => {
    idp = await ForgingIdp.start();
    server = await startServerWith(idp, { OUTBOUND_ALLOWED: '127.0.0.1' });
    org = await anOrgWithOwner(server);
    other = await anOrganizationOf(server, await aPerson(server));
    await addProvider(server, org, idp);
  });
  after(() => server?.stop());

  const domainOf = (email: string) => email.slice(email.indexOf('@') + 1);
  const userIn = async (browser: PageClient): Promise<string | null> => {
    const cookie = browser.cookieFor(server.url);
    const { status, body } = await server.request('GET', '/api/0/auth/', cookie === '' ? {} : { cookie });
    return status === 200 ? body.id : null;
  };
  /** A login at the organization's provider, which asserts the address. */
  const logInAs = async (email: string) => {
    const browser = new PageClient();
    await logInWith(server, idp, org, { sub: `subject-${nextNumber()}`, email, email_verified: true }, { browser });
    return userIn(browser);
  };

  const paths: readonly Path[] = [
    {
      origin: 'operator',
      name: 'the operator',
      async create(email) {
        const { status, body } = await server.operate('POST', '/users/', { email });
        assert.ok(status === 201 || status === 409, JSON.stringify(body));
        return status === 201 ? body.id : null;
      },
      outcomes: vouched,
    },
    {
      origin: 'registration',
      name: 'a registration by invitation',
      async create(email) {
        const { status, body } = await register(server, await inviteByMail(server, org, email));
        assert.ok(status === 201 || status === 409, JSON.stringify(body));
        return status === 201 ? body.id : null;
      },
      outcomes: vouched,
    },
    {
      origin: 'sample',
      name: 'the sample organization',
      create: (email) =>
        createUser(server.services.writePath, 'sample', { email, name: 'Sample', passwordHash: null, isActive: true }).catch((error) => {
          assert.ok(error instanceof OrgError && error.code === 'already-exists', error);
          return null;
        }),
      outcomes: vouched,
    },
    {
      origin: 'sign-on-verified',
      name: 'a login from the page of an invitation',
      async create(email) {
        const invite = await inviteByMail(server, org, email);
        const { browser } = await enterByInvite(server, org, idp, invite, { sub: `subject-${nextNumber()}`, name: 'Real' });
        return userIn(browser);
      },
      outcomes: vouched,
    },
    {
      origin: 'sign-on-verified',
      name: 'a login at the provider of the organization that owns the domain',
      async create(email, claim) {
        // Only one organization can own a domain.
        const status = claim === 'domain of another organization' ? 'pending' : 'verified';
        await putDomain(server, org.id, domainOf(email), { status });
        return logInAs(email);
      },
      // The owner of the domain decides who has its addresses, except for those that are second.
      outcomes: { ...vouched, verified: 'existing', 'domain of another organization': 'refused' },
    },
    {
      origin: 'sign-on-unverified',
      name: 'a login at the provider of an organization that is affiliated with the domain',
      async create(email) {
        await putDomain(server, org.id, domainOf(email), { role: 'affiliated' });
        return logInAs(email);
      },
      outcomes: {
        ...vouched,
        none: 'unverified',
        unverified: 'refused',
        'unverified second': 'unverified',
        'domain of another organization': 'unverified',
      },
    },
    {
      origin: 'sign-on-placeholder',
      name: 'a login at the provider of an organization that has not verified the domain',
      async create(email) {
        const scim = scimClient(server, org.id, await mintScimToken(server, org.id));
        const provisioned = await scim('POST', '/Users', { userName: email });
        assert.equal(provisioned.status, 201, JSON.stringify(provisioned.body));
        const invite = await inviteByMail(server, org, `mallory-${nextNumber()}@example.com`);
        const identity = { sub: `subject-${nextNumber()}`, email, email_verified: true, name: 'Mallory' };
        const { browser, page } = await enterByInvite(server, org, idp, invite, identity);
        const userId = await userIn(browser);
        if (userId !== null) assert.equal(locationOf(page), `${server.url}/done`, page.text);
        return userId;
      },
      outcomes: {
        ...vouched,
        none: 'placeholder',
        unverified: 'placeholder',
        'unverified second': 'placeholder',
        'domain of another organization': 'placeholder',
      },
    },
    {
      origin: 'import',
      name: 'the import of a history',
      domain: 'users.invalid',
      async create(email) {
        const line = JSON.stringify({ op: 'member.add', login: email.slice(0, email.indexOf('@')), role: 'member' });
        const headers = { Authorization: `Bearer ${server.operatorToken}`, 'Content-Type': 'application/x-ndjson' };
        const url = `${server.url}/api/operator/organizations/${org.id}/import/`;
        const response = await fetch(url, { method: 'POST', headers, body: line });
        const body = await response.json();
        if (response.status === 409 || body.skipped?.length === 1) return null;
        assert.deepEqual([response.status, body.applied], [200, 1], JSON.stringify(body));
        const found = await server.services.db.selectFrom('users').select('id').where('email', '=', email).executeTakeFirstOrThrow();
        return found.id;
      },
      // The operator imports logins, not people, so a login that exists is the same account.
      outcomes: { ...vouched, verified: 'existing', unverified: 'existing', disabled: 'existing' },
    },
  ];

  /** Makes the claim, and returns the account that has it. */
  async function claimAddress(claim: Claim, email: string): Promise<string | null> {
    const { db } = server.services;
    switch (claim) {
      case 'none':
        return null;
      case 'domain of another organization':
        await putDomain(server, other.id, domainOf(email));
        return null;
      case 'verified':
      case 'disabled': {
        const { status, body } = await server.operate('POST', '/users/', { email, isActive: claim === 'verified' });
        assert.equal(status, 201, JSON.stringify(body));
        return body.id;
      }
      case 'verified second':
      case 'unverified second': {
        const { userId } = await aPerson(server);
        const isVerified = claim === 'verified second';
        const verifiedAt = isVerified ? '2020-01-01T00:00:00Z' : null;
        await db.insertInto('user_emails').values({ user_id: userId, email, is_verified: isVerified, verified_at: verifiedAt }).execute();
        return userId;
      }
      case 'unverified':
      case 'placeholder': {
        const { userId } = await aPerson(server);
        await giveUnproven(server, userId, email);
        return userId;
      }
    }
  }

  /** The addresses of an account, and whether it is active. */
  const accountOf = async (userId: string) => {
    const { db } = server.services;
    const user = await db.selectFrom('users').select(['email', 'is_active', 'password_hash']).where('id', '=', userId).executeTakeFirst();
    const emails = await db
      .selectFrom('user_emails')
      .select(['email', 'is_verified'])
      .where('user_id', '=', userId)
      .orderBy('id')
      .execute();
    return { ...user!, emails };
  };
  const countUsers = async () => {
    const { count } = await server.services.db
      .selectFrom('users')
      .select(({ fn }) => fn.countAll().as('count'))
      .executeTakeFirstOrThrow();
    return Number(count);
  };

  async function outcomeOf({ create }: Path, claim: Claim, email: string): Promise<Outcome> {
    const holderId = await claimAddress(claim, email);
    const before = holderId === null ? null : await accountOf(holderId);
    const usersBefore = await countUsers();
    const userId = await create(email, claim);
    const isNew = userId !== null && userId !== holderId;
    assert.equal(await countUsers(), usersBefore + (isNew ? 1 : 0), 'accounts');
    const after = holderId === null ? null : await accountOf(holderId);
    const hasYielded = after !== null && after.email !== before!.email;
    if (hasYielded) assert.deepEqual(after.emails, [{ email: after.email, is_verified: false }]);
    else assert.deepEqual(after, before, 'the account that has the address');
    if (!isNew) return userId === null ? 'refused' : 'existing';
    const account = await accountOf(userId);
    const isVerified = account.emails.find((one) => one.email === account.email)!.is_verified;
    if (account.email !== email) {
      assert.match(account.email, /^no-address-[0-9a-f]{16}@users\.invalid$/);
      assert.deepEqual([isVerified, hasYielded], [false, false]);
      return 'placeholder';
    }
    if (!isVerified) return 'unverified';
    return hasYielded ? 'verified, yield' : 'verified';
  }

  afterEach(async () => {
    await server.services.db.deleteFrom('verified_domains').where('organization_id', 'in', [org.id, other.id]).execute();
  });

  it('[H-25] each have a path that is tested with each claim on an address', () => {
    assert.deepEqual(new Set(paths.map(({ origin }) => origin)), new Set(Object.keys(accountOrigins)));
    for (const { name, outcomes } of paths) assert.deepEqual(Object.keys(outcomes), [...claims], name);
  });

  for (const path of paths) {
    for (const claim of claims) {
      it(`[H-25] ${path.name}, claim ${claim}: ${path.outcomes[claim]}`, async () => {
        const domain = path.domain ?? `domain-${nextNumber()}.example`;
        const email = claim === 'placeholder' ? newPlaceholder() : `person-${nextNumber()}@${domain}`;
        assert.equal(await outcomeOf(path, claim, email), path.outcomes[claim]);
      });
    }
  }
});
