import assert from 'node:assert/strict';
import type { OrgRoleId, TeamRoleId } from '../../../protocol/src/index.ts';
import { addMember, anOrganizationOf, aPerson, nextNumber, type Person, type ProvisionedOrg, revisionOf } from '../../support/provision.ts';
import { startServer, type TestServer } from '../../support/server.ts';

const denied = { detail: 'You do not have permission to perform this action.' };
const missing = { detail: 'The requested resource does not exist' };
const managed = { detail: "This team is managed through your organization's identity provider." };

describe('teams over REST', () => {
  let server: TestServer;
  let org: ProvisionedOrg;
  let owner: Person;
  let plain: Person;

  before(async () => {
    server = await startServer();
  });
  after(() => server?.stop());

  beforeEach(async () => {
    owner = await aPerson(server);
    org = await anOrganizationOf(server, owner);
    plain = await aMemberOf('member');
  });

  async function aMemberOf(orgRole: OrgRoleId): Promise<Person> {
    const person = await aPerson(server);
    await addMember(server, org, person, orgRole);
    return person;
  }

  const call = (method: string, path: string, by: Person | string, body?: unknown, headers: Record<string, string> = {}) =>
    server.request(method, `/api/0${path}`, { token: typeof by === 'string' ? by : by.token, body, headers });
  const create = (body: unknown, by: Person | string = owner) => call('POST', `/organizations/${org.slug}/teams/`, by, body);
  const list = (query: string, by: Person | string = owner) => call('GET', `/organizations/${org.slug}/teams/?${query}`, by);
  const onTeam = (method: string, team: string, by: Person | string = owner, body?: unknown) =>
    call(method, `/teams/${org.slug}/${team}/`, by, body);
  const closeMembership = () => call('PUT', `/organizations/${org.slug}/`, owner, { openMembership: false });

  async function orgToken(...scopes: string[]): Promise<string> {
    const { body } = await server.operate('POST', `/organizations/${org.id}/tokens/`, { name: `token ${nextNumber()}`, scopes });
    return body.token;
  }

  async function put(person: Person, team: string, teamRole?: TeamRoleId): Promise<void> {
    const path = `/organizations/${org.slug}/members/${person.memberId}/teams/${team}/`;
    assert.equal((await call('POST', path, owner)).status, 201);
    if (teamRole) assert.equal((await call('PUT', path, owner, { teamRole })).status, 200);
  }

  describe('creating', () => {
    it('[8.2] returns the complete team from the creator’s view', async () => {
      const { status, body } = await create({ slug: 'ops', name: 'Operations' });
      assert.equal(status, 201);
      const { id, dateCreated, ...rest } = body;
      assert.match(id, /^[0-9]+$/);
      assert.match(dateCreated, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
      assert.deepEqual(rest, {
        slug: 'ops',
        name: 'Operations',
        isMember: true,
        teamRole: 'admin',
        flags: { 'idp:provisioned': false },
        access: [
          'alerts:read',
          'alerts:write',
          'event:admin',
          'event:read',
          'event:write',
          'member:read',
          'org:integrations',
          'org:read',
          'project:admin',
          'project:read',
          'project:releases',
          'project:write',
          'team:admin',
          'team:read',
          'team:write',
        ],
        hasAccess: true,
        isPending: false,
        memberCount: 1,
        avatar: { avatarType: 'letter_avatar', avatarUuid: null },
      });
    });

    for (const { body, answer } of [
      { body: {}, answer: { non_field_errors: ['Name or slug is required'] } },
      { body: { name: ' ' }, answer: { non_field_errors: ['Name or slug is required'] } },
      { body: { slug: '', name: 'Ops' }, answer: { slug: ['This field may not be blank.'] } },
      { body: { slug: null, name: null }, answer: { non_field_errors: ['Name or slug is required'] } },
      {
        body: { slug: '1234' },
        answer: {
          slug: ['Enter a valid slug consisting of lowercase letters, numbers, underscores or hyphens. It cannot be entirely numeric.'],
        },
      },
      { body: { slug: 'a'.repeat(51) }, answer: { slug: ['Ensure this field has no more than 50 characters.'] } },
      { body: { slug: '' }, answer: { slug: ['This field may not be blank.'] } },
      { body: { name: 'n'.repeat(65) }, answer: { name: ['Ensure this field has no more than 64 characters.'] } },
      { body: { name: 'Ops', idp_provisioned: 'maybe' }, answer: { idp_provisioned: ['Must be a valid boolean.'] } },
    ]) {
      it(`[8.1] rejects ${JSON.stringify(body).slice(0, 40)}`, async () => {
        assert.deepEqual(pick(await create(body)), { status: 400, body: answer });
      });
    }

    it('[8.1] rejects a slug that is in use', async () => {
      await create({ slug: 'ops' });
      const message = 'A team with this slug already exists.';
      assert.deepEqual(pick(await create({ slug: 'ops' })), { status: 409, body: { non_field_errors: [message], detail: message } });
    });

    it('[8.1] succeeds for one of two requests that race for a slug', async () => {
      const answers = await Promise.all([create({ slug: 'ops' }), create({ slug: 'ops' })]);
      assert.deepEqual(answers.map(({ status }) => status).sort(), [201, 409]);
    });

    it('[8.1] derives a slug from a name, and a name from a slug', async () => {
      assert.equal((await create({ name: 'Night Shift' })).body.slug, 'night-shift');
      assert.match((await create({ name: 'Night Shift' })).body.slug, /^night-shift-[0-9a-z]{2}$/);
      assert.match((await create({ name: '1234' })).body.slug, /^1234-[0-9a-z]{2}$/);
      assert.equal((await create({ slug: 'day-shift' })).body.name, 'day-shift');
    });

    it('[8.1] rejects a plain member', async () => {
      assert.deepEqual(pick(await create({ slug: 'ops' }, plain)), { status: 403, body: denied });
    });

    it('[8.1] adds no member to the team of an organization token', async () => {
      const { status, body } = await create({ slug: 'ops' }, await orgToken('team:write'));
      assert.equal(status, 201);
      assert.equal(body.isMember, false);
      assert.equal(body.memberCount, 0);
      assert.equal(body.hasAccess, true);
    });

    it('[W5] creates one team for one Idempotency-Key', async () => {
      const key = { 'Idempotency-Key': `key-${nextNumber()}` };
      const path = `/organizations/${org.slug}/teams/`;
      const first = await call('POST', path, owner, { name: 'Ops' }, key);
      const second = await call('POST', path, owner, { name: 'Ops' }, key);
      assert.deepEqual(second.body, first.body);
      assert.equal(revisionOf(second), revisionOf(first));
      assert.equal((await list('')).body.length, 1);
    });

    it('[W6] fails with 412 when the organization has changed', async () => {
      const revision = revisionOf(await create({ slug: 'one' }));
      const path = `/organizations/${org.slug}/teams/`;
      const refused = await call('POST', path, owner, { slug: 'two' }, { 'If-Match': String(revision - 1) });
      assert.equal(refused.status, 412);
      assert.equal(revisionOf(refused), revision);
      assert.equal((await call('POST', path, owner, { slug: 'two' }, { 'If-Match': String(revision) })).status, 201);
    });
  });

  describe('listing', () => {
    beforeEach(async () => {
      for (const slug of ['gamma', 'alpha', 'beta']) await create({ slug, name: `The ${slug}` });
    });
    const slugs = ({ body }: { body: { slug: string }[] }) => body.map(({ slug }) => slug);

    it('[8.1] returns pages sorted by slug', async () => {
      const first = await list('per_page=2');
      assert.deepEqual(slugs(first), ['alpha', 'beta']);
      assert.match(first.headers.get('link')!, /rel="next"; results="true"; cursor="2:1:0"/);
      const second = await list('per_page=2&cursor=2:1:0');
      assert.deepEqual(slugs(second), ['gamma']);
      assert.match(second.headers.get('link')!, /rel="previous"; results="true"; cursor="2:0:1".*rel="next"; results="false"/);
    });

    it('[8.1] contains projects and external teams unless detailed=0', async () => {
      const [team] = (await list('')).body;
      assert.deepEqual([team.projects, team.externalTeams], [[], []]);
      const [brief] = (await list('detailed=0')).body;
      assert.ok(!('projects' in brief) && !('externalTeams' in brief));
    });

    for (const { query, found } of [
      { query: 'query=bet', found: ['beta'] },
      { query: 'query=THE+g', found: ['gamma'] },
      { query: 'query=%25', found: [] },
      { query: 'query=slug:alpha', found: ['alpha'] },
      { query: 'query=slug:alpha+slug:beta', found: ['alpha', 'beta'] },
      { query: 'query=slug:alpha+gam', found: [] },
      { query: 'query=hasExternalTeams:true', found: [] },
      { query: 'query=hasExternalTeams:false', found: ['alpha', 'beta', 'gamma'] },
      { query: 'query=color:red', found: [] },
    ]) {
      it(`[8.1] finds ${JSON.stringify(found)} by ${query}`, async () => assert.deepEqual(slugs(await list(query)), found));
    }

    it('[8.1] finds by id, and rejects an id that is not a number', async () => {
      const { id } = (await onTeam('GET', 'beta')).body;
      assert.deepEqual(slugs(await list(`query=id:${id}`)), ['beta']);
      assert.deepEqual(pick(await list('query=id:beta')), { status: 400, body: { detail: 'Invalid id value' } });
    });

    it('[8.1] requires a token with org:read, not team:read', async () => {
      const reader = await aPerson(server, { scopes: ['team:read'] });
      await addMember(server, org, reader, 'member');
      assert.deepEqual(pick(await list('', reader)), { status: 403, body: denied });
    });

    it('[8.1] returns the caller’s own teams with projects', async () => {
      await put(plain, 'beta');
      const { status, body } = await call('GET', `/organizations/${org.slug}/user-teams/`, plain);
      assert.equal(status, 200);
      assert.deepEqual(
        body.map(({ slug, isMember, teamRole, projects }: Record<string, unknown>) => ({ slug, isMember, teamRole, projects })),
        [{ slug: 'beta', isMember: true, teamRole: 'contributor', projects: [] }],
      );
    });
  });

  describe('one team', () => {
    beforeEach(() => create({ slug: 'ops' }));

    it('[8.1] contains its organization, or omits it on request', async () => {
      const { status, body } = await onTeam('GET', 'ops');
      assert.equal(status, 200);
      assert.equal(body.organization.slug, org.slug);
      assert.ok(!('projects' in body) && !('externalTeams' in body));
      const collapsed = await call('GET', `/teams/${org.slug}/ops/?collapse=organization&expand=projects&expand=externalTeams`, owner);
      assert.ok(!('organization' in collapsed.body));
      assert.deepEqual([collapsed.body.projects, collapsed.body.externalTeams], [[], []]);
    });

    it('[1] can be found by its id', async () => {
      const { id } = (await onTeam('GET', 'ops')).body;
      assert.equal((await onTeam('GET', id)).body.slug, 'ops');
    });

    it('[8.2] counts no pending invites and no deactivated users', async () => {
      const invite = { email: `invitee-${nextNumber()}@example.com`, teamRoles: [{ teamSlug: 'ops', role: null }] };
      assert.equal((await call('POST', `/organizations/${org.slug}/members/`, owner, invite)).status, 201);
      await put(plain, 'ops');
      assert.equal((await onTeam('GET', 'ops')).body.memberCount, 2);
      await server.operate('PUT', `/users/${plain.userId}/`, { isActive: false });
      assert.equal((await onTeam('GET', 'ops')).body.memberCount, 1);
    });

    it('[8.1] changes name and slug, and no absent field', async () => {
      const changed = await onTeam('PUT', 'ops', owner, { name: 'Operations' });
      assert.deepEqual([changed.status, changed.body.name, changed.body.slug], [200, 'Operations', 'ops']);
      assert.ok(!('organization' in changed.body));
      const renamed = await onTeam('PUT', 'ops', owner, { slug: 'operations' });
      assert.deepEqual([renamed.status, renamed.body.name, renamed.body.slug], [200, 'Operations', 'operations']);
      assert.deepEqual(pick(await onTeam('GET', 'ops')), { status: 404, body: missing });
    });

    it('[8.2] has the same members and the same request in the response to its change as in a later read', async () => {
      const invite = { email: `invitee-${nextNumber()}@example.com`, teamRoles: [{ teamSlug: 'ops', role: null }] };
      assert.equal((await call('POST', `/organizations/${org.slug}/members/`, owner, invite)).status, 201);
      const manager = await aMemberOf('manager');
      await put(plain, 'ops', 'admin');
      await closeMembership();
      // Only the request of a caller who is not on the team is shown.
      await server.services.db
        .insertInto('access_requests')
        .values({ organization_id: org.id, team_id: (await onTeam('GET', 'ops')).body.id, member_id: manager.memberId! })
        .execute();
      for (const { person, isPending } of [
        { person: manager, isPending: true },
        { person: plain, isPending: false },
      ]) {
        for (const segment of ['ops', (await onTeam('GET', 'ops')).body.id]) {
          const { body } = await onTeam('PUT', segment, person, { name: `Ops ${nextNumber()}` });
          assert.deepEqual([body.memberCount, body.isPending], [2, isPending]);
          const { organization: _, ...read } = (await onTeam('GET', 'ops', person)).body;
          assert.deepEqual(body, read);
        }
      }
    });

    it('[8.1] rejects the slug of another team, and accepts its own', async () => {
      await create({ slug: 'other' });
      const inUse = { slug: ['The slug "other" is already in use.'] };
      assert.deepEqual(pick(await onTeam('PUT', 'ops', owner, { slug: 'other' })), { status: 400, body: inUse });
      assert.equal((await onTeam('PUT', 'ops', owner, { slug: 'ops' })).status, 200);
    });

    it('[W3] creates no revision if nothing changes', async () => {
      const before = revisionOf(await onTeam('PUT', 'ops', owner, { name: 'Operations' }));
      assert.equal(revisionOf(await onTeam('PUT', 'ops', owner, { name: 'Operations' })), before);
    });

    it('[8.1] can be removed, which removes its memberships, frees its slug, and leaves its projects', async () => {
      await put(plain, 'ops');
      assert.equal((await call('POST', `/teams/${org.slug}/ops/projects/`, owner, { name: 'Engine' })).status, 201);
      assert.deepEqual(pick(await onTeam('DELETE', 'ops')), { status: 204, body: '' });
      assert.deepEqual(pick(await onTeam('GET', 'ops')), { status: 404, body: missing });
      assert.deepEqual((await call('GET', `/organizations/${org.slug}/user-teams/`, plain)).body, []);
      const [project] = (await call('GET', `/organizations/${org.slug}/projects/`, owner)).body;
      assert.deepEqual([project.slug, project.team, project.teams], ['engine', null, []]);
      assert.equal((await create({ slug: 'ops' })).status, 201);
    });

    it('[8.3] cannot be changed or removed if an identity provider provisions it', async () => {
      const { body } = await create({ slug: 'synced', idp_provisioned: true });
      assert.deepEqual(body.flags, { 'idp:provisioned': true });
      assert.deepEqual(pick(await onTeam('PUT', 'synced', owner, { name: 'x' })), { status: 403, body: managed });
      assert.deepEqual(pick(await onTeam('DELETE', 'synced')), { status: 403, body: managed });
    });

    it('[3.1] reveals nothing to an outsider about which teams exist', async () => {
      const outsider = await aPerson(server);
      for (const slug of ['ops', 'no-such-team']) {
        assert.deepEqual(pick(await onTeam('GET', slug, outsider)), { status: 403, body: denied });
        assert.deepEqual(pick(await onTeam('DELETE', slug, outsider)), { status: 403, body: denied });
      }
      assert.deepEqual(pick(await call('GET', '/teams/no-such-org/ops/', outsider)), { status: 404, body: missing });
      assert.deepEqual(pick(await onTeam('GET', 'no-such-team')), { status: 404, body: missing });
    });

    it('[8.1] lists invites by their email, then members, with their stored team role', async () => {
      for (const email of ['zzz@example.com', 'aaa@example.com']) {
        const invite = { email, teamRoles: [{ teamSlug: 'ops', role: null }] };
        assert.equal((await call('POST', `/organizations/${org.slug}/members/`, owner, invite)).status, 201);
      }
      await put(plain, 'ops', 'admin');
      const { status, body } = await call('GET', `/teams/${org.slug}/ops/members/`, plain);
      assert.equal(status, 200);
      const emails = body.map(({ email }: { email: string }) => email);
      assert.deepEqual(emails, ['aaa@example.com', 'zzz@example.com', owner.email, plain.email]);
      const places = new Map(
        body.map(({ email, teamRole, teamSlug, pending }: Record<string, unknown>) => [email, { teamRole, teamSlug, pending }]),
      );
      assert.deepEqual(places.get(owner.email), { teamRole: null, teamSlug: 'ops', pending: false });
      assert.deepEqual(places.get(plain.email), { teamRole: 'admin', teamSlug: 'ops', pending: false });
      assert.deepEqual(places.get('aaa@example.com'), { teamRole: null, teamSlug: 'ops', pending: true });
    });
  });

  describe('reaching a team', () => {
    const matrix = [
      { who: 'a plain member not on it', orgRole: 'member', on: null, open: [200, 403, 403], closed: [403, 403, 403] },
      { who: 'a contributor', orgRole: 'member', on: 'contributor', open: [200, 403, 403], closed: [200, 403, 403] },
      { who: 'a Team Admin', orgRole: 'member', on: 'admin', open: [200, 200, 204], closed: [200, 200, 204] },
      { who: 'an old admin not on it', orgRole: 'admin', on: null, open: [200, 200, 204], closed: [403, 403, 403] },
      { who: 'an old admin on it', orgRole: 'admin', on: 'contributor', open: [200, 200, 204], closed: [200, 200, 204] },
      { who: 'a manager', orgRole: 'manager', on: null, open: [200, 200, 204], closed: [200, 200, 204] },
      { who: 'an owner', orgRole: 'owner', on: null, open: [200, 200, 204], closed: [200, 200, 204] },
    ] as const;

    for (const { who, orgRole, on, ...expected } of matrix) {
      for (const membership of ['open', 'closed'] as const) {
        it(`[8.3] ${who}, ${membership} membership: GET, PUT, DELETE are ${expected[membership].join(', ')}`, async () => {
          await create({ slug: 'ops' });
          const person = await aMemberOf(orgRole);
          if (on) await put(person, 'ops', on);
          if (membership === 'closed') assert.equal((await closeMembership()).status, 200);
          const statuses = [
            (await onTeam('GET', 'ops', person)).status,
            (await onTeam('PUT', 'ops', person, { name: 'Renamed' })).status,
            (await onTeam('DELETE', 'ops', person)).status,
          ];
          assert.deepEqual(statuses, expected[membership]);
        });
      }
    }

    it('[8.2] shows who has access, and with which scopes', async () => {
      await create({ slug: 'ops' });
      await closeMembership();
      const [seen] = (await list('', plain)).body;
      assert.deepEqual([seen.isMember, seen.teamRole, seen.hasAccess, seen.access], [false, null, false, []]);
      await put(plain, 'ops');
      const [joined] = (await list('', plain)).body;
      assert.deepEqual([joined.isMember, joined.teamRole, joined.hasAccess], [true, 'contributor', true]);
      assert.ok(joined.access.includes('project:read') && !joined.access.includes('team:write'));
    });
  });
});

function pick({ status, body }: { status: number; body: unknown }) {
  return { status, body };
}
