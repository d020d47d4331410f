import assert from 'node:assert/strict';
import { connect, type OrganizationHandle, type RollcallClient } from '@rollcall/client';
import { defaultProjectSettings, type OrgRoleId, type Scope } from '../../../protocol/src/index.ts';
import { eventually } from '../../support/eventually.ts';
import { addMember, anOrganizationOf, aPerson, type Person, type ProvisionedOrg, revisionOf } from '../../support/provision.ts';
import { startServer, type TestServer } from '../../support/server.ts';
import { WireReplica } from '../../support/wire-replica.ts';

const denied = { detail: 'You do not have permission to perform this action.' };

/** Each key with a value that differs from a new project's. */
const everySetting = {
  subjectPrefix: '[engine]',
  subjectTemplate: '$title',
  resolveAge: 720,
  digestsMinDelay: 60,
  digestsMaxDelay: 3600,
  allowedDomains: ['https://example.com', '*.example.com', 'localhost:8080'],
  dataScrubber: false,
  dataScrubberDefaults: false,
  safeFields: ['business-email'],
  sensitiveFields: ['ssn', 'card'],
  storeCrashReports: -1,
  verifySSL: true,
  scrubIPAddresses: true,
  scrapeJavaScript: false,
  securityTokenHeader: 'X-Engine-Token',
  groupingConfig: 'newstyle:2023-01-11',
  groupingEnhancements: 'stack.function:panic_handler ^-group -group',
  fingerprintingRules: 'message:"undefined is not a function" -> shared',
  defaultEnvironment: 'production',
  relayPiiConfig: '{"rules": {}}',
  builtinSymbolSources: ['ios', 'microsoft'],
  highlightTags: ['release', 'environment'],
  highlightContext: { user: ['id', 'email'] },
  debugFilesRole: 'manager',
  options: {
    'filters:blacklisted_ips': '10.0.0.0/8\n127.0.0.1',
    'filters:releases': '1.*\n[!3].[0-9].*',
    'filters:error_messages': 'TypeError*\n*: integer division or modulo by zero',
    'filters:react-hydration-errors': false,
    'filters:chunk-load-error': false,
    'sentry:csp_ignored_sources_defaults': false,
    'sentry:csp_ignored_sources': 'https://cdn.example.com',
    'feedback:branding': false,
    'sentry:feedback_user_report_notifications': false,
    'sentry:feedback_ai_spam_detection': false,
    'sentry:replay_rage_click_issues': false,
    'sentry:replay_hydration_error_issues': false,
    'sentry:toolbar_allowed_origins': 'https://example.com',
  },
} as const;

const secrets = {
  securityToken: 'c2VjcmV0',
  symbolSources: '[{"type": "http", "url": "https://symbols.example.com", "password": "hidden"}]',
};

