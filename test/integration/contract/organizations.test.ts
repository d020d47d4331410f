import assert from 'node:assert/strict';
import { sql } from 'kysely';
import { eventually } from '../../support/eventually.ts';
import { addMember, anOrganizationOf, aPerson, nextNumber, type Person, type ProvisionedOrg } from '../../support/provision.ts';
import { startServer, type TestResponse, type TestServer } from '../../support/server.ts';

const denied = { detail: 'You do not have permission to perform this action.' };
const answerOf = ({ status, body }: TestResponse) => [status, body];
const idsOf = (body: readonly { id: string }[]) => body.map(({ id }) => id);

/** Sections 4, 5, 14 and 17, row by row, as far as `organizations.test.ts` does not cover them. */
describe('the contract of organizations', () => {
  let server: TestServer;
  let owner: Person;
  let org: ProvisionedOrg;
  let defaultOrg: ProvisionedOrg;

  before(async () => {
    server = await startServer();
    defaultOrg = await anOrganizationOf(server, await aPerson(server));
  });
  after(() => server?.stop());
  beforeEach(async () => {
    owner = await aPerson(server, { hasSecondFactor: true });
    org = await anOrganizationOf(server, owner);
  });

  const call = (method: string, path: string, by: Person | string, body?: unknown) =>
    server.request(method, `/api/0${path}`, { token: typeof by === 'string' ? by : by.token, body });
  const read = async (by: Person | string = owner) => (await call('GET', `/organizations/${org.slug}/`, by)).body;
  const update = (body: unknown, by: Person | string = owner) => call('PUT', `/organizations/${org.id}/`, by, body);
  const create = (body: unknown, by: Person | string = owner) => call('POST', '/organizations/', by, body);
  const list = (query: string, by: Person | string = owner) => call('GET', `/organizations/?${query}`, by);
  async function aMemberOf(orgRole: 'member' | 'admin' | 'manager' | 'owner'): Promise<Person> {
    const person = await aPerson(server);
    await addMember(server, org, person, orgRole);
    return person;
  }
  async function orgToken(...scopes: string[]): Promise<string> {
    const { body } = await server.operate('POST', `/organizations/${org.id}/tokens/`, { name: `token ${nextNumber()}`, scopes });
    return body.token;
  }

  describe('roles', () => {
    it('[4.1] [4.4] all four appear in order, lowest first, under the old key names, and independent of the caller', async () => {
      const { orgRoleList } = await read();
      const rows = orgRoleList.map(({ desc, scopes, ...row }: { desc: string; scopes: string[] }) => {
        assert.ok(desc, 'a role has a description');
        return { ...row, scopes: scopes.length };
      });
      const row = (id: string, name: string, isGlobal: boolean, minimumTeamRole: string, scopes: number) => {
        const flags = { allowed: false, isAllowed: false, isRetired: false, isTeamRolesAllowed: true };
        return { id, name, ...flags, is_global: isGlobal, isGlobal, minimumTeamRole, scopes };
      };
      assert.deepEqual(rows, [
        row('member', 'Member', false, 'contributor', 11),
        row('admin', 'Admin', false, 'admin', 16),
        row('manager', 'Manager', true, 'admin', 19),
        row('owner', 'Owner', true, 'admin', 20),
      ]);
    });

    it('[4.2] [4.4] both team roles appear', async () => {
      const { teamRoleList } = await read();
      const rows = teamRoleList.map(({ desc, scopes, ...row }: { desc: string; scopes: string[] }) => [row, scopes.length]);
      const row = (id: string, name: string, isMinimumRoleFor: string | null) => {
        return { id, name, allowed: false, isAllowed: false, isRetired: false, isTeamRolesAllowed: true, isMinimumRoleFor };
      };
      assert.deepEqual(rows, [
        [row('contributor', 'Contributor', null), 8],
        [row('admin', 'Team Admin', 'admin'), 15],
      ]);
    });
  });

  describe('settings', () => {
    const flags = ['openMembership', 'enhancedPrivacy', 'allowSharedIssues', 'isEarlyAdopter', 'allowMemberProjectCreation'];
    const rest = ['allowMemberInvite', 'codecovAccess', 'allowSuperuserAccess'];
    const booleans = [
      ...['eventsMemberAdmin', 'alertsMemberWrite', 'allowJoinRequests', 'scrapeJavaScript', 'dataScrubber', 'dataScrubberDefaults'],
      ...['scrubIPAddresses', 'hideAiFeatures', 'issueAlertsThreadFlag', 'metricAlertsThreadFlag', 'githubPRBot', 'githubNudgeInvite'],
      ...['gitlabPRBot', 'gitlabOpenPRBot'],
    ];

    it('[5.1] [5.2] each flag and switch changes alone, for managers too, and null changes nothing', async () => {
      const manager = await aMemberOf('manager');
      let before = await read(manager);
      for (const name of [...flags, ...rest, ...booleans]) {
        const turned = await update({ [name]: !before[name] }, manager);
        const { access: _, ...body } = turned.body;
        const { access: __, ...unturned } = before;
        assert.deepEqual(body, { ...unturned, [name]: !before[name] }, name);
        assert.deepEqual((await update({ [name]: null }, manager)).body, { [name]: ['This field may not be null.'] });
        before = turned.body;
      }
    });

    it('[5.1] features contain two of the flags, and single sign-on', async () => {
      const featuresWith = async (body: object) => {
        await update(body);
        return (await call('GET', `/organizations/${org.slug}/?include_feature_flags=1`, owner)).body.features;
      };
      assert.deepEqual(await featuresWith({ openMembership: true, allowSharedIssues: true }), [
        'open-membership',
        'shared-issues',
        'sso-basic',
        'sso-saml2',
      ]);
      assert.deepEqual(await featuresWith({ openMembership: false }), ['shared-issues', 'sso-basic', 'sso-saml2']);
      assert.deepEqual(await featuresWith({ allowSharedIssues: false }), ['sso-basic', 'sso-saml2']);
    });

    const key = (letter: string) => letter.repeat(43);
    for (const [sent, status, shown] of [
      [{ requireEmailVerification: true }, 200, { requireEmailVerification: false }],
      [{ storeCrashReports: 100 }, 200, { storeCrashReports: 100 }],
      [{ storeCrashReports: '20' }, 200, { storeCrashReports: 20 }],
      [{ storeCrashReports: 101 }, 400, { storeCrashReports: ['Ensure this value is less than or equal to 100.'] }],
      [{ storeCrashReports: -2 }, 400, { storeCrashReports: ['Ensure this value is greater than or equal to -1.'] }],
      [{ sensitiveFields: ['a'] }, 200, { sensitiveFields: ['a'] }],
      [{ sensitiveFields: [] }, 200, { sensitiveFields: [] }],
      [{ sensitiveFields: [''] }, 400, { sensitiveFields: ['Empty values are not allowed.'] }],
      [{ relayPiiConfig: '' }, 200, { relayPiiConfig: null }],
      [{ relayPiiConfig: null }, 200, { relayPiiConfig: null }],
      [{ attachmentsRole: 'billing' }, 400, { attachmentsRole: ['Invalid role'] }],
      [{ trustedRelays: [] }, 200, { trustedRelays: [] }],
      [
        { trustedRelays: [{ name: 'r' }] },
        400,
        { trustedRelays: ["Missing public key for relay key info with name:'r' in Trusted Relays"] },
      ],
      [
        { trustedRelays: [{ name: 'r', publicKey: 'Bad Key' }] },
        400,
        { trustedRelays: ["Invalid public key for relay key info with name:'r' in Trusted Relays"] },
      ],
      [{ trustedRelays: [{ publicKey: key('a') }] }, 400, { trustedRelays: ['Relay key info with missing name in Trusted Relays'] }],
      [
        { trustedRelays: [{ name: ' ', publicKey: key('a') }] },
        400,
        { trustedRelays: ['Relay key info with empty name in Trusted Relays'] },
      ],
      [{ trustedRelays: ['x'] }, 400, { trustedRelays: ['Bad structure received for Trusted Relays'] }],
      [{ cancelDeletion: 'perhaps' }, 400, { cancelDeletion: ['Must be a valid boolean.'] }],
      [{ cancelDeletion: true }, 200, { status: { id: 'active', name: 'active' } }],
    ] as const) {
      it(`[5.2] PUT ${JSON.stringify(sent)} is ${status}`, async () => {
        const answer = await update(sent);
        assert.equal(answer.status, status);
        if (status === 400) assert.deepEqual(answer.body, shown);
        else for (const [name, value] of Object.entries(shown)) assert.deepEqual(answer.body[name], value, name);
      });
    }

    it('[5.2] relays keep their dates until they change, and are removed when they are absent', async () => {
      const relay = (letter: string, name: string) => ({ name, publicKey: key(letter), description: null });
      const first = (await update({ trustedRelays: [relay('a', 'one'), relay('b', 'two'), relay('c', 'three')] })).body.trustedRelays;
      const second = (await update({ trustedRelays: [relay('b', 'two'), relay('c', 'three, renamed'), relay('d', 'four')] })).body
        .trustedRelays;
      assert.deepEqual(second[0], first[1]);
      assert.equal(second[1].created, first[2].created);
      assert.ok(second[1].lastModified > first[2].lastModified, 'a change has its date');
      assert.equal(second[2].created, second[2].lastModified);
      assert.equal(second.length, 3);
    });

    it('[5.2] [V8.2.3] fields for owners are ignored from managers, even with invalid values', async () => {
      const manager = await aMemberOf('manager');
      for (const body of [{ defaultRole: 'owner' }, { defaultRole: 'x' }, { cancelDeletion: 'x' }]) {
        const answer = await update(body, manager);
        assert.deepEqual([answer.status, answer.body.defaultRole], [200, 'member']);
      }
    });
  });

  describe('slugs', () => {
    it('[5.3] derive from names, get a suffix if they are taken, and never consist of digits only', async () => {
      const number = nextNumber();
      // One in 300 has no letter and is extended for that reason.
      const random = /^(?:(?![0-9]{12})[0-9a-f]{12}|[0-9]{12}-[0-9a-z]{2,12})$/;
      for (const [name, slug] of [
        [`---Slug ${number}`, new RegExp(`^slug-${number}$`)],
        [`---slug ${number}---`, new RegExp(`^slug-${number}-[0-9a-z]{2,12}$`)],
        [`___slug_${number}___`, new RegExp(`^slug-${number}-[0-9a-z]{2,12}$`)],
        [`1234${number}`, new RegExp(`^1234${number}-[0-9a-z]{2,12}$`)],
        [`1234-foo-${number}`, new RegExp(`^1234-foo-${number}$`)],
        ['----', random],
        ['Settings', random],
      ] as const) {
        const { status, body } = await create({ name });
        assert.equal(status, 201, name);
        assert.equal(body.name, name.trim());
        assert.match(body.slug, slug);
      }
    });

    it('[17.14] stay complete if the caller provides them', async () => {
      const slug = `${'s'.repeat(40)}-${nextNumber()}`;
      assert.equal((await create({ name: 'Long', slug })).body.slug, slug);
    });

    it('[5.3] [17.13] become free immediately after a rename, and an unchanged slug is not a change', async () => {
      const slug = `renamed-${nextNumber()}`;
      assert.equal((await update({ slug })).status, 200);
      assert.equal((await update({ slug })).status, 200);
      assert.equal((await call('GET', `/organizations/${org.slug}/`, owner)).status, 404);
      assert.equal((await create({ name: 'Next', slug: org.slug })).status, 201);
    });

    for (const [verb, body] of [
      ['POST', { detail: 'An organization with this slug already exists.' }],
      ['PUT', { slug: ['An organization with this slug already exists.'] }],
    ] as const) {
      it(`[5.3] ${verb} that loses a race for a slug returns 409, and changes nothing`, async () => {
        const slug = `raced-${nextNumber()}`;
        const { db } = server.services;
        const before = await read();
        const isBlocked = async () => {
          const { rows } = await sql`SELECT 1 FROM pg_locks WHERE NOT granted AND locktype = 'transactionid'`.execute(db);
          assert.ok(rows.length > 0, 'no request waits for the row');
        };
        let loser: Promise<TestResponse>;
        await db.transaction().execute(async (tx) => {
          await tx.updateTable('organizations').set({ slug }).where('id', '=', defaultOrg.id).execute();
          loser = verb === 'POST' ? create({ name: 'Raced', slug }) : update({ slug, name: 'Raced' });
          await eventually(isBlocked);
        });
        assert.deepEqual(answerOf(await loser!), [409, body]);
        assert.deepEqual(await read(), before);
        await db.updateTable('organizations').set({ slug: defaultOrg.slug }).where('id', '=', defaultOrg.id).execute();
      });
    }
  });

  describe('listing', () => {
    it('[5.4] searches in any case, in groups, and by all keys combined', async () => {
      const other = await anOrganizationOf(server, owner);
      for (const [query, found] of [
        [`slug:${org.slug.toUpperCase()}`, [org.id]],
        [`(slug:${org.slug} OR slug:${other.slug})`, [other.id, org.id]],
        [`slug:${org.slug} status:active`, [org.id]],
        [`slug:${org.slug} status:pending_deletion`, []],
        ['status:PENDING_DELETION', []],
        ['status:invalid_status', []],
        ['slug:', []],
        [`"${(await read()).name}"`, [org.id]],
        [`email:${owner.email} id:${org.id}`, [org.id]],
      ] as const) {
        const { body } = await list(`query=${encodeURIComponent(query)}`);
        assert.deepEqual(idsOf(body), found, query);
      }
    });

    it('[5.4] accepts owner=true like 1, and still shows a token without a user its own organization', async () => {
      const { body } = await list('owner=true');
      assert.deepEqual(idsOf(body.map(({ organization }: { organization: { id: string } }) => organization)), [org.id]);
      assert.deepEqual(idsOf((await list('owner=1', await orgToken('org:read'))).body), [org.id]);
    });

    it('[5.4] finds an organization by the platform of a project', async () => {
      await call('POST', `/organizations/${org.slug}/teams/`, owner, { slug: 'ops' });
      await call('POST', `/teams/${org.slug}/ops/projects/`, owner, { name: 'engine', platform: 'python' });
      assert.deepEqual(idsOf((await list('query=platform:python')).body), [org.id]);
      assert.deepEqual(idsOf((await list('query=platform:node')).body), []);
    });
  });

  describe('creating and removing', () => {
    it('[5.4] has a limit of a few hundred per hour for each user', async () => {
      assert.equal((await create({ name: `Made ${nextNumber()}` })).status, 201);
      const { db } = server.services;
      await db.updateTable('attempt_limits').set({ points: 500 }).where('key', 'like', 'organization-user:%').execute();
      const { status, body, headers } = await create({ name: `Made ${nextNumber()}` });
      assert.deepEqual([status, body], [429, { detail: 'You are attempting to create too many organizations too quickly.' }]);
      assert.ok(Number(headers.get('retry-after')) > 0, 'the response has no Retry-After');
      await db.deleteFrom('attempt_limits').where('key', 'like', 'organization-user:%').execute();
    });

    it('[W5] returns the first response again above the limit, for the same Idempotency-Key', async () => {
      const { db } = server.services;
      const headers = { 'Idempotency-Key': `organization ${nextNumber()}` };
      const body = { name: `Made ${nextNumber()}` };
      const send = () => server.request('POST', '/api/0/organizations/', { token: owner.token, headers, body });
      const first = await send();
      assert.equal(first.status, 201);
      await db.updateTable('attempt_limits').set({ points: 500 }).where('key', 'like', 'organization-user:%').execute();
      const again = await send();
      assert.deepEqual([again.status, again.body], [201, first.body]);
      assert.equal((await create(body)).status, 429, 'another request');
      await db.deleteFrom('attempt_limits').where('key', 'like', 'organization-user:%').execute();
    });

    it('[5.4] [11] adds an audit log entry, as do removing and restoring, which are not logged as edits', async () => {
      await call('DELETE', `/organizations/${org.slug}/`, owner);
      await update({ name: `Restored ${nextNumber()}`, cancelDeletion: true });
      await update({ openMembership: true });
      const { rows } = (await call('GET', `/organizations/${org.slug}/audit-logs/`, owner)).body;
      assert.deepEqual(
        rows.map(({ event }: { event: string }) => event),
        ['org.restore', 'org.remove', 'org.create'],
        'a change without an effect adds no entry',
      );
    });

    it('[5.4] returns the complete details with their lists for DELETE, regardless of `detailed`', async () => {
      const { status, body } = await call('DELETE', `/organizations/${org.slug}/?detailed=0`, owner);
      assert.equal(status, 202);
      const { status: _, ...removed } = body;
      const { status: __, ...details } = await read();
      assert.deepEqual(removed, details);
    });

    it('[14] the first organization is the default one on any server, and the others are not', async () => {
      assert.equal((await read()).isDefault, false);
      const path = `/organizations/${defaultOrg.slug}/`;
      assert.equal((await call('GET', path, defaultOrg.owner)).body.isDefault, true);
      const kept = await call('DELETE', path, defaultOrg.owner);
      assert.deepEqual(answerOf(kept), [400, { detail: 'You cannot remove the default organization.' }]);
    });
  });

  describe('requiring a second factor', () => {
    it('[5.6] adds an audit log entry for each detached member, with that user as its target', async () => {
      const plain = await aMemberOf('member');
      await aMemberOf('member');
      await update({ require2FA: true });
      const { rows } = (await call('GET', `/organizations/${org.slug}/audit-logs/?event=member.pending`, owner)).body;
      assert.equal(rows.length, 2);
      const row = rows.find(({ targetUser }: { targetUser: { id: string } }) => targetUser.id === plain.userId);
      assert.deepEqual([row.actor.id, row.targetObject], [owner.userId, Number(org.id)]);
    });

    it('[5.6] fails for a caller who may not change settings, before any check of second factors', async () => {
      for (const role of ['member', 'admin'] as const) {
        assert.deepEqual(answerOf(await update({ require2FA: true }, await aMemberOf(role))), [403, denied]);
      }
    });
  });

  describe('differences from Sentry', () => {
    it('[17.8] an organization token has only its own scopes', async () => {
      assert.equal((await update({ name: 'Renamed' }, await orgToken('org:write'))).status, 200);
      assert.deepEqual(answerOf(await update({ name: 'Again' }, await orgToken('org:read'))), [403, denied]);
      assert.deepEqual(answerOf(await list('', await orgToken('org:ci'))), [403, denied]);
    });

    it('[17.16] an unknown search key finds nothing and causes no error', async () => {
      assert.deepEqual(answerOf(await list('query=colour:red')), [200, []]);
    });
  });
});

