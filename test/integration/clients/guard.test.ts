import assert from 'node:assert/strict';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connect, type RollcallClient } from '@rollcall/client';
import type { Express, Request as ExpressRequest } from 'express';
import { eventually } from '../../support/eventually.ts';
import { freePort } from '../../support/free-port.ts';
import { addMember, anOrganizationOf, aPerson, type Person, type ProvisionedOrg } from '../../support/provision.ts';
import { importExample } from '../../support/readme-example.ts';
import { type SeparateServer, startSeparateServer } from '../../support/separate-server.ts';

/** The requirement for each refusal, in milliseconds. */
const answerMsMax = 2_500;

interface Answer {
  readonly status: number;
  readonly why: string | undefined;
  readonly retryAfter: string | null;
}

/** The examples of the README, with a real server and a real application. */
describe('the guard of an application', function () {
  this.timeout(90_000);
  let server: SeparateServer;
  let backEnd: Person;
  let member: Person;
  let org: ProvisionedOrg;
  let createApp: (client: RollcallClient, userOf: (request: ExpressRequest<{ org: string; project: string }>) => string | null) => Express;
  let application: Server;
  let client: RollcallClient;

  before(async () => {
    server = await startSeparateServer();
    ({ createApp } = await importExample<{ createApp: typeof createApp }>('### Middleware'));
  });
  after(() => server?.stop());
  beforeEach(async () => {
    backEnd = await aPerson(server);
    member = await aPerson(server);
    org = await anOrganizationOf(server, backEnd);
    await addMember(server, org, member, 'manager');
    const team = await send('POST', `/organizations/${org.slug}/teams/`, { slug: 'builders' });
    await send('POST', `/teams/${org.slug}/${team.slug}/projects/`, { name: 'Site', slug: 'site' });
  });
  afterEach(() => {
    client.close();
    application.closeAllConnections();
    application.close();
  });

  const send = async (method: string, path: string, body?: unknown) => {
    const answer = await server.request(method, `/api/0${path}`, { token: backEnd.token, body });
    assert.ok(answer.status < 300, `${method} ${path}: ${answer.status}`);
    return answer.body;
  };

  async function serve(url = server.url): Promise<void> {
    client = connect({ url, token: () => backEnd.token });
    application = createApp(client, (request) => request.get('X-User') ?? null).listen(0, '127.0.0.1');
    await new Promise((resolve) => application.once('listening', resolve));
  }

  async function put({ user = member.userId, project = 'site', name = org.slug }: { user?: string; project?: string; name?: string } = {}) {
    const startedAt = performance.now();
    const address = `http://127.0.0.1:${(application.address() as AddressInfo).port}/${name}/projects/${project}/`;
    const response = await fetch(address, { method: 'PUT', headers: user === '' ? {} : { 'X-User': user } });
    const body = (await response.json()) as { why?: string; saved?: boolean };
    const ms = Math.round(performance.now() - startedAt);
    assert.ok(ms <= answerMsMax, `the response took ${ms} ms`);
    assert.equal(body.saved === true, response.status === 200);
    return { status: response.status, why: body.why, retryAfter: response.headers.get('Retry-After') } satisfies Answer;
  }
  const allowed: Answer = { status: 200, why: undefined, retryAfter: null };
  const refused = (status: number, why: string): Answer => ({ status, why, retryAfter: status === 503 ? '2' : null });

  it('the first request waits for the replica, and later ones are decided by it', async () => {
    await serve();
    assert.deepEqual(await put(), allowed);
    assert.deepEqual(await put({ user: '' }), refused(401, 'unauthenticated'));
    assert.deepEqual(await put({ user: '999999' }), refused(403, 'not-a-member'));
    assert.deepEqual(await put({ project: 'none' }), refused(404, 'no-project'));
    assert.deepEqual(await put({ name: 'no-such-organization' }), refused(404, 'no-organization'));
    await send('PUT', `/organizations/${org.slug}/members/${member.memberId}/`, { orgRole: 'member' });
    await eventually(async () => assert.deepEqual(await put(), refused(403, 'missing-scope')));
  });

  it('the guard refuses with 503 if the server was down at boot', async () => {
    await serve(`http://127.0.0.1:${await freePort()}`);
    assert.deepEqual(await put(), refused(503, 'unreachable'));
    assert.deepEqual(await put(), refused(503, 'unreachable'));
  });

  it('[F2] the guard refuses with 503 while the server is frozen, and recovers', async () => {
    await serve();
    assert.deepEqual(await put(), allowed);
    process.kill(server.pid, 'SIGSTOP');
    try {
      await eventually(async () => assert.deepEqual(await put(), refused(503, 'stale')), { timeoutMs: 10_000, intervalMs: 100 });
    } finally {
      process.kill(server.pid, 'SIGCONT');
    }
    await eventually(async () => assert.deepEqual(await put(), allowed), { timeoutMs: 10_000 });
  });

  it('[A5] the guard refuses with 503 once the token of the application is revoked', async () => {
    await serve();
    assert.deepEqual(await put(), allowed);
    await server.operate('DELETE', `/users/${backEnd.userId}/tokens/${backEnd.tokenId}/`);
    await eventually(async () => assert.deepEqual(await put(), refused(503, 'credential-ended')), { timeoutMs: answerMsMax });
  });

  it('[A1] the guard refuses with 403 once the member is removed', async () => {
    await serve();
    assert.deepEqual(await put(), allowed);
    await send('DELETE', `/organizations/${org.slug}/members/${member.memberId}/`);
    await eventually(async () => assert.deepEqual(await put(), refused(403, 'not-a-member')), { timeoutMs: answerMsMax });
  });

  it('the guard for fetch returns the same refusals as responses, and null otherwise', async () => {
    await serve();
    const { createHandler } = await importExample<{
      createHandler: (
        client: RollcallClient,
        userOf: (request: Request) => Promise<string | null>,
      ) => (request: Request) => Promise<Response>;
    }>('`requireScope` of `@rollcall/client/fetch` is for servers that return a `Response`, such as route');
    const named = { organization: () => client.organization(org.slug) } as unknown as RollcallClient;
    const handle = createHandler(named, async (request) => request.headers.get('X-User'));
    const answerTo = async (headers: Record<string, string>) => {
      const response = await handle(new Request('http://127.0.0.1/', { method: 'PUT', headers }));
      return [response.status, ((await response.json()) as { why?: string }).why];
    };
    assert.deepEqual(await answerTo({ 'X-User': member.userId }), [200, undefined]);
    assert.deepEqual(await answerTo({}), [401, 'unauthenticated']);
    assert.deepEqual(await answerTo({ 'X-User': '999999' }), [403, 'not-a-member']);
    client.close();
    assert.deepEqual(await answerTo({ 'X-User': member.userId }), [503, 'no-copy']);
  });
});
