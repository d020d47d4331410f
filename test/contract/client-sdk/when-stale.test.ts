import assert from 'node:assert/strict';
import type { OutgoingHttpHeaders } from 'node:http';
import { type ConnectOptions, connect, type OrganizationHandle, type RollcallClient } from '../../../client-sdk/src/index.ts';
import { eventually } from '../../support/eventually.ts';
import { aMember, anOrganization, aTeam } from '../../unit/client-sdk/records.ts';
import { TinyServer } from './tiny-server.ts';

const owner = { userId: '1001' };
const leaseMs = 200;

describe('a replica that is older than its lease (against a tiny server)', () => {
  let server: TinyServer;
  let client: RollcallClient;
  /** The path and query of each request over REST. */
  let requested: string[];

  beforeEach(async () => {
    server = await TinyServer.open(anOrganization(), aMember('1', { orgRole: 'owner' }), aTeam('5'));
    requested = [];
  });
  afterEach(async () => {
    client.close();
    await server.close();
  });

  function open(options: ConnectOptions): OrganizationHandle {
    client = connect({ url: server.url, token: 'secret', leaseMs, ...options });
    return client.organization('acme');
  }

  async function openStale(options: ConnectOptions): Promise<OrganizationHandle> {
    const org = open(options);
    await org.ready();
    server.answersPings = false;
    await eventually(() => assert.equal(org.status.phase, 'stale'));
    return org;
  }

  function answerWith(status: number, body: object, headers: OutgoingHttpHeaders = {}): void {
    server.answerRest = (request, response) => {
      requested.push(request.url!);
      response.writeHead(status, { 'Content-Type': 'application/json', ...headers }).end(JSON.stringify(body));
    };
  }

  it('[F2] last-known evaluates the stale replica, and reports that it is not fresh', async () => {
    const org = await openStale({});
    const decision = { allowed: true, why: 'org-role', revision: 10, fresh: false };
    assert.deepEqual(org.can(owner, 'org:admin'), decision);
    assert.deepEqual(await org.check(owner, 'org:admin'), decision);
  });

  it('[F2] fail-closed allows nothing, and gives the reason, until it is fresh again', async () => {
    const org = await openStale({ whenStale: 'fail-closed' });
    const decision = { allowed: false, why: 'stale', revision: 10, fresh: false };
    assert.deepEqual(org.can(owner, 'org:admin'), decision);
    assert.deepEqual(await org.check(owner, 'org:admin'), decision);
    server.answersPings = true;
    await eventually(() => assert.deepEqual(org.can(owner, 'org:admin'), { allowed: true, why: 'org-role', revision: 10, fresh: true }));
  });

  describe('[F2] under ask-server', () => {
    it('can allows nothing, and check requests the decision from the server', async () => {
      const org = await openStale({ whenStale: 'ask-server' });
      answerWith(200, { allowed: false, why: 'missing-scope', revision: 12 });
      assert.deepEqual(org.can(owner, 'org:admin'), { allowed: false, why: 'stale', revision: 10, fresh: false });
      const decision = await org.check(owner, ['org:admin', 'org:write'], { team: 'team-5' });
      assert.deepEqual(decision, { allowed: false, why: 'missing-scope', revision: 12, fresh: true });
      assert.deepEqual(requested, ['/api/0/organizations/1/can/?userId=1001&team=team-5&scope=org%3Aadmin&scope=org%3Awrite']);
    });

    it('nothing is requested while the replica is fresh', async () => {
      const org = open({ whenStale: 'ask-server', leaseMs: 60_000 });
      await org.ready();
      assert.deepEqual(await org.check(owner, 'org:admin'), { allowed: true, why: 'org-role', revision: 10, fresh: true });
      assert.deepEqual(requested, []);
    });

    it('check requests the decision before the first snapshot', async () => {
      server.answersSubscriptions = false;
      answerWith(200, { allowed: true, why: 'org-role', revision: 10 });
      const org = open({ whenStale: 'ask-server' });
      assert.equal((await org.check(owner, 'org:admin')).allowed, true);
      assert.equal(org.can(owner, 'org:admin').why, 'no-copy');
    });

    it('check allows nothing if the server is unreachable', async () => {
      const org = await openStale({ whenStale: 'ask-server' });
      answerWith(503, { detail: 'The database is unavailable.' }, { 'Retry-After': '60' });
      assert.deepEqual(await org.check(owner, 'org:admin'), { allowed: false, why: 'stale', revision: 10, fresh: false });
    });

    it('check rejects with unreachable after timeoutMs, by default 2 s, if the server does not respond', async () => {
      const org = await openStale({ whenStale: 'ask-server' });
      server.answerRest = (request) => requested.push(request.url!);
      const startedAt = performance.now();
      await assert.rejects(org.check(owner, 'org:admin', undefined, { timeoutMs: 100 }), { code: 'unreachable' });
      const firstMs = performance.now() - startedAt;
      assert.ok(firstMs < 1_500, `took ${firstMs} ms`);
      assert.deepEqual(requested, ['/api/0/organizations/1/can/?userId=1001&scope=org%3Aadmin']);
      await assert.rejects(org.check(owner, 'org:admin'), { code: 'unreachable', message: 'The server did not decide within 2000 ms.' });
    });

    it('check rejects with unreachable after timeoutMs if the token function never returns', async () => {
      let isHanging = false;
      const token = () => (isHanging ? new Promise<string>(() => {}) : 'secret');
      const org = await openStale({ whenStale: 'ask-server', token });
      isHanging = true;
      await assert.rejects(org.check(owner, 'org:admin', undefined, { timeoutMs: 50 }), { code: 'unreachable' });
      await assert.rejects(org.check(owner, 'org:admin', undefined, { signal: AbortSignal.abort() }), { code: 'aborted' });
    });

    it('check rejects if the server refuses, or its response cannot be read', async () => {
      const org = await openStale({ whenStale: 'ask-server' });
      answerWith(403, { detail: 'No.' });
      await assert.rejects(org.check(owner, 'org:admin'), { code: 'forbidden' });
      answerWith(200, { allowed: 'yes' });
      await assert.rejects(org.check(owner, 'org:admin'), { code: 'internal' });
    });

    it('check allows nothing if the access ended during the request', async () => {
      const org = await openStale({ whenStale: 'ask-server' });
      server.answerRest = (_request, response) => {
        server.revoke('removed');
        org.on('access.revoked', () => response.end(JSON.stringify({ allowed: true, why: 'org-role', revision: 10 })));
      };
      assert.equal((await org.check(owner, 'org:admin')).allowed, false);
    });
  });

  it('opening one organization with two values of whenStale is an error', () => {
    open({ whenStale: 'fail-closed' });
    client.organization('acme', { whenStale: 'fail-closed' });
    assert.throws(() => client.organization('acme', { whenStale: 'ask-server' }), { code: 'invalid' });
    assert.equal(client.organization('other', { whenStale: 'last-known' }).whenStale, 'last-known');
  });

  it('[F3] the client reports to the server why the replica was stale, and for how long', async () => {
    const org = await openStale({});
    server.send('step', { org: '1', from: 20, to: 21, cursor: 'at-21', changes: [] });
    await eventually(() => assert.equal(server.subscriptions.length, 2));
    assert.equal(server.subscriptions[1]!.because, 'gap');
    assert.ok(server.subscriptions[1]!.staleMs! >= 0);
    await eventually(() => assert.ok(server.reportedStaleMs !== null && server.reportedStaleMs > 0, 'the server received no report'));
    server.answersPings = true;
    await eventually(() => assert.equal(org.status.phase, 'live'));
    await eventually(() => assert.equal(server.reportedStaleMs, null));
  });
});