describe('a server with terms and a retired role', () => {
  it('[5.4] [17.20] requires agreement to the terms, and marks the role as retired', async () => {
    const server = await startServer({
      TERMS_URL: 'https://example.com/terms',
      PRIVACY_URL: 'https://example.com/privacy',
      RETIRED_ROLES: 'admin',
    });
    try {
      const { token } = await aPerson(server);
      const create = (body: object) => server.request('POST', '/api/0/organizations/', { token, body });
      assert.deepEqual(answerOf(await create({ name: 'Acme' })), [400, { agreeTerms: ['This field is required.'] }]);
      const refused = await create({ name: 'Acme', agreeTerms: false });
      assert.deepEqual(answerOf(refused), [400, { agreeTerms: ['This attribute is required.'] }]);
      assert.equal((await create({ name: 'Acme', agreeTerms: true })).status, 201);
      const root = await server.request('GET', '/api/0/');
      assert.deepEqual(root.body.terms, { termsUrl: 'https://example.com/terms', privacyUrl: 'https://example.com/privacy' });
      const { body } = await server.request('GET', '/api/0/organizations/acme/', { token });
      const retired = body.orgRoleList.filter(({ isRetired }: { isRetired: boolean }) => isRetired);
      assert.deepEqual(idsOf(retired), ['admin']);
    } finally {
      await server.stop();
    }
  });
});

