import assert from 'node:assert/strict';
import type { OrgRoleId } from '../../../protocol/src/index.ts';
import {
  addMember,
  anOrganizationOf,
  aPerson,
  nextNumber,
  type Person,
  type PersonOptions,
  type ProvisionedOrg,
  revisionOf,
} from '../../support/provision.ts';
import { startServer, type TestServer } from '../../support/server.ts';

const denied = { detail: 'You do not have permission to perform this action.' };
const missing = { detail: 'The requested resource does not exist' };
const microseconds = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;

describe('organizations over REST', () => {
  let server: TestServer;
  let org: ProvisionedOrg;
  let owner: Person;

  before(async () => {
    server = await startServer();
    // The first organization is the default one, which differs in some respects.
    await anOrganizationOf(server, await aPerson(server));
  });
  after(() => server?.stop());

  beforeEach(async () => {
    owner = await aPerson(server, { hasSecondFactor: true });
    org = await anOrganizationOf(server, owner);
  });

  async function aMemberOf(orgRole: OrgRoleId, options?: PersonOptions): Promise<Person> {
    const person = await aPerson(server, options);
    await addMember(server, org, person, orgRole);
    return person;
  }

  const call = (method: string, path: string, by: Person | string, body?: unknown) =>
    server.request(method, `/api/0${path}`, { token: typeof by === 'string' ? by : by.token, body });
  const read = (by: Person | string = owner, query = '') => call('GET', `/organizations/${org.slug}/${query}`, by);
  const update = (body: unknown, by: Person | string = owner) => call('PUT', `/organizations/${org.id}/`, by, body);
  const list = (query: string, by: Person | string = owner) => call('GET', `/organizations/?${query}`, by);
  const create = (body: unknown, by: Person | string = owner) => call('POST', '/organizations/', by, body);

  async function orgToken(...scopes: string[]): Promise<string> {
    const { body } = await server.operate('POST', `/organizations/${org.id}/tokens/`, { name: `token ${nextNumber()}`, scopes });
    return body.token;
  }

  async function snapshot(): Promise<unknown> {
    const { body } = await server.operate('GET', `/organizations/${org.id}/state/?audience=owner`);
    return { revision: body.revision, records: body.records };
  }

  function base(fields: Record<string, unknown> = {}): Record<string, unknown> {
    return {
      id: org.id,
      slug: org.slug,
      status: { id: 'active', name: 'active' },
      isEarlyAdopter: false,
      require2FA: false,
      requireEmailVerification: false,
      avatar: { avatarType: 'letter_avatar', avatarUuid: null, avatarUrl: null },
      allowMemberInvite: true,
      allowMemberProjectCreation: false,
      allowSuperuserAccess: true,
      links: { organizationUrl: server.url, regionUrl: server.url },
      hasAuthProvider: false,
      ...fields,
    };
  }
  const features = ['open-membership', 'shared-issues', 'sso-basic', 'sso-saml2'];

  describe('listing', () => {
    it('[5.5] shows the whole base shape with features and the caller’s role', async () => {
      const { status, body } = await list('');
      assert.equal(status, 200);
      assert.equal(body.length, 1);
      const { name, dateCreated, extraOptions, ...rest } = body[0];
      assert.match(name, /^Org /);
      assert.match(dateCreated, microseconds);
      assert.equal(typeof extraOptions.traces, 'object');
      assert.deepEqual(rest, base({ features, orgRole: 'owner' }));
    });

    it('[5.4] contains all organizations of the user, newest first, including those pending deletion', async () => {
      const second = await anOrganizationOf(server, owner);
      const third = await anOrganizationOf(server, owner);
      assert.equal((await call('DELETE', `/organizations/${second.slug}/`, owner)).status, 202);
      const { body } = await list('');
      assert.deepEqual(
        body.map(({ id, status }: { id: string; status: { id: string } }) => [id, status.id]),
        [
          [third.id, 'active'],
          [second.id, 'pending_deletion'],
          [org.id, 'active'],
        ],
      );
    });

    it('[1.2] can be paged in both directions without repetition or loss', async () => {
      const made = [org.id];
      for (let count = 0; count < 4; count++) made.unshift((await anOrganizationOf(server, owner)).id);
      const seen: string[] = [];
      let cursor = '';
      let last = '';
      for (let page = 0; page < 3; page++) {
        const { headers, body } = await list(`per_page=2&cursor=${cursor}`);
        seen.push(...body.map(({ id }: { id: string }) => id));
        last = headers.get('link')!;
        const next = /rel="next"; results="(true|false)"; cursor="([^"]+)"/.exec(last)!;
        assert.equal(next[1], page < 2 ? 'true' : 'false');
        cursor = next[2]!;
      }
      assert.deepEqual(seen, made);
      const previous = /rel="previous"; results="true"; cursor="([^"]+)"/.exec(last)![1]!;
      const back = await list(`per_page=2&cursor=${previous}`);
      assert.deepEqual(
        back.body.map(({ id }: { id: string }) => id),
        made.slice(2, 4),
      );
    });

    it('[5.4] finds by its keys, and nothing by other keys', async () => {
      const other = await anOrganizationOf(server, owner);
      const { id, slug } = org;
      for (const [query, found] of [
        [`slug:${slug}`, [id]],
        [`id:${id}`, [id]],
        ['id:x', []],
        ['status:active', [other.id, id]],
        ['status:x', []],
        [`member_id:${owner.memberId}`, []],
        [`email:${owner.email.toUpperCase()}`, [other.id, id]],
        [slug, [id]],
        [owner.email, [other.id, id]],
        ['platform:node', []],
        ['colour:red', []],
        ['%', []],
      ] as const) {
        const { body } = await list(`query=${encodeURIComponent(query)}`);
        const ids = body.map((one: { id: string }) => one.id);
        assert.deepEqual(ids, query.startsWith('member_id') ? [other.id] : found, query);
      }
    });

    it('[5.4] sorts by members or projects, with pages by offset', async () => {
      const small = await anOrganizationOf(server, owner);
      await aMemberOf('member');
      for (const sortBy of ['members', 'projects']) {
        const { body, headers } = await list(`sortBy=${sortBy}`);
        assert.deepEqual(
          body.map(({ id }: { id: string }) => id),
          [org.id, small.id],
        );
        assert.match(headers.get('link')!, /cursor="100:1:0"/);
      }
    });

    it('[5.4] lists with owner=1 the organizations that the user owns, by name, and marks those without another owner', async () => {
      const shared = await anOrganizationOf(server, owner);
      await addMember(server, shared, await aPerson(server), 'owner');
      const joined = await anOrganizationOf(server, await aPerson(server));
      await addMember(server, joined, owner, 'manager');
      const { body } = await list('owner=1');
      assert.deepEqual(
        body.map((one: { organization: { id: string }; singleOwner: boolean }) => [one.organization.id, one.singleOwner]),
        [
          [org.id, true],
          [shared.id, false],
        ],
      );
    });

    it('[5.4] shows an organization token its own organization only', async () => {
      const { body } = await list('', await orgToken('org:read'));
      assert.deepEqual(
        body.map(({ id, orgRole }: { id: string; orgRole?: string }) => [id, orgRole]),
        [[org.id, undefined]],
      );
    });
  });

  describe('creating', () => {
    it('[5.4] makes the caller its owner, and adds a first team on request', async () => {
      const name = `Made ${nextNumber()}`;
      const { status, body, headers } = await create({ name, defaultTeam: true });
      assert.equal(status, 201);
      assert.equal(revisionOf({ headers }), 1);
      assert.deepEqual([body.name, body.slug, body.features], [name, name.toLowerCase().replace(' ', '-'), features]);
      const { body: details } = await call('GET', `/organizations/${body.slug}/`, owner);
      assert.equal(details.orgRole, 'owner');
      assert.deepEqual(
        details.teams.map((team: { name: string; isMember: boolean }) => [team.name, team.isMember]),
        [[name, true]],
      );
    });

    it('[5.4] requires a user as the caller', async () => {
      const refused = await create({ name: 'Any' }, await orgToken('org:admin', 'org:write', 'org:read'));
      assert.deepEqual([refused.status, refused.body], [401, { detail: 'This endpoint requires user info' }]);
      const reader = await aPerson(server, { scopes: ['org:read'] });
      assert.deepEqual((await create({ name: 'Any' }, reader)).body, denied);
    });

    for (const [sent, body] of [
      [{}, { name: ['This field is required.'] }],
      [{ name: ' ' }, { name: ['This field may not be blank.'] }],
      [{ name: 'n'.repeat(65) }, { name: ['Ensure this field has no more than 64 characters.'] }],
      [{ name: 'Any', slug: 'api' }, { slug: ['This slug "api" is reserved and not allowed.'] }],
    ] as const) {
      it(`[5.3] rejects ${JSON.stringify(sent).slice(0, 40)}`, async () => {
        const refused = await create(sent);
        assert.deepEqual([refused.status, refused.body], [400, body]);
      });
    }
  });

  describe('details', () => {
    it('[5.5] contain the base shape, flags, settings, the caller’s access, teams and projects', async () => {
      await call('POST', `/organizations/${org.slug}/teams/`, owner, { slug: 'ops' });
      await call('POST', `/teams/${org.slug}/ops/projects/`, owner, { name: 'engine' });
      const { status, body } = await read();
      assert.equal(status, 200);
      const { name, dateCreated, access, orgRoleList, teamRoleList, teams, projects, ...rest } = body;
      assert.match(dateCreated, microseconds);
      assert.ok(name);
      assert.equal(access.length, 20);
      assert.deepEqual(
        orgRoleList.map(({ id, isAllowed, isRetired }: { id: string; isAllowed: boolean; isRetired: boolean }) => [
          id,
          isAllowed,
          isRetired,
        ]),
        ['member', 'admin', 'manager', 'owner'].map((id) => [id, false, false]),
      );
      assert.deepEqual(
        teamRoleList.map(({ id, isMinimumRoleFor }: { id: string; isMinimumRoleFor: string | null }) => [id, isMinimumRoleFor]),
        [
          ['contributor', null],
          ['admin', 'admin'],
        ],
      );
      assert.deepEqual(
        [...teams, ...projects].map(({ slug }: { slug: string }) => slug),
        ['ops', 'engine'],
      );
      assert.deepEqual(rest, {
        ...base(),
        onboardingTasks: [],
        experiments: {},
        isDefault: false,
        defaultRole: 'member',
        availableRoles: [
          { id: 'member', name: 'Member' },
          { id: 'admin', name: 'Admin' },
          { id: 'manager', name: 'Manager' },
          { id: 'owner', name: 'Owner' },
        ],
        openMembership: true,
        allowSharedIssues: true,
        enhancedPrivacy: false,
        codecovAccess: false,
        avatarType: 'letter_avatar',
        eventsMemberAdmin: true,
        alertsMemberWrite: true,
        attachmentsRole: 'member',
        debugFilesRole: 'admin',
        allowJoinRequests: true,
        scrapeJavaScript: true,
        dataScrubber: false,
        dataScrubberDefaults: false,
        scrubIPAddresses: false,
        sensitiveFields: [],
        safeFields: [],
        storeCrashReports: 0,
        relayPiiConfig: null,
        trustedRelays: [],
        hideAiFeatures: false,
        issueAlertsThreadFlag: true,
        metricAlertsThreadFlag: true,
        githubPRBot: true,
        githubOpenPRBot: true,
        githubNudgeInvite: true,
        gitlabPRBot: true,
        gitlabOpenPRBot: true,
        sessionHours: null,
        requiresSso: false,
        pendingAccessRequests: 0,
        isDynamicallySampled: false,
        aggregatedDataConsent: false,
        role: 'owner',
        orgRole: 'owner',
      });
    });

    it('[5.4] omit lists on request, and contain features on request', async () => {
      const { body: short } = await read(owner, '?detailed=0');
      assert.deepEqual([short.teams, short.projects, short.features], [undefined, undefined, undefined]);
      assert.deepEqual((await read(owner, '?include_feature_flags=1')).body.features, features);
      assert.equal((await read(owner, '?include_feature_flags=0')).body.features, undefined);
    });

    it('[5.5] count requests to join a team', async () => {
      await update({ openMembership: false });
      await call('POST', `/organizations/${org.slug}/teams/`, owner, { slug: 'ops' });
      const plain = await aMemberOf('member');
      assert.equal((await call('POST', `/organizations/${org.slug}/members/me/teams/ops/`, plain)).status, 202);
      assert.equal((await read(plain)).body.pendingAccessRequests, 1);
    });

    it('[3.1] return 403 to outsiders and to tokens without the scope, and 404 for an unknown slug', async () => {
      const outsider = await aPerson(server);
      assert.deepEqual(await read(outsider).then(({ status, body }) => [status, body]), [403, denied]);
      const narrow = await aMemberOf('owner', { scopes: ['member:read'] });
      assert.deepEqual(await read(narrow).then(({ status, body }) => [status, body]), [403, denied]);
      for (const segment of ['no-such-organization', '9'.repeat(18), '9'.repeat(30), '%00']) {
        const unknown = await call('GET', `/organizations/${segment}/`, outsider);
        assert.deepEqual([unknown.status, unknown.body], [404, missing], segment);
      }
    });

    it('[3.3] show fewer scopes to plain members if a setting removes them', async () => {
      const plain = await aMemberOf('member');
      await update({ eventsMemberAdmin: false, alertsMemberWrite: false });
      const { access } = (await read(plain)).body;
      assert.deepEqual([access.length, access.includes('event:admin'), access.includes('alerts:write')], [9, false, false]);
    });
  });

  describe('changing', () => {
    for (const [sent, shown] of [
      [{ openMembership: 'off' }, { openMembership: false }],
      [{ allowMemberInvite: 0 }, { allowMemberInvite: false }],
      [{ allowMemberProjectCreation: true }, { allowMemberProjectCreation: true }],
      [
        { allowSharedIssues: false, enhancedPrivacy: 'yes' },
        { allowSharedIssues: false, enhancedPrivacy: true },
      ],
      [{ name: '  Renamed ' }, { name: 'Renamed' }],
      [{ attachmentsRole: 'owner' }, { attachmentsRole: 'owner' }],
      [
        { sensitiveFields: ['a', ' b '], storeCrashReports: -1 },
        { sensitiveFields: ['a', 'b'], storeCrashReports: -1 },
      ],
      [{ relayPiiConfig: '{"rules":{}}' }, { relayPiiConfig: '{"rules":{}}' }],
      [{ defaultRole: 'admin' }, { defaultRole: 'admin' }],
      [{ unknownKey: 1 }, {}],
    ] as const) {
      it(`[5.2] accepts ${JSON.stringify(sent)} and changes nothing else`, async () => {
        const before = (await read()).body;
        const { status, body } = await update(sent);
        assert.equal(status, 200);
        assert.deepEqual(body, { ...before, ...shown });
        assert.deepEqual((await read()).body, body);
      });
    }

    for (const [sent, body] of [
      [{ name: '' }, { name: ['This field may not be blank.'] }],
      [{ openMembership: null }, { openMembership: ['This field may not be null.'] }],
      [{ openMembership: 'perhaps' }, { openMembership: ['Must be a valid boolean.'] }],
      [{ attachmentsRole: 'x' }, { attachmentsRole: ['Invalid role'] }],
      [{ debugFilesRole: 'x' }, { debugFilesRole: ['Invalid role'] }],
      [{ sensitiveFields: 'a' }, { sensitiveFields: ['Expected a list of items but got type "str".'] }],
      [{ safeFields: ['a', ' '] }, { safeFields: ['Empty values are not allowed.'] }],
      [{ sensitiveFields: ['a'.repeat(4001)] }, { sensitiveFields: ['List of sensitive fields is too long.'] }],
      [{ storeCrashReports: 'x' }, { storeCrashReports: ['A valid integer is required.'] }],
      [{ relayPiiConfig: '{' }, { relayPiiConfig: ['Value must be valid JSON.'] }],
      [{ avatarType: 'upload' }, { avatarType: ['Cannot set avatarType to upload without avatar'] }],
      [{ defaultRole: 'x' }, { defaultRole: ['"x" is not a valid choice.'] }],
      [{ slug: 'ab' }, { slug: ['This slug "ab" is too short. Minimum of 3 characters.'] }],
      [{ slug: 's'.repeat(51) }, { slug: ['Ensure this field has no more than 50 characters.'] }],
      [{ slug: 'ACME' }, { slug: ['This slug "ACME" should not contain uppercase symbols.'] }],
      [{ slug: 'api' }, { slug: ['This slug "api" is reserved and not allowed.'] }],
      [{ slug: ' acme-x' }, { slug: ['The slug "acme-x" should not contain any whitespace.'] }],
      [
        { slug: '1234', name: '' },
        {
          name: ['This field may not be blank.'],
          slug: [
            'Enter a valid slug consisting of letters, numbers, or hyphens. It cannot be entirely numeric or start/end with a hyphen.',
          ],
        },
      ],
    ] as const) {
      it(`[5.2] [S-09] rejects ${JSON.stringify(sent).slice(0, 50)} and changes nothing`, async () => {
        const before = await snapshot();
        const refused = await update({ isEarlyAdopter: true, ...sent });
        assert.deepEqual([refused.status, refused.body], [400, body]);
        assert.deepEqual(await snapshot(), before);
      });
    }

    it('[5.3] frees the old slug, and keeps the id', async () => {
      const slug = `renamed-${nextNumber()}`;
      assert.equal((await update({ slug })).body.slug, slug);
      assert.equal((await read()).status, 404);
      assert.equal((await call('GET', `/organizations/${org.id}/`, owner)).body.slug, slug);
      const taken = await call('PUT', `/organizations/${(await anOrganizationOf(server, owner)).id}/`, owner, { slug });
      assert.deepEqual([taken.status, taken.body], [400, { slug: [`The slug "${slug}" is already in use.`] }]);
    });

    it('[5.2] stores trusted relays with their dates, and reports a duplicate key', async () => {
      const publicKey = 'IbXZDWy8DcGLVoT_Z6-ODALEnsyhKiC_i-0r3azaztQ';
      const relay = { name: 'one', publicKey, description: 'first' };
      const { trustedRelays } = (await update({ trustedRelays: [relay] })).body;
      const { created, lastModified, ...rest } = trustedRelays[0];
      assert.match(created, microseconds);
      assert.equal(lastModified, created);
      assert.deepEqual(rest, relay);
      const refused = await update({ trustedRelays: [relay, relay] });
      assert.equal(refused.status, 400);
      assert.deepEqual(refused.body, { trustedRelays: [`Duplicated key in Trusted Relays: '${publicKey}'`] });
    });

    for (const orgRole of ['member', 'admin', 'manager', 'owner'] as const) {
      const isAllowed = orgRole === 'manager' || orgRole === 'owner';
      it(`[S-04] [S-05] ${orgRole} ${isAllowed ? 'may' : 'may not'} change settings; the default role is for owners`, async () => {
        const caller = await aMemberOf(orgRole);
        const { status } = await update({ name: 'Renamed', defaultRole: 'owner' }, caller);
        assert.equal(status, isAllowed ? 200 : 403);
        const { body } = await read();
        assert.equal(body.name === 'Renamed', isAllowed);
        assert.equal(body.defaultRole, orgRole === 'owner' ? 'owner' : 'member');
      });
    }

    it('[3.1] returns 403 before any error about the body', async () => {
      const plain = await aMemberOf('member');
      const refused = await update({ name: '', slug: 'api' }, plain);
      assert.deepEqual([refused.status, refused.body], [403, denied]);
    });

    it('[S-01] rejects the owner of another organization, and its tokens', async () => {
      const stranger = await aPerson(server);
      await anOrganizationOf(server, stranger);
      const before = await snapshot();
      assert.deepEqual((await update({ name: 'Taken over' }, stranger)).body, denied);
      assert.deepEqual(await snapshot(), before);
    });
  });

  describe('requiring a second factor', () => {
    const refusal = { require2FA: ['Cannot require two-factor authentication without personal two-factor enabled.'] };
    const twoFactor = {
      detail: { code: '2fa-required', message: 'Organization requires two-factor authentication to be enabled', extra: {} },
    };

    it('[5.6] rejects a caller without a second factor; recovery codes alone do not count', async () => {
      const second = await aMemberOf('owner');
      assert.deepEqual((await update({ require2FA: true }, second)).body, refusal);
      await server.operate('POST', `/users/${second.userId}/authenticators/`, { type: 'recovery' });
      const refused = await update({ require2FA: true }, second);
      assert.deepEqual([refused.status, refused.body], [400, refusal]);
    });

    it('[5.6] [S-16] turns members without one into invites, in the same revision', async () => {
      const plain = await aMemberOf('member');
      const kept = await aMemberOf('manager', { hasSecondFactor: true });
      await call('POST', `/organizations/${org.slug}/teams/`, owner, { slug: 'ops' });
      await call('POST', `/organizations/${org.slug}/members/${plain.memberId}/teams/ops/`, owner);
      const before = (await call('GET', `/organizations/${org.slug}/members/${plain.memberId}/`, owner)).body;

      const answer = await update({ require2FA: true });
      assert.equal(answer.status, 200);
      assert.equal(answer.body.require2FA, true);
      const log = await server.services.db
        .selectFrom('change_log')
        .select(['kind', 'record_id'])
        .where('organization_id', '=', org.id)
        .where('revision', '=', String(revisionOf(answer)))
        .where('kind', '!=', 'audit-entry')
        .execute();
      assert.deepEqual(log, [
        { kind: 'organization', record_id: org.id },
        { kind: 'member', record_id: plain.memberId },
      ]);

      const { body: after } = await call('GET', `/organizations/${org.slug}/members/${plain.memberId}/`, owner);
      assert.deepEqual(after, { ...before, user: {}, name: plain.email, pending: true });
      const row = await server.services.db
        .selectFrom('members')
        .select(['user_id', 'email', 'invite_token_hash'])
        .where('id', '=', plain.memberId!)
        .executeTakeFirstOrThrow();
      assert.deepEqual([row.user_id, row.email], [null, plain.email]);
      assert.match(row.invite_token_hash!, /^[0-9a-f]{64}$/);
      assert.deepEqual((await read(plain)).body, denied);
      assert.equal((await read(kept)).status, 200);

      await update({ require2FA: false });
      assert.equal((await read(plain)).status, 403, 'switching the flag off reattaches no member');
    });

    it('[S-16] blocks a user without one who joins later', async () => {
      await update({ require2FA: true });
      const late = await aMemberOf('owner');
      for (const refused of [await read(late), await update({ name: 'Renamed' }, late)]) {
        assert.deepEqual([refused.status, refused.body], [401, twoFactor]);
      }
    });
  });

  describe('removing', () => {
    const remove = (by: Person | string = owner) => call('DELETE', `/organizations/${org.slug}/`, by);

    it('[5.7] marks the organization once, leaves it readable, and can be undone', async () => {
      const first = await remove();
      assert.deepEqual([first.status, first.body.status], [202, { id: 'pending_deletion', name: 'pending deletion' }]);
      const again = await remove();
      assert.equal(again.status, 202);
      assert.equal(revisionOf(again), revisionOf(first));
      assert.equal((await read()).status, 200);
      const manager = await aMemberOf('manager');
      assert.equal((await update({ cancelDeletion: true }, manager)).body.status.id, 'pending_deletion');
      assert.equal((await update({ cancelDeletion: true })).body.status.id, 'active');
    });

    it('[5.4] requires an owner, not a manager nor a token without a user', async () => {
      assert.deepEqual((await remove(await aMemberOf('manager'))).body, denied);
      const refused = await remove(await orgToken('org:admin', 'org:write', 'org:read'));
      assert.deepEqual([refused.status, refused.body], [401, { detail: 'This request requires an authenticated user.' }]);
    });
  });
});