describe('settings of projects', () => {
  let server: TestServer;
  let org: ProvisionedOrg;
  let owner: Person;

  before(async () => {
    server = await startServer();
    owner = await aPerson(server);
  });
  after(() => server?.stop());

  beforeEach(async () => {
    org = await anOrganizationOf(server, owner);
    assert.equal((await onOrg('POST', 'teams/', { slug: 'ops' })).status, 201);
    assert.equal((await call('POST', `/teams/${org.slug}/ops/projects/`, { name: 'Engine' })).status, 201);
  });

  const call = (method: string, path: string, body?: unknown, by: Person = owner) =>
    server.request(method, `/api/0${path}`, { token: by.token, body });
  const onOrg = (method: string, path: string, body?: unknown, by = owner) => call(method, `/organizations/${org.slug}/${path}`, body, by);
  const put = (body: unknown, by = owner) => call('PUT', `/projects/${org.slug}/engine/`, body, by);
  const read = async (by = owner) => (await call('GET', `/projects/${org.slug}/engine/`, undefined, by)).body;

  async function aMemberOf(orgRole: OrgRoleId, scopes?: readonly Scope[]): Promise<Person> {
    const person = await aPerson(server, scopes ? { scopes } : {});
    await addMember(server, org, person, orgRole);
    return person;
  }

  const pick = (body: Record<string, unknown>, like: object) => Object.fromEntries(Object.keys(like).map((key) => [key, body[key]]));

  it('[9.2] keep every value that was set', async () => {
    assert.deepEqual(Object.keys(everySetting).sort(), Object.keys(defaultProjectSettings).sort());
    const { status, body } = await put({ ...everySetting, ...secrets });
    assert.deepEqual([status, pick(body, everySetting), pick(body, secrets)], [200, everySetting, secrets]);
    const again = await read();
    assert.deepEqual([pick(again, everySetting), pick(again, secrets)], [everySetting, secrets]);
  });

  it('[1] keep each option that is absent from a body', async () => {
    await put({ ...everySetting, ...secrets });
    const { body } = await put({ resolveAge: 0, options: { 'filters:releases': '', 'no:such': 1 }, noSuchSetting: 1 });
    const options = { ...everySetting.options, 'filters:releases': '' };
    assert.deepEqual(pick(body, everySetting), { ...everySetting, resolveAge: 0, options });
    assert.deepEqual(pick(body, secrets), secrets);
  });

  for (const { given, stored, why } of [
    {
      why: 'lines are trimmed, and addresses become lower case',
      given: { options: { 'filters:blacklisted_ips': ' FE80::1 \n\n10.0.0.1\n' } },
      stored: { options: { ...defaultProjectSettings.options, 'filters:blacklisted_ips': 'fe80::1\n10.0.0.1' } },
    },
    {
      why: 'messages keep their case',
      given: { options: { 'filters:error_messages': 'TypeError*' } },
      stored: { options: { ...defaultProjectSettings.options, 'filters:error_messages': 'TypeError*' } },
    },
    {
      why: 'a word or a digit is a boolean',
      given: { verifySSL: 'yes', options: { 'filters:react-hydration-errors': '0' } },
      stored: { verifySSL: true, options: { ...defaultProjectSettings.options, 'filters:react-hydration-errors': false } },
    },
    { why: 'null is an age of 0', given: { resolveAge: null }, stored: { resolveAge: 0 } },
    { why: 'an empty text is an age of 0', given: { resolveAge: '' }, stored: { resolveAge: 0 } },
    {
      why: 'null keeps the rules',
      given: { groupingEnhancements: null, fingerprintingRules: null },
      stored: { groupingEnhancements: 'family:native +app', fingerprintingRules: 'a -> b' },
    },
    {
      why: 'an empty text removes the rules',
      given: { groupingEnhancements: '', fingerprintingRules: '' },
      stored: { groupingEnhancements: '', fingerprintingRules: '' },
    },
    { why: 'an empty environment is stored as null', given: { defaultEnvironment: '' }, stored: { defaultEnvironment: null } },
    { why: 'empty domains are dropped', given: { allowedDomains: ['', 'example.com'] }, stored: { allowedDomains: ['example.com'] } },
    {
      why: 'a domain pattern may be a port or a scheme alone',
      given: { allowedDomains: ['*:80', 'app://*', '[::1]:80'] },
      stored: { allowedDomains: ['*:80', 'app://*', '[::1]:80'] },
    },
    { why: "null uses the organization's setting", given: { storeCrashReports: null }, stored: { storeCrashReports: null } },
    { why: 'a header name may be empty', given: { securityTokenHeader: '' }, stored: { securityTokenHeader: '' } },
    { why: 'blank sources are stored as an empty text', given: { symbolSources: ' ' }, stored: { symbolSources: '' } },
  ]) {
    it(`[9.2] accept ${JSON.stringify(given)}: ${why}`, async () => {
      await put({
        groupingEnhancements: 'family:native +app',
        fingerprintingRules: 'a -> b',
        storeCrashReports: 5,
        defaultEnvironment: 'x',
      });
      const { status, body } = await put(given);
      assert.deepEqual([status, pick(body, stored)], [200, stored]);
    });
  }

  const notLong = (max: number) => `Ensure this field has no more than ${max} characters.`;
  for (const { field, value, text } of [
    { field: 'name', value: '', text: 'This field may not be blank.' },
    { field: 'name', value: null, text: 'This field may not be null.' },
    { field: 'name', value: 'x'.repeat(201), text: notLong(200) },
    { field: 'slug', value: 'x'.repeat(101), text: notLong(100) },
    { field: 'slug', value: '', text: 'This field may not be blank.' },
    { field: 'platform', value: 'no-such-platform', text: 'Invalid platform' },
    { field: 'isBookmarked', value: 'perhaps', text: 'Must be a valid boolean.' },
    { field: 'subjectTemplate', value: '', text: 'This field may not be blank.' },
    { field: 'subjectPrefix', value: 'x'.repeat(201), text: notLong(200) },
    { field: 'resolveAge', value: 'soon', text: 'A valid integer is required.' },
    { field: 'resolveAge', value: -1, text: 'Ensure this value is greater than or equal to 0.' },
    { field: 'digestsMinDelay', value: 59, text: 'Ensure this value is greater than or equal to 60.' },
    { field: 'digestsMaxDelay', value: 3601, text: 'Ensure this value is less than or equal to 3600.' },
    { field: 'digestsMinDelay', value: 3600, text: 'The minimum delay on digests must be lower than the maximum.' },
    { field: 'allowedDomains', value: [], text: 'Empty value will block all requests, use * to accept from all domains' },
    { field: 'allowedDomains', value: [''], text: 'Empty value will block all requests, use * to accept from all domains' },
    { field: 'allowedDomains', value: 'example.com', text: 'Expected a list of items but got type "str".' },
    { field: 'allowedDomains', value: ['two words'], text: 'two words is not an acceptable domain' },
    { field: 'allowedDomains', value: ['a.*.example.com'], text: 'a.*.example.com is not an acceptable domain' },
    { field: 'dataScrubber', value: null, text: 'This field may not be null.' },
    { field: 'safeFields', value: [''], text: 'Empty values are not allowed.' },
    { field: 'sensitiveFields', value: ['x'.repeat(4_001)], text: 'List of sensitive fields is too long.' },
    { field: 'storeCrashReports', value: 101, text: 'Ensure this value is less than or equal to 100.' },
    { field: 'storeCrashReports', value: -2, text: 'Ensure this value is greater than or equal to -1.' },
    { field: 'securityToken', value: 'with-a-ß', text: 'This value does not match the required pattern.' },
    { field: 'securityToken', value: 'x'.repeat(256), text: notLong(255) },
    { field: 'securityTokenHeader', value: 'X: Y', text: 'This value does not match the required pattern.' },
    { field: 'relayPiiConfig', value: '{', text: 'Value must be valid JSON.' },
    { field: 'symbolSources', value: '{}', text: 'Value must be a list of sources.' },
    { field: 'builtinSymbolSources', value: [1, {}], text: 'Not a valid string.' },
    { field: 'highlightTags', value: ['x'.repeat(257)], text: notLong(256) },
    { field: 'highlightContext', value: [], text: 'Expected a dictionary of items but got type "list".' },
    { field: 'highlightContext', value: { user: 'id' }, text: 'Expected a list of items but got type "str".' },
    { field: 'debugFilesRole', value: 'king', text: '"king" is not a valid choice.' },
    { field: 'fingerprintingRules', value: 'x'.repeat(65_537), text: notLong(65_536) },
    { field: 'options', value: 'none', text: 'Expected a dictionary of items but got type "str".' },
    { field: 'options', value: { 'filters:releases': ['1.*'] }, text: 'filters:releases: Not a valid string.' },
    { field: 'options', value: { 'feedback:branding': 2 }, text: 'feedback:branding: Must be a valid boolean.' },
  ]) {
    it(`[9.2, 16] reject ${field} ${JSON.stringify(value)?.slice(0, 40)}`, async () => {
      const { status, body } = await put({ [field]: value });
      assert.deepEqual([status, body], [400, { [field]: [text] }]);
    });
  }

  it('[9.2] have a total size limit, because every replica contains them', async () => {
    const long = 'x'.repeat(65_000);
    const { status, body } = await put({
      groupingEnhancements: long,
      fingerprintingRules: long,
      relayPiiConfig: JSON.stringify(long.slice(9)),
    });
    assert.deepEqual(
      [status, body],
      [400, { non_field_errors: ['Ensure that all settings of the project together have no more than 131072 characters.'] }],
    );
    assert.equal((await put({ groupingEnhancements: long, fingerprintingRules: 'a -> b' })).status, 200);
  });

  it('[1.1] report every invalid field at once', async () => {
    const { status, body } = await put({ resolveAge: 'soon', slug: 'teams', verifySSL: 2 });
    assert.deepEqual([status, Object.keys(body).sort()], [400, ['resolveAge', 'slug', 'verifySSL']]);
  });

  it('[9.1] require the right to write the project; other members may only bookmark it, with any unknown keys', async () => {
    const plain = await aMemberOf('member');
    for (const body of [
      { resolveAge: 1 },
      { options: {} },
      { securityToken: 'x' },
      { isBookmarked: true, name: 'Mine' },
      { resolveAge: 'soon' },
    ]) {
      const answer = await put(body, plain);
      assert.deepEqual([answer.status, answer.body], [403, denied], JSON.stringify(body));
    }
    const { status, body } = await put({ isBookmarked: true, noSuchSetting: 1 }, plain);
    assert.deepEqual([status, body.isBookmarked], [200, true]);
    assert.equal((await read()).isBookmarked, false);
    assert.equal((await put({ isBookmarked: false }, plain)).body.isBookmarked, false);
  });

  it('[9.2] show their secrets only to users who may write the project, including a Team Admin', async () => {
    await put(secrets);
    const plain = await aMemberOf('member');
    const readOnly = await aMemberOf('owner', ['project:read']);
    for (const person of [plain, readOnly]) {
      const body = await read(person);
      assert.deepEqual([body.securityToken, body.symbolSources], ['', '']);
    }
    const onTeam = `members/${plain.memberId}/teams/ops/`;
    assert.equal((await onOrg('POST', onTeam)).status, 201);
    assert.equal((await onOrg('PUT', onTeam, { teamRole: 'admin' })).status, 200);
    assert.deepEqual(pick(await read(plain), secrets), secrets);
    assert.deepEqual(pick((await put({ resolveAge: 3 }, plain)).body, secrets), secrets);
  });

  it('[9.2] contain a generated security token at first, which may be removed', async () => {
    await call('POST', `/teams/${org.slug}/ops/projects/`, { name: 'Brakes' });
    const { securityToken: other } = (await call('GET', `/projects/${org.slug}/brakes/`)).body;
    const { securityToken } = await read();
    assert.match(securityToken, /^[0-9a-f]{32}$/);
    assert.notEqual(securityToken, other);
    assert.equal((await put({ securityToken: '' })).body.securityToken, '');
  });

  it('[9.2] appear in lists if the query requests them', async () => {
    await put(everySetting);
    const listed = async (query: string) => (await onOrg('GET', `projects/?${query}`)).body[0].options;
    assert.equal(await listed(''), undefined);
    assert.deepEqual(await listed('options=filters:releases&options=feedback:branding&options=no:such'), {
      'filters:releases': everySetting.options['filters:releases'],
      'feedback:branding': false,
    });
  });

  it('[W3] create one revision for a change, and none for an equal value', async () => {
    const first = revisionOf(await put({ name: 'Motor', resolveAge: 5, securityToken: 'abc' }));
    assert.equal(revisionOf(await put({ name: 'Motor', resolveAge: 5, securityToken: 'abc' })), first);
    assert.equal(revisionOf(await put({ securityToken: 'abcd' })), first + 1);
  });

  it('[11] appear in the audit log, without their secrets', async () => {
    await put({ ...secrets, resolveAge: 5 });
    const { rows } = (await onOrg('GET', 'audit-logs/?event=project.edit')).body;
    assert.deepEqual([rows.length, rows[0].note], [1, 'edited project engine']);
    assert.ok(!JSON.stringify(rows).includes(secrets.securityToken), 'the audit log contains the security token');
  });

  describe('live', () => {
    const clients: RollcallClient[] = [];
    afterEach(() => {
      for (const client of clients.splice(0)) client.close();
    });

    async function openHandle(person: Person): Promise<OrganizationHandle> {
      const client = connect({ url: server.url, token: person.token });
      clients.push(client);
      const handle = client.organization(org.slug);
      await handle.ready();
      return handle;
    }
    const ages = ({ state }: OrganizationHandle) => state.projectSettings.map(({ resolveAge }) => resolveAge);

    it('[9.2] reach subscribers as they change, without secrets, and end with their project', async () => {
      const [plain, boss] = [await openHandle(await aMemberOf('member')), await openHandle(owner)];
      const events: string[] = [];
      plain.on('change', ({ events: changes }) => events.push(...changes.map(({ type }) => type)));
      assert.deepEqual(ages(plain), []);
      await put({ resolveAge: 5, ...secrets });
      await eventually(() => assert.deepEqual([ages(plain), ages(boss)], [[5], [5]]));
      await put({ resolveAge: 6 });
      await eventually(() => assert.deepEqual(ages(plain), [6]));
      for (const { state } of [plain, boss]) {
        for (const secret of Object.values(secrets)) assert.ok(!JSON.stringify(state).includes(secret), 'a replica contains a secret');
      }
      assert.equal((await call('DELETE', `/projects/${org.slug}/engine/`)).status, 204);
      await eventually(() => assert.deepEqual(ages(plain), []));
      assert.deepEqual(
        events.filter((type) => type.startsWith('projectSettings')),
        ['projectSettings.created', 'projectSettings.updated', 'projectSettings.removed'],
      );
    });

    it('[3.4, A3] reach only users with access to every project, without open membership', async () => {
      await put({ resolveAge: 5 });
      const [plain, manager] = [await openHandle(await aMemberOf('member')), await openHandle(await aMemberOf('manager'))];
      assert.deepEqual([ages(plain), ages(manager)], [[5], [5]]);
      await onOrg('PUT', '', { openMembership: false });
      await eventually(() => assert.deepEqual([ages(plain), ages(manager)], [[], [5]]));
      await put({ resolveAge: 6 });
      await eventually(() => assert.deepEqual(ages(manager), [6]));
      assert.deepEqual(ages(plain), []);
      const readsProjects = await openHandle(await aMemberOf('owner', ['org:read']));
      assert.deepEqual(ages(readsProjects), []);
    });
  });

  it('[R9] arrive in parts of less than 512 KiB if their texts are long, both from the database and from memory', async () => {
    const rules = 'message:x -> y\n'.repeat(4_000).trim();
    for (let number = 0; number < 20; number++) {
      assert.equal((await call('POST', `/teams/${org.slug}/ops/projects/`, { name: `Engine ${number}` })).status, 201);
      const set = await call('PUT', `/projects/${org.slug}/engine-${number}/`, { fingerprintingRules: rules, groupingEnhancements: rules });
      assert.equal(set.status, 200, JSON.stringify(set.body).slice(0, 200));
    }
    const { body } = await server.operate('GET', `/organizations/${org.id}/state/?audience=owner`);
    // The first subscriber opens the feed.
    for (const source of ['from the database', 'from memory']) {
      const replica = await WireReplica.open(server.url, owner.token, org.slug);
      const parts = replica.frames.flatMap(({ event, payload }) => (event === 'snapshot' ? [payload] : []));
      replica.close();
      replica.check();
      assert.equal(replica.records().size, body.records.length, source);
      const { parts: announced } = parts[0];
      assert.deepEqual(
        parts.map(({ part, parts: of }) => [part, of]),
        parts.map((_, part) => [part, announced]),
      );
      assert.equal(parts.length, announced);
      for (const part of parts) {
        const { length } = JSON.stringify(part);
        assert.ok(length < 512 * 1024, `${source}: a part of ${length} characters`);
      }
    }
  });
});
