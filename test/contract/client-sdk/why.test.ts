import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { connect, type OrgError, type RollcallClient } from '@rollcall/client';
import { statuses } from '../../../client-sdk/src/guard/guard.ts';
import { eventually } from '../../support/eventually.ts';
import { aMember, anOrganization } from '../../unit/client-sdk/records.ts';
import { TinyServer } from './tiny-server.ts';

const owner = { userId: '1001' };

describe('the reason of a decision without a replica (against a tiny server)', () => {
  let server: TinyServer;
  let client: RollcallClient;

  beforeEach(async () => {
    server = await TinyServer.open(anOrganization(), aMember('1', { orgRole: 'owner' }));
  });
  afterEach(async () => {
    client.close();
    await server.close();
  });

  function open(url = server.url) {
    client = connect({ url, token: 'secret', whenStale: 'ask-server' });
    return client.organization('acme');
  }

  it('the reason is no-copy until the replica arrives, and after the handle was closed', async () => {
    const org = open();
    assert.equal(org.can(owner, 'org:read').why, 'no-copy');
    await org.ready();
    assert.equal(org.can(owner, 'org:read').why, 'org-role');
    org.close();
    assert.equal(org.can(owner, 'org:read').why, 'no-copy');
  });

  it('the reason is unreachable if the server is down when the client connects', async () => {
    const { url } = server;
    await server.close();
    const org = open(url);
    await eventually(() => assert.equal(org.can(owner, 'org:read').why, 'unreachable'));
    assert.deepEqual(await org.check(owner, 'org:read'), { allowed: false, why: 'unreachable', revision: null, fresh: false });
  });

  it('ready() rejects with unreachable and the cause if the server is down', async () => {
    const { url } = server;
    await server.close();
    const org = open(url);
    await assert.rejects(org.ready({ timeoutMs: 300 }), (error: OrgError) => {
      assert.equal(error.code, 'unreachable');
      assert.equal((error.cause as Error).message, client.status.reason);
      assert.match(error.message, /^The organization was not ready within 300 ms: \S/);
      return true;
    });
    await assert.rejects(client.organizations.ready({ timeoutMs: 50 }), { code: 'unreachable' });
    server = await TinyServer.open(anOrganization());
  });

  it('ready() rejects with unreachable if a server does not respond, but waits while parts arrive', async () => {
    server.answersSubscriptions = false;
    const silent = open();
    const problem = { code: 'unreachable', message: 'The organization was not ready within 200 ms: the server did not respond.' };
    await assert.rejects(silent.ready({ timeoutMs: 200 }), problem);
    silent.close();
    server.answersSubscriptions = true;
    server.partMs = 700;
    await client.organization('acme').ready({ timeoutMs: 1_000 });
  });

  it('the reason is credential-ended once the token is revoked, and if the server refuses it', async () => {
    const org = open();
    await org.ready();
    server.goodbye('credential-revoked', null);
    await eventually(() => assert.equal(org.can(owner, 'org:read').why, 'credential-ended'));
    server.refusal = { code: 'unauthenticated' };
    const refused = open();
    await eventually(() => assert.equal(refused.can(owner, 'org:read').why, 'credential-ended'));
  });

  it('the reason is no-organization if the server denies the subscription, and after the access ended', async () => {
    const org = open();
    const denied = client.organization('other');
    await org.ready();
    server.revoke('removed');
    await eventually(() => assert.equal(org.can(owner, 'org:read').why, 'no-organization'));
    assert.equal(denied.can(owner, 'org:read').why, 'no-organization');
  });

  it('the README maps each reason to a status', async () => {
    open();
    const readme = await readFile(new URL('../../../client-sdk/README.md', import.meta.url), 'utf8');
    const table = readme.split('### Why, and the HTTP status')[1]!.split('\n\n')[2]!;
    const rows = table.split('\n').slice(2);
    const documented = rows.flatMap((row) => {
      const [, names, status] = row.split('|');
      return [...names!.matchAll(/`([^`]+)`/g)].map(([, why]) => [why!, status!.trim()] as const);
    });
    const { unauthenticated, ...byWhy } = statuses;
    const expected = Object.entries(byWhy).map(([why, status]) => [why, String(status ?? 'none')]);
    assert.deepEqual(Object.fromEntries(documented), Object.fromEntries(expected));
    assert.equal(unauthenticated, 401);
  });
});
