import assert from 'node:assert/strict';
import { defaultProjectSettings, type OrgRoleId, type Scope, type TeamRoleId } from '../../../protocol/src/index.ts';
import { addMember, anOrganizationOf, aPerson, nextNumber, type Person, type ProvisionedOrg, revisionOf } from '../../support/provision.ts';
import { startServer, type TestServer } from '../../support/server.ts';

const denied = { detail: 'You do not have permission to perform this action.' };
const noProject = { detail: 'Project does not exist' };
const disabled = { detail: 'Your organization has disabled this feature for members.' };

describe('projects over REST', () => {
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
    await createTeam('ops');
  });

  async function aMemberOf(orgRole: OrgRoleId, scopes?: readonly Scope[]): Promise<Person> {
    const person = await aPerson(server, scopes ? { scopes } : {});
    await addMember(server, org, person, orgRole);
    return person;
  }

  const call = (method: string, path: string, by: Person | string, body?: unknown) =>
    server.request(method, `/api/0${path}`, { token: typeof by === 'string' ? by : by.token, body });
  const createTeam = async (slug: string) =>
    assert.equal((await call('POST', `/organizations/${org.slug}/teams/`, owner, { slug })).status, 201);
  const createOnTeam = (body: unknown, by: Person | string = owner, team = 'ops') =>
    call('POST', `/teams/${org.slug}/${team}/projects/`, by, body);
  const createInOrg = (body: unknown, by: Person | string = owner) => call('POST', `/organizations/${org.slug}/projects/`, by, body);
  const onProject = (method: string, path: string, by: Person | string = owner, body?: unknown) =>
    call(method, `/projects/${org.slug}/${path}`, by, body);
  const list = (query: string, by: Person | string = owner) => call('GET', `/organizations/${org.slug}/projects/?${query}`, by);
  const slugs = ({ body }: { body: { slug: string }[] }) => body.map(({ slug }) => slug);
  const setOrg = async (flags: object) => assert.equal((await call('PUT', `/organizations/${org.slug}/`, owner, flags)).status, 200);

  async function put(person: Person, team: string, teamRole?: TeamRoleId): Promise<void> {
    const path = `/organizations/${org.slug}/members/${person.memberId}/teams/${team}/`;
    assert.equal((await call('POST', path, owner)).status, 201);
    if (teamRole) assert.equal((await call('PUT', path, owner, { teamRole })).status, 200);
  }

  async function orgToken(...scopes: Scope[]): Promise<string> {
    const { body } = await server.operate('POST', `/organizations/${org.id}/tokens/`, { name: `token ${nextNumber()}`, scopes });
    return body.token;
  }

  describe('creating on a team', () => {
    it('[9.2] returns the summary from the creator’s view', async () => {
      const { status, body } = await createOnTeam({ name: 'Engine', platform: 'node' });
      assert.equal(status, 201);
      const { id, dateCreated, access, team, teams, ...rest } = body;
      assert.match(id, /^[0-9]+$/);
      assert.match(dateCreated, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
      assert.ok(access.includes('project:admin'));
      assert.deepEqual(access, [...access].sort());
      assert.deepEqual(teams, [team]);
      assert.deepEqual({ ...team, id: null }, { id: null, slug: 'ops', name: 'ops' });
      const known = Object.fromEntries(Object.entries(rest).filter(([key]) => !/^has[A-Z]/.test(key)));
      assert.deepEqual(known, {
        slug: 'engine',
        name: 'Engine',
        platform: 'node',
        isBookmarked: false,
        isMember: true,
        features: [],
        firstEvent: null,
        firstTransactionEvent: false,
        platforms: ['node'],
        environments: [],
        latestRelease: null,
      });
      const has = Object.entries(rest).filter(([key, value]) => /^has[A-Z]/.test(key) && value !== false);
      assert.deepEqual(has, [['hasAccess', true]]);
      for (const key of [
        'hasUserReports',
        'hasProfiles',
        'hasReplays',
        'hasMonitors',
        'hasFeedbacks',
        'hasSessions',
        'hasMinifiedStackTrace',
      ]) {
        assert.ok(key in rest, key);
      }
    });

    const badSlug = 'Enter a valid slug consisting of lowercase letters, numbers, underscores or hyphens. It cannot be entirely numeric.';
    for (const { body, answer } of [
      { body: {}, answer: { name: ['This field is required.'] } },
      { body: { name: 'n'.repeat(51) }, answer: { name: ['Ensure this field has no more than 50 characters.'] } },
      { body: { name: 'settings' }, answer: { name: ['The name "settings" is reserved and not allowed.'] } },
      { body: { name: 'Engine', slug: 'usage' }, answer: { slug: ['The slug "usage" is reserved and not allowed.'] } },
      { body: { name: 'Engine', slug: 's'.repeat(101) }, answer: { slug: ['Ensure this field has no more than 100 characters.'] } },
      { body: { name: 'Engine', slug: '42' }, answer: { slug: [badSlug] } },
      { body: { name: 'Engine', platform: 'abacus' }, answer: { platform: ['Invalid platform'] } },
      {
        body: { slug: '42', platform: 'abacus' },
        answer: { name: ['This field is required.'], slug: [badSlug], platform: ['Invalid platform'] },
      },
    ]) {
      it(`[9.3] rejects ${JSON.stringify(body).slice(0, 50)}`, async () => {
        assert.deepEqual(pick(await createOnTeam(body)), { status: 400, body: answer });
      });
    }

    it('[9.3] rejects a given slug that is taken, and adds a suffix to a generated one', async () => {
      await createOnTeam({ name: 'Engine' });
      const taken = { status: 409, body: { detail: 'A project with this slug already exists.' } };
      assert.deepEqual(pick(await createOnTeam({ name: 'Other', slug: 'engine' })), taken);
      assert.match((await createOnTeam({ name: 'Engine' })).body.slug, /^engine-[0-9a-z]{2}$/);
    });

    it('[9.3] treats an empty platform as none', async () => {
      for (const platform of ['', null]) assert.equal((await createOnTeam({ name: 'Engine', platform })).body.platform, null);
    });

    it('[9.1] requires a Team Admin, and rejects contributors regardless of the settings for members', async () => {
      await setOrg({ allowMemberProjectCreation: true });
      await put(plain, 'ops');
      assert.deepEqual(pick(await createOnTeam({ name: 'Engine' }, plain)), { status: 403, body: denied });
      await put(await aMemberOf('member'), 'ops', 'admin');
      const teamAdmin = await aMemberOf('member');
      await put(teamAdmin, 'ops', 'admin');
      await setOrg({ allowMemberProjectCreation: false });
      assert.equal((await createOnTeam({ name: 'Engine' }, teamAdmin)).status, 201);
    });

    it('[9.3] reports to a token with project:write alone that creating projects is switched off', async () => {
      const writer = await aMemberOf('owner', ['project:write']);
      assert.deepEqual(pick(await createOnTeam({ name: 'Engine' }, writer)), { status: 403, body: disabled });
      assert.deepEqual(pick(await createOnTeam({ name: 'Engine' }, await orgToken('project:write'))), { status: 403, body: disabled });
    });

    it('[9.3] returns 404 for a team that does not exist', async () => {
      assert.equal((await createOnTeam({ name: 'Engine' }, owner, 'no-such-team')).status, 404);
    });
  });

  describe('creating a project together with its team', () => {
    it('[9.3] makes the caller Team Admin of a new team named after their address', async () => {
      await setOrg({ allowMemberProjectCreation: true });
      const { status, body } = await createInOrg({ name: 'Engine' }, plain);
      const team = `team-${plain.email.split('@')[0]}`;
      assert.deepEqual([status, body.slug, body.team_slug, body.team.slug], [201, 'engine', team, team]);
      const place = await call('GET', `/organizations/${org.slug}/members/me/teams/${team}/`, plain);
      assert.deepEqual(place.body, { isActive: true, teamRole: 'admin' });
      const second = await createInOrg({ name: 'Brakes' }, plain);
      assert.match(second.body.team_slug, new RegExp(`^${team}-[0-9a-z]{2}$`));
    });

    it('[9.3] creates one revision with all changes', async () => {
      const before = revisionOf(await call('PUT', `/teams/${org.slug}/ops/`, owner, { name: 'Operations' }));
      assert.equal(revisionOf(await createInOrg({ name: 'Engine' })), before + 1);
    });

    it('[9.3] needs org:write if members may not create projects', async () => {
      for (const orgRole of ['member', 'admin'] as const) {
        assert.deepEqual(pick(await createInOrg({ name: 'Engine' }, await aMemberOf(orgRole))), { status: 403, body: disabled });
      }
      assert.equal((await createInOrg({ name: 'Engine' }, await aMemberOf('manager'))).status, 201);
    });

    it('[9.3] requires a member', async () => {
      const token = await orgToken('org:write', 'project:write');
      const detail = 'You must be a member of the organization to join a new team as a Team Admin';
      assert.deepEqual(pick(await createInOrg({ name: 'Engine' }, token)), { status: 403, body: { detail } });
    });
  });

  describe('listing', () => {
    beforeEach(async () => {
      await createTeam('dev');
      await createOnTeam({ name: 'Gamma', slug: 'gamma' });
      await createOnTeam({ name: 'Alpha', slug: 'alpha' });
      await createOnTeam({ name: 'Beta', slug: 'beta' }, owner, 'dev');
    });

    it('[9.1] sorts the caller’s bookmarks first, then by slug', async () => {
      const marked = await onProject('PUT', 'gamma/', plain, { isBookmarked: true });
      assert.deepEqual([marked.status, marked.body.isBookmarked], [200, true]);
      assert.deepEqual(slugs(await list('', plain)), ['gamma', 'alpha', 'beta']);
      assert.deepEqual(slugs(await list('all_projects=1', plain)), ['alpha', 'beta', 'gamma']);
      assert.deepEqual(slugs(await list('')), ['alpha', 'beta', 'gamma']);
      await onProject('PUT', 'gamma/', plain, { isBookmarked: false });
      assert.deepEqual(slugs(await list('', plain)), ['alpha', 'beta', 'gamma']);
    });

    it('[9.1] returns pages', async () => {
      const first = await list('per_page=2');
      assert.deepEqual(slugs(first), ['alpha', 'beta']);
      assert.match(first.headers.get('link')!, /rel="next"; results="true"; cursor="2:1:0"/);
      assert.deepEqual(slugs(await list('per_page=2&cursor=2:1:0')), ['gamma']);
      assert.equal((await list('per_page=2&all_projects=1')).headers.get('link'), null);
    });

    for (const { query, found } of [
      { query: 'query=ALP', found: ['alpha'] },
      { query: 'query=slug:alpha+slug:beta', found: ['alpha', 'beta'] },
      { query: 'query=team:dev', found: ['beta'] },
      { query: 'query=!team:dev', found: ['alpha', 'gamma'] },
      { query: 'query=team:dev+gamma', found: [] },
      { query: 'query=color:red', found: [] },
    ]) {
      it(`[9.1] finds ${JSON.stringify(found)} by ${query}`, async () => assert.deepEqual(slugs(await list(query)), found));
    }

    it('[9.1] finds a project by id, and rejects an id that is not a number', async () => {
      const { id } = (await onProject('GET', 'beta/')).body;
      assert.deepEqual(slugs(await list(`query=id:${id}`)), ['beta']);
      assert.equal((await list('query=id:beta')).status, 400);
    });

    it('[9.1] finds the caller’s own projects by `is_member`, and shows the caller’s access', async () => {
      await put(plain, 'dev');
      await setOrg({ openMembership: false });
      assert.deepEqual(slugs(await list('query=is_member:true', plain)), ['beta']);
      const places = (await list('', plain)).body.map(({ slug, isMember, hasAccess, access }: Record<string, unknown[]>) => [
        slug,
        isMember,
        hasAccess,
        access!.length > 0,
      ]);
      assert.deepEqual(places, [
        ['alpha', false, false, false],
        ['beta', true, true, true],
        ['gamma', false, false, false],
      ]);
    });

    it('[9.1] shows an organization token only projects with a team', async () => {
      const token = await orgToken('org:read');
      await call('DELETE', `/teams/${org.slug}/dev/`, owner);
      assert.deepEqual(slugs(await list('', token)), ['alpha', 'gamma']);
      assert.deepEqual(slugs(await list('')), ['alpha', 'beta', 'gamma']);
    });

    it('[9.1] lists the projects of a team', async () => {
      assert.deepEqual(slugs(await call('GET', `/teams/${org.slug}/ops/projects/`, plain)), ['alpha', 'gamma']);
      await setOrg({ openMembership: false });
      assert.deepEqual(pick(await call('GET', `/teams/${org.slug}/ops/projects/`, plain)), { status: 403, body: denied });
    });

    it('[9.1] lists the projects of all organizations to which the caller has access', async () => {
      const { memberId } = plain;
      const elsewhere = await anOrganizationOf(server, plain);
      plain.memberId = memberId;
      await call('POST', `/organizations/${elsewhere.slug}/projects/`, plain, { name: 'Delta' });
      const across = (query: string, by: Person | string = plain) => call('GET', `/projects/?${query}`, by);
      const all = await across('');
      assert.deepEqual(slugs(all), ['alpha', 'beta', 'delta', 'gamma']);
      const homes = all.body.map(({ organization }: { organization: { slug: string } }) => organization.slug);
      assert.deepEqual(homes, [org.slug, org.slug, elsewhere.slug, org.slug]);
      assert.deepEqual(slugs(await across('query=slug:delta')), ['delta']);
      assert.deepEqual(slugs(await across('query=slug:delta', owner)), []);
      assert.deepEqual(slugs(await across(`query=id:${all.body[0].id}`)), ['alpha']);
      assert.deepEqual(slugs(await across('query=id:alpha')), []);
      await put(plain, 'dev');
      await setOrg({ openMembership: false });
      assert.deepEqual(slugs(await across('')), ['beta', 'delta']);
      assert.deepEqual(slugs(await across('', await orgToken('project:read'))), ['alpha', 'beta', 'gamma']);
    });
  });

  describe('one project', () => {
    beforeEach(() => createOnTeam({ name: 'Engine' }));

    it('[9.2] has every detail, with default values for the absent ones', async () => {
      const { status, body } = await onProject('GET', 'engine/');
      assert.equal(status, 200);
      assert.equal(body.organization.slug, org.slug);
      assert.match(body.color, /^#[0-9a-f]{6}$/);
      const expected = {
        isPublic: false,
        isInternal: false,
        status: 'active',
        processingIssues: 0,
        plugins: [],
        ...defaultProjectSettings,
        symbolSources: '',
        avatar: { avatarType: 'letter_avatar', avatarUuid: null },
      };
      assert.deepEqual(Object.fromEntries(Object.keys(expected).map((key) => [key, body[key]])), expected);
    });

    it('[9.1] contains only id and slug of its organization on request', async () => {
      const { body } = await onProject('GET', 'engine/?collapse=organization');
      assert.deepEqual(body.organization, { id: org.id, slug: org.slug });
    });

    it('[9.1] can be found by its id, and an unknown slug gets 404', async () => {
      const { id } = (await onProject('GET', 'engine/')).body;
      assert.equal((await onProject('GET', `${id}/`)).body.slug, 'engine');
      assert.deepEqual(pick(await onProject('GET', 'no-such-project/')), { status: 404, body: noProject });
    });

    it('[3.4] rejects members who are on none of its teams if open membership is off', async () => {
      assert.equal((await onProject('GET', 'engine/', plain)).status, 200);
      await setOrg({ openMembership: false });
      assert.deepEqual(pick(await onProject('GET', 'engine/', plain)), { status: 403, body: denied });
      await put(plain, 'ops');
      assert.equal((await onProject('GET', 'engine/', plain)).status, 200);
    });

    it('[9.1] changes the given fields, for users who may write it', async () => {
      const { status, body } = await onProject('PUT', 'engine/', owner, { name: 'Motor', platform: 'go' });
      assert.deepEqual([status, body.name, body.slug, body.platform], [200, 'Motor', 'engine', 'go']);
      await put(plain, 'ops');
      assert.deepEqual(pick(await onProject('PUT', 'engine/', plain, { name: 'Mine' })), { status: 403, body: denied });
      assert.equal((await onProject('PUT', 'engine/', plain, { isBookmarked: true })).status, 200);
    });

    it('[W3] creates no revision for a bookmark', async () => {
      const before = revisionOf(await onProject('PUT', 'engine/', owner, { name: 'Motor' }));
      assert.equal(revisionOf(await onProject('PUT', 'engine/', owner, { isBookmarked: true })), before);
    });

    for (const { slug, text } of [
      { slug: 'brakes', text: 'Another project (Brakes) is already using that slug' },
      { slug: 'teams', text: 'The slug "teams" is reserved and not allowed.' },
      {
        slug: '42',
        text: 'Enter a valid slug consisting of lowercase letters, numbers, underscores or hyphens. It cannot be entirely numeric.',
      },
    ]) {
      it(`[9.4] rejects the slug ${slug}`, async () => {
        await createOnTeam({ name: 'Brakes' });
        assert.deepEqual(pick(await onProject('PUT', 'engine/', owner, { slug })), { status: 400, body: { slug: [text] } });
      });
    }

    it('[9.4] redirects from an earlier slug to the current one', async () => {
      await onProject('PUT', 'engine/', owner, { slug: 'motor' });
      await onProject('PUT', 'motor/', owner, { slug: 'drive' });
      for (const [method, path, target] of [
        ['GET', 'engine/?collapse=organization', 'drive/?collapse=organization'],
        ['GET', 'motor/teams/', 'drive/teams/'],
        ['PUT', 'engine/', 'drive/'],
        ['POST', 'engine/teams/ops/', 'drive/teams/ops/'],
        ['DELETE', 'engine/', 'drive/'],
      ] as const) {
        const url = `/api/0/projects/${org.slug}/${target}`;
        const answer = await onProject(method, path, owner, method === 'PUT' ? {} : undefined);
        assert.deepEqual(pick(answer), { status: 302, body: { slug: 'drive', detail: { extra: { url, slug: 'drive' } } } });
        assert.equal(answer.headers.get('location'), url);
      }
      await setOrg({ openMembership: false });
      assert.deepEqual(pick(await onProject('GET', 'engine/', plain)), { status: 403, body: denied });
    });

    it('[9.4] ends a redirect when another project gets the slug, or the project itself gets it back', async () => {
      await onProject('PUT', 'engine/', owner, { slug: 'motor' });
      assert.equal((await createOnTeam({ name: 'Engine' })).body.slug, 'engine');
      assert.equal((await onProject('GET', 'engine/')).status, 200);
      await onProject('PUT', 'motor/', owner, { slug: 'drive' });
      await onProject('PUT', 'drive/', owner, { slug: 'motor' });
      assert.equal((await onProject('GET', 'motor/')).status, 200);
      assert.equal((await onProject('GET', 'drive/')).status, 302);
    });

    it('[9.1] can be removed with project:admin on it, which frees its slug', async () => {
      await put(plain, 'ops');
      assert.deepEqual(pick(await onProject('DELETE', 'engine/', plain)), { status: 403, body: denied });
      assert.deepEqual(pick(await onProject('DELETE', 'engine/')), { status: 204, body: '' });
      assert.deepEqual(pick(await onProject('GET', 'engine/')), { status: 404, body: noProject });
      assert.equal((await createOnTeam({ name: 'Other', slug: 'engine' })).status, 201);
    });

    it('[9.1] lists the active users on its teams', async () => {
      await put(plain, 'ops');
      await aMemberOf('manager');
      const { status, body } = await onProject('GET', 'engine/members/');
      assert.equal(status, 200);
      assert.deepEqual(body.map(({ email }: { email: string }) => email).sort(), [owner.email, plain.email].sort());
    });
  });

  describe('the teams of a project', () => {
    beforeEach(async () => {
      await createOnTeam({ name: 'Engine' });
      await createTeam('dev');
    });

    it('[9.1] gain a team, and return the same for a repeated request without a revision', async () => {
      const added = await onProject('POST', 'engine/teams/dev/');
      assert.equal(added.status, 201);
      assert.deepEqual(slugs({ body: added.body.teams }), ['dev', 'ops']);
      assert.equal(added.body.team.slug, 'dev');
      const again = await onProject('POST', 'engine/teams/dev/');
      assert.deepEqual([again.status, again.body], [201, added.body]);
      assert.equal(revisionOf(again), revisionOf(added));
      assert.deepEqual(slugs(await onProject('GET', 'engine/teams/')), ['dev', 'ops']);
    });

    it('[9.1] cannot gain a team that does not exist', async () => {
      for (const method of ['POST', 'DELETE']) {
        const answer = await onProject(method, 'engine/teams/no-such-team/');
        assert.deepEqual(pick(answer), { status: 404, body: { detail: 'Team does not exist.' } });
      }
    });

    it('[9.1] lose a team if the caller may write the project through that team', async () => {
      const teamAdmin = await aMemberOf('member');
      await put(teamAdmin, 'ops', 'admin');
      assert.equal((await onProject('POST', 'engine/teams/dev/', teamAdmin)).status, 201);
      const refused = await onProject('DELETE', 'engine/teams/dev/', teamAdmin);
      assert.deepEqual(pick(refused), { status: 403, body: { detail: [denied.detail] } });
      const removed = await onProject('DELETE', 'engine/teams/ops/', teamAdmin);
      assert.deepEqual([removed.status, slugs({ body: removed.body.teams })], [200, ['dev']]);
      assert.equal((await onProject('DELETE', 'engine/teams/dev/')).status, 200);
    });

    it('[9.1] cannot be changed by contributors', async () => {
      await put(plain, 'ops');
      for (const method of ['POST', 'DELETE']) {
        assert.deepEqual(pick(await onProject(method, 'engine/teams/ops/', plain)), { status: 403, body: denied });
      }
    });
  });
});

function pick({ status, body }: { status: number; body: unknown }) {
  return { status, body };
}
