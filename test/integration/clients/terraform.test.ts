import assert from 'node:assert/strict';
import { anOrganizationOf, aPerson, nextNumber, type ProvisionedOrg } from '../../support/provision.ts';
import { startServer, type TestServer } from '../../support/server.ts';
import { GoClient } from '../../support/terraform/go-client.ts';
import {
  KeyResource,
  MemberResource,
  OrganizationResource,
  ProjectResource,
  TeamMemberResource,
  TeamResource,
} from '../../support/terraform/resources.ts';
import { listedProjectShape, memberShape } from '../../support/terraform/shapes.ts';

/**
 * The calls of Terraform's provider for Sentry, for each resource: create, read, plan again without
 * a difference, change, remove. A plan has no difference if the values read equal the stored and
 * the configured ones.
 */
describe('the calls of the Terraform provider', () => {
  let server: TestServer;
  let org: ProvisionedOrg;
  let client: GoClient;

  before(async () => {
    server = await startServer();
    const owner = await aPerson(server);
    org = await anOrganizationOf(server, owner);
    client = new GoClient(server.url, owner.token);
  });
  after(() => server?.stop());

  it('[10.3] begin with a check of the token', async () => {
    assert.equal((await client.send('GET', '/internal/health/')).status, 200);
    assert.equal((await new GoClient(server.url, null).send('GET', '/internal/health/')).status, 401);
    assert.equal((await new GoClient(server.url, 'sntryu_none').send('GET', '/internal/health/')).status, 401);
  });

  it('[5.4] organization', async () => {
    const organizations = new OrganizationResource(client);
    const slug = `terraformed-${nextNumber()}`;
    const plan = {
      name: 'Terraformed',
      slug,
      isEarlyAdopter: true,
      hideAiFeatures: true,
      codecovAccess: true,
      defaultRole: 'manager',
      openMembership: false,
      eventsMemberAdmin: false,
      alertsMemberWrite: false,
      attachmentsRole: 'manager',
      debugFilesRole: 'owner',
      allowSharedIssues: false,
      enhancedPrivacy: true,
      scrapeJavaScript: false,
      storeCrashReports: 20,
      allowJoinRequests: false,
      dataScrubber: true,
      dataScrubberDefaults: true,
      sensitiveFields: ['ssn', 'card'],
      safeFields: ['email'],
      scrubIPAddresses: true,
      relayPiiConfig: '{"rules":{}}',
      trustedRelays: [{ name: 'Relay', publicKey: 'rGv8Zb1Fjk0pLQ3n5sW7yTx9uVcA2eD4hJ6mKqNoRsU', description: 'The first' }],
      githubPRBot: false,
      githubOpenPRBot: false,
      githubNudgeInvite: false,
      gitlabPRBot: false,
      allowMemberProjectCreation: true,
    };
    const made = await organizations.create(plan);
    assert.deepEqual(configured(made, plan), plan);
    assert.deepEqual(await organizations.read(slug), made);
    // A project decodes its organization by the same struct, as a team member does.
    assert.ok(made.orgRoleList.length > 0 && made.teamRoleList.length > 0, 'no roles');

    const changes = { name: 'Renamed', openMembership: true, sensitiveFields: [], relayPiiConfig: null, trustedRelays: [] };
    const changed = await organizations.update(slug, changes);
    assert.deepEqual(configured(changed, plan), { ...plan, ...changes });
    assert.deepEqual(await organizations.read(slug), changed);
    await organizations.remove(slug);
  });

  it('[8.1] team', async () => {
    const teams = new TeamResource(client, org.slug);
    const made = (await teams.create({ name: 'Team of Terraform' }))!;
    assert.deepEqual(
      [made.name, made.slug, made.isMember, made.hasAccess, made.isPending],
      ['Team of Terraform', 'team-of-terraform', true, true, false],
    );
    assert.deepEqual(await teams.read(made.slug), made);
    const changed = (await teams.update(made.slug, { name: 'Another', slug: 'another' }))!;
    assert.deepEqual(changed, { ...made, name: 'Another', slug: 'another' });
    assert.deepEqual(await teams.read('another'), changed);
    await teams.remove('another');
    assert.equal(await teams.read('another'), null);
    await teams.remove('another');
  });

  it('[6.3, 6.5] organization member', async () => {
    const members = new MemberResource(client, org.slug);
    const email = `invited-${nextNumber()}@example.com`;
    const made = (await members.create({ email, orgRole: 'member' }))!;
    assert.deepEqual(made, { id: made.id, email, role: 'member', pending: true, expired: false });
    assert.deepEqual(await members.read(made.id), made);
    assert.deepEqual(await members.update(made.id, 'manager'), { ...made, role: 'manager' });
    await members.remove(made.id);
    assert.equal(await members.read(made.id), null);
  });

  it('[8.4] team member, whose team role can change, and stays when the organization role changes', async () => {
    const [members, teams, rows] = [
      new MemberResource(client, org.slug),
      new TeamResource(client, org.slug),
      new TeamMemberResource(client, org.slug),
    ];
    const { slug: team } = (await teams.create({ name: 'Drivers' }))!;
    const { id: memberId } = (await members.create({ email: `driver-${nextNumber()}@example.com`, orgRole: 'member' }))!;
    const row = { memberId, team };
    assert.deepEqual(await rows.create({ ...row, role: 'contributor' }), { ...row, effectiveRole: 'contributor' });
    assert.deepEqual(await rows.update({ ...row, role: 'admin' }), { ...row, effectiveRole: 'admin' });
    assert.deepEqual(await rows.read(row), { ...row, effectiveRole: 'admin' });
    await members.update(memberId, 'manager');
    assert.deepEqual(await rows.read(row), { ...row, effectiveRole: 'admin' });
    await members.update(memberId, 'member');
    await rows.remove(row);
    assert.deepEqual(await rows.read(row), { ...row, effectiveRole: 'contributor' });
    assert.deepEqual(await rows.create({ ...row, role: null }), { ...row, effectiveRole: 'contributor' });
    await members.remove(memberId);
    assert.equal(await rows.read(row), null);
  });

  describe('project', () => {
    let projects: ProjectResource;

    before(async () => {
      projects = new ProjectResource(client, org.slug);
      const teams = new TeamResource(client, org.slug);
      for (const name of ['first', 'second', 'third']) await teams.create({ name });
    });

    it('[9.3] has the same defaults on each read, with only the required configuration', async () => {
      const made = (await projects.create({ teams: ['first'], name: 'Plain', platform: 'other' }))!;
      const { internalId, clientSecurity, ...rest } = made;
      assert.deepEqual(rest, {
        id: 'plain',
        organization: org.slug,
        name: 'Plain',
        slug: 'plain',
        platform: 'other',
        teams: ['first'],
        features: [],
        digestsMinDelay: 300,
        digestsMaxDelay: 1800,
        resolveAge: 0,
        filters: { blacklistedIps: [], releases: [], errorMessages: [] },
        fingerprintingRules: '',
        groupingEnhancements: '',
        highlightTags: [],
      });
      assert.match(clientSecurity.securityToken, /^[0-9a-f]{32}$/);
      assert.deepEqual(await projects.read('plain'), made);
      assert.equal((await new KeyResource(client, org.slug, internalId).list()).length, 1);
      await projects.remove('plain');
      assert.equal(await projects.read('plain'), null);
      await projects.remove('plain');
    });

    it('[9.1, 9.2, 9.4] supports all attributes', async () => {
      const settings = {
        digestsMinDelay: 60,
        digestsMaxDelay: 3600,
        resolveAge: 720,
        options: {
          'filters:blacklisted_ips': '127.0.0.1\n0.0.0.0/8',
          'filters:releases': '1.*\n[!3].[0-9].*',
          'filters:error_messages': 'TypeError*\n*: integer division or modulo by zero',
        },
        fingerprintingRules: '# rules\nmessage:"undefined is not a function" -> shared\n',
        groupingEnhancements: 'family:javascript stack.package:react-dom -app\n',
        allowedDomains: ['https://example.com', '*.example.com', '*:80'],
        scrapeJavaScript: false,
        securityToken: 'security-token',
        securityTokenHeader: 'X-Security-Token',
        verifySSL: true,
      };
      const plan = { teams: ['second', 'first'], name: 'Web App', slug: 'web-app', platform: 'javascript-react', settings };
      const made = (await projects.create({ ...plan, defaultKey: false }))!;
      assert.deepEqual(
        { ...made, internalId: '' },
        {
          id: 'web-app',
          organization: org.slug,
          internalId: '',
          name: 'Web App',
          slug: 'web-app',
          platform: 'javascript-react',
          teams: ['first', 'second'],
          features: [],
          digestsMinDelay: 60,
          digestsMaxDelay: 3600,
          resolveAge: 720,
          filters: {
            blacklistedIps: ['0.0.0.0/8', '127.0.0.1'],
            releases: ['1.*', '[!3].[0-9].*'],
            errorMessages: ['*: integer division or modulo by zero', 'TypeError*'],
          },
          fingerprintingRules: settings.fingerprintingRules.trim(),
          groupingEnhancements: settings.groupingEnhancements.trim(),
          clientSecurity: {
            allowedDomains: ['*.example.com', '*:80', 'https://example.com'],
            scrapeJavaScript: false,
            securityToken: 'security-token',
            securityTokenHeader: 'X-Security-Token',
            verifySSL: true,
          },
          highlightTags: [],
        },
      );
      assert.deepEqual(await projects.read('web-app'), made);
      assert.deepEqual(await new KeyResource(client, org.slug, 'web-app').list(), []);

      const changes = { slug: 'shop', resolveAge: 0, options: { 'filters:releases': '2.*' }, highlightTags: ['release', 'environment'] };
      const changed = (await projects.update('web-app', changes, { add: ['third'], remove: ['second'] }))!;
      assert.deepEqual(changed, {
        ...made,
        id: 'shop',
        slug: 'shop',
        teams: ['first', 'third'],
        resolveAge: 0,
        filters: { ...made.filters, releases: ['2.*'] },
        highlightTags: ['environment', 'release'],
      });
      assert.deepEqual(await projects.read('shop'), changed);
      // A client that stored the earlier slug is redirected to the current one.
      assert.deepEqual(await projects.read('web-app'), changed);
      await projects.remove('shop');
      assert.equal(await projects.read('shop'), null);
      assert.equal(await projects.read('web-app'), null);
    });

    it('[9.5] client key', async () => {
      await projects.create({ teams: ['first'], name: 'Keyed', platform: 'go' });
      const keys = new KeyResource(client, org.slug, 'keyed');
      const loader = { hasReplay: false, hasPerformance: false, hasDebug: true };
      const plan = { name: 'Web', rateLimit: { count: 1_000, window: 86_400 }, browserSdkVersion: '8.x', dynamicSdkLoaderOptions: loader };
      const made = await keys.create(plan);
      assert.deepEqual(configured(made, plan), plan);
      assert.deepEqual(made.dsn.public, `http://${made.public}@${server.url.slice('http://'.length)}/${made.projectId}`);
      assert.deepEqual(await keys.read(made.id), made);
      // Zeros stand for no limit.
      const changed = await keys.update(made.id, { name: 'Phone', rateLimit: { count: 0, window: 0 } });
      assert.deepEqual(changed, { ...made, name: 'Phone', label: 'Phone', rateLimit: null });
      assert.deepEqual(await keys.read(made.id), changed);
      assert.deepEqual((await keys.list()).map(({ name }) => name).sort(), ['Default', 'Phone']);
      await keys.remove(made.id);
      assert.equal(await keys.read(made.id), null);
    });
  });

  // This runs after the resources, some of which still exist.
  describe('data sources', () => {
    it('[1.2] read lists across all their pages', async () => {
      const people = Array.from({ length: 101 }, () => `one-of-many-${nextNumber()}@example.com`);
      for (let start = 0; start < people.length; start += 8) {
        await Promise.all(
          people.slice(start, start + 8).map(async (email) => {
            const user = await server.operate('POST', '/users/', { email });
            const added = await server.operate('POST', `/organizations/${org.id}/members/`, { userId: user.body.id });
            assert.equal(added.status, 201);
          }),
        );
      }
      const members = await client.listAll(memberShape, `/organizations/${org.slug}/members/`);
      const emails = new Set(members.map(({ email }) => email));
      assert.ok(
        people.every((email) => emails.has(email)),
        'a member is on no page',
      );
      assert.equal(emails.size, members.length);
      assert.ok(
        members.every(({ pending, user }) => pending === (user.id === '')),
        'a member has no user id',
      );
      const listed = await client.listAll(listedProjectShape, `/organizations/${org.slug}/projects/`);
      assert.deepEqual(
        listed.map(({ slug }) => slug),
        ['keyed'],
      );
    });
  });
});

/** The values read for the configured attributes. */
function configured(read: object, plan: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(read).filter(([key]) => Object.hasOwn(plan, key)));
}
