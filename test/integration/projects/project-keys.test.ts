import assert from 'node:assert/strict';
import { connect, type OrganizationHandle, type RollcallClient } from '@rollcall/client';
import type { OrgRoleId, Scope } from '../../../protocol/src/index.ts';
import { eventually } from '../../support/eventually.ts';
import { addMember, anOrganizationOf, aPerson, type Person, type ProvisionedOrg } from '../../support/provision.ts';
import { startServer, type TestServer } from '../../support/server.ts';

const denied = { detail: 'You do not have permission to perform this action.' };
const notFound = { detail: 'The requested resource does not exist' };

describe('client keys of projects', () => {
  let server: TestServer;
  let org: ProvisionedOrg;
  let owner: Person;

  before(async () => {
    server = await startServer();
  });
  after(() => server?.stop());

  beforeEach(async () => {
    owner = await aPerson(server);
    org = await anOrganizationOf(server, owner);
    assert.equal((await onOrg('POST', 'teams/', { slug: 'ops' })).status, 201);
    assert.equal((await call('POST', `/teams/${org.slug}/ops/projects/`, { name: 'Engine' })).status, 201);
  });

  const call = (method: string, path: string, body?: unknown, by: Person = owner) =>
    server.request(method, `/api/0${path}`, { token: by.token, body });
  const onOrg = (method: string, path: string, body?: unknown) => call(method, `/organizations/${org.slug}/${path}`, body);
  const keys = (method: string, path = '', body?: unknown, by: Person = owner, project = 'engine') =>
    call(method, `/projects/${org.slug}/${project}/keys/${path}`, body, by);
  const names = async (query = '') => (await keys('GET', `?${query}`)).body.map(({ name }: { name: string }) => name);

  async function aMemberOf(orgRole: OrgRoleId, scopes?: readonly Scope[]): Promise<Person> {
    const person = await aPerson(server, scopes ? { scopes } : {});
    await addMember(server, org, person, orgRole);
    return person;
  }

  it('[9.3, 9.5] exist for a new project, with every field', async () => {
    const { status, body } = await keys('GET');
    assert.equal(status, 200);
    assert.equal(body.length, 1);
    const [key] = body;
    const project = (await call('GET', `/projects/${org.slug}/engine/`)).body;
    assert.match(key.public, /^[0-9a-f]{32}$/);
    assert.match(key.secret, /^[0-9a-f]{32}$/);
    assert.match(key.dateCreated, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
    const { id: projectId } = project;
    const place = server.url.replace('http://', '');
    const ofProject = `${server.url}/api/${projectId}`;
    assert.deepEqual(key, {
      id: key.public,
      name: 'Default',
      label: 'Default',
      public: key.public,
      secret: key.secret,
      projectId: Number(projectId),
      isActive: true,
      rateLimit: null,
      dsn: {
        public: `http://${key.public}@${place}/${projectId}`,
        secret: `http://${key.public}:${key.secret}@${place}/${projectId}`,
        csp: `${ofProject}/csp-report/?sentry_key=${key.public}`,
        security: `${ofProject}/security/?sentry_key=${key.public}`,
        minidump: `${ofProject}/minidump/?sentry_key=${key.public}`,
        nel: `${ofProject}/nel/?sentry_key=${key.public}`,
        unreal: `${ofProject}/unreal/${key.public}/`,
        crons: `${ofProject}/cron/___MONITOR_SLUG___/${key.public}/`,
        cdn: `${server.url}/js-sdk-loader/${key.public}.min.js`,
        playstation: `${ofProject}/playstation/?sentry_key=${key.public}`,
        integration: `${ofProject}/integration/`,
        otlp_traces: `${ofProject}/integration/otlp/v1/traces`,
        otlp_logs: `${ofProject}/integration/otlp/v1/logs`,
      },
      browserSdkVersion: '10.x',
      browserSdk: { choices: ['latest', '10.x', '9.x', '8.x', '7.x'].map((version) => [version, version]) },
      dateCreated: key.dateCreated,
      dynamicSdkLoaderOptions: { hasReplay: true, hasPerformance: true, hasDebug: false, hasFeedback: false, hasLogsAndMetrics: false },
    });
    assert.deepEqual((await keys('GET', `${key.id}/`)).body, key);
  });

  it('[9.1] can be created, changed, switched off, listed by status and removed', async () => {
    const made = await keys('POST', '', { name: 'Web', rateLimit: { window: 3600, count: 100 } });
    assert.equal(made.status, 201);
    assert.deepEqual([made.body.name, made.body.rateLimit], ['Web', { window: 3600, count: 100 }]);
    assert.deepEqual(await names(), ['Web', 'Default']);
    const changed = await keys('PUT', `${made.body.id}/`, { name: ' Phone ', isActive: false, rateLimit: { window: 0, count: 0 } });
    assert.equal(changed.status, 200);
    assert.deepEqual(changed.body, { ...made.body, name: 'Phone', label: 'Phone', isActive: false, rateLimit: null });
    assert.deepEqual(
      [await names('status=active'), await names('status=inactive'), await names('status=gone')],
      [['Default'], ['Phone'], []],
    );
    const removed = await keys('DELETE', `${made.body.id}/`);
    assert.deepEqual([removed.status, removed.body], [204, '']);
    for (const method of ['GET', 'PUT', 'DELETE']) {
      const { status, body } = await keys(method, `${made.body.id}/`, method === 'PUT' ? {} : undefined);
      assert.deepEqual({ status, body }, { status: 404, body: notFound });
    }
    assert.deepEqual(await names('per_page=1'), ['Default']);
  });

  it('[9.5] accept options for the loader script on creation', async () => {
    const { status, body } = await keys('POST', '', {
      browserSdkVersion: '9.x',
      dynamicSdkLoaderOptions: { hasDebug: true, hasReplay: false },
    });
    const options = { hasReplay: false, hasPerformance: true, hasDebug: true, hasFeedback: false, hasLogsAndMetrics: false };
    assert.deepEqual([status, body.browserSdkVersion, body.dynamicSdkLoaderOptions], [201, '9.x', options]);
  });

  for (const { body, answer } of [
    { body: { name: 'n'.repeat(65) }, answer: { name: ['Ensure this field has no more than 64 characters.'] } },
    { body: { rateLimit: 'much' }, answer: { rateLimit: ['Invalid data. Expected a dictionary.'] } },
    { body: { rateLimit: { window: 'long', count: 1 } }, answer: { rateLimit: ['A valid integer is required.'] } },
    { body: { rateLimit: { window: 86_401, count: 1 } }, answer: { rateLimit: ['Ensure this value is less than or equal to 86400.'] } },
    { body: { rateLimit: { window: 1, count: -1 } }, answer: { rateLimit: ['Ensure this value is greater than or equal to 0.'] } },
  ]) {
    it(`[9.5] reject ${JSON.stringify(body).slice(0, 50)}`, async () => {
      const made = await keys('POST', '', body);
      assert.deepEqual([made.status, made.body], [400, answer]);
      const [{ id }] = (await keys('GET')).body;
      assert.deepEqual((await keys('PUT', `${id}/`, body)).body, answer);
    });
  }

  it('[9.5] reject invalid options for the loader script', async () => {
    const [{ id }] = (await keys('GET')).body;
    const wrong = await keys('PUT', `${id}/`, { browserSdkVersion: '1.x', dynamicSdkLoaderOptions: { hasDebug: 'perhaps' } });
    assert.deepEqual(wrong.body, {
      browserSdkVersion: ['"1.x" is not a valid choice.'],
      dynamicSdkLoaderOptions: ['Must be a valid boolean.'],
    });
  });

  it('[9.1] require project:read to be read, project:write to be written and project:admin to be removed', async () => {
    const plain = await aMemberOf('member');
    const writer = await aMemberOf('owner', ['project:write']);
    const [{ id }] = (await keys('GET', '', undefined, plain)).body;
    for (const [method, path, body] of [
      ['POST', '', {}],
      ['PUT', `${id}/`, {}],
      ['DELETE', `${id}/`, undefined],
    ] as const) {
      const { status, body: answer } = await keys(method, path, body, plain);
      assert.deepEqual({ status, answer }, { status: 403, answer: denied });
    }
    assert.equal((await keys('PUT', `${id}/`, { name: 'Web' }, writer)).status, 200);
    assert.equal((await keys('DELETE', `${id}/`, undefined, writer)).status, 403);
  });

  it('[S-03] exist only under their own project', async () => {
    await call('POST', `/teams/${org.slug}/ops/projects/`, { name: 'Brakes' });
    const [{ id }] = (await keys('GET')).body;
    for (const method of ['GET', 'PUT', 'DELETE']) {
      assert.equal((await keys(method, `${id}/`, method === 'PUT' ? { name: 'Mine' } : undefined, owner, 'brakes')).status, 404);
    }
    const outsider = await aPerson(server);
    assert.equal((await keys('GET', `${id}/`, undefined, outsider)).status, 403);
  });

  it('[9.1] return their project across organizations, for users with access to it', async () => {
    const [{ id }] = (await keys('GET')).body;
    const found = await call('GET', `/projects/?query=dsn:${id}`);
    assert.deepEqual(
      found.body.map(({ slug, organization }: { slug: string; organization: { slug: string } }) => [slug, organization.slug]),
      [['engine', org.slug]],
    );
    assert.deepEqual((await call('GET', `/projects/?query=dsn:${'0'.repeat(32)}`)).body, []);
    assert.deepEqual((await call('GET', `/projects/?query=dsn:${id}`, undefined, await aPerson(server))).body, []);
  });

  it('[9.4] redirect from an earlier slug of their project', async () => {
    const [{ id }] = (await keys('GET')).body;
    await call('PUT', `/projects/${org.slug}/engine/`, { slug: 'motor' });
    const { status, headers, body } = await keys('GET', `${id}/?x=1`);
    const url = `/api/0/projects/${org.slug}/motor/keys/${id}/?x=1`;
    assert.deepEqual([status, headers.get('location'), body], [302, url, { slug: 'motor', detail: { extra: { url, slug: 'motor' } } }]);
  });

  it('[11] appear in the audit log, without their secret part', async () => {
    const { body: key } = await keys('POST', '', { name: 'Web' });
    await keys('PUT', `${key.id}/`, { isActive: false });
    await keys('PUT', `${key.id}/`, { isActive: false });
    await keys('DELETE', `${key.id}/`);
    const { rows } = (await onOrg('GET', 'audit-logs/?per_page=3')).body;
    assert.deepEqual(
      rows.map(({ event, note }: { event: string; note: string }) => `${event}: ${note}`).reverse(),
      ['projectkey.create: added', 'projectkey.edit: edited', 'projectkey.remove: removed'].map((text) => `${text} project key ${key.id}`),
    );
    assert.ok(!JSON.stringify(rows).includes(key.secret));
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
    const live = ({ state }: OrganizationHandle) => state.projectKeys.map(({ name, isActive }) => `${name} ${isActive}`).sort();

    it('[9.1] every write is pushed to subscribers with project:read, without the secret part', async () => {
      const handle = await openHandle(await aMemberOf('member'));
      assert.deepEqual(live(handle), ['Default true']);
      const { body: key } = await keys('POST', '', { name: 'Web' });
      await eventually(() => assert.deepEqual(live(handle), ['Default true', 'Web true']));
      assert.ok(!JSON.stringify(handle.state).includes(key.secret));
      await keys('PUT', `${key.id}/`, { isActive: false });
      await eventually(() => assert.deepEqual(live(handle), ['Default true', 'Web false']));
      await keys('DELETE', `${key.id}/`);
      await eventually(() => assert.deepEqual(live(handle), ['Default true']));
      await call('POST', `/teams/${org.slug}/ops/projects/`, { name: 'Brakes' });
      await eventually(() => assert.deepEqual(live(handle), ['Default true', 'Default true']));
      await call('DELETE', `/projects/${org.slug}/engine/`);
      await eventually(() => assert.equal(handle.state.projectKeys.length, 1));
    });

    it('[3.4, A3] reach only users with access to every project, without open membership', async () => {
      const [plain, manager] = [await openHandle(await aMemberOf('member')), await openHandle(await aMemberOf('manager'))];
      assert.equal(plain.state.projectKeys.length, 1);
      await onOrg('PUT', '', { openMembership: false });
      await eventually(() => assert.equal(plain.state.projectKeys.length, 0));
      assert.equal(manager.state.projectKeys.length, 1);
      await onOrg('PUT', '', { openMembership: true });
      await eventually(() => assert.equal(plain.state.projectKeys.length, 1));
    });
  });
});