describe('a server in single-organization mode', () => {
  it('[14] shows its one organization, adds new users with its default role, and creates no other', async () => {
    const server = await startServer({ SENTRY_SINGLE_ORGANIZATION: 'true' });
    try {
      const root = async () => (await server.request('GET', '/api/0/')).body;
      assert.equal((await root()).singleOrganization, null, 'there is none yet');
      const owner = await aPerson(server);
      const org = await anOrganizationOf(server, owner);
      assert.deepEqual(await root(), { version: '0', auth: null, user: null, singleOrganization: org.slug });
      const call = (method: string, path: string, by: Person, body?: unknown) =>
        server.request(method, `/api/0/organizations/${path}`, { token: by.token, body });
      assert.equal((await call('PUT', `${org.slug}/`, owner, { defaultRole: 'manager' })).status, 200);
      const joined = await aPerson(server);
      const [listed] = (await call('GET', '', joined)).body;
      assert.deepEqual([listed.id, listed.orgRole], [org.id, 'manager']);
      const refusal = { detail: 'Organizations are not allowed to be created by this user.' };
      for (const by of [owner, joined]) assert.deepEqual(answerOf(await call('POST', '', by, { name: 'Second' })), [401, refusal]);
      assert.equal((await call('GET', `${org.slug}/`, joined)).body.isDefault, true);
      const kept = await call('DELETE', `${org.slug}/`, owner);
      assert.deepEqual(answerOf(kept), [400, { detail: 'You cannot remove the default organization.' }]);
      assert.equal((await call('GET', `${org.slug}/members/`, joined)).body.length, 2);
    } finally {
      await server.stop();
    }
  });
});
