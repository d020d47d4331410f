import assert from 'node:assert/strict';
import { sql } from 'kysely';
import { EventStreamClient } from '../support/event-stream.ts';
import { eventually } from '../support/eventually.ts';
import { addMember, anOrganizationOf, aPerson, type Person, type ProvisionedOrg, revisionOf } from '../support/provision.ts';
import { type RequestOptions, startServer, type TestServer } from '../support/server.ts';

const paths = ['', 'snapshot/', 'stream/'] as const;

describe('the routes of the changes API', () => {
  let server: TestServer;
  let org: ProvisionedOrg;
  let others: ProvisionedOrg;
  let member: Person;

  before(async () => {
    server = await startServer();
  });
  after(() => server?.stop());
  beforeEach(async () => {
    org = await anOrganizationOf(server, await aPerson(server));
    others = await anOrganizationOf(server, await aPerson(server));
    member = await aPerson(server);
    await addMember(server, org, member, 'member');
  });

  const get = (path: string, options: RequestOptions, name = org.slug) =>
    server.request('GET', `/api/0/organizations/${name}/changes/${path}`, options);
  const statusesOf = async (options: RequestOptions, name = org.slug) => {
    const statuses: number[] = [];
    for (const path of paths) {
      const { status, body } = await get(path, options, name);
      assert.ok(!JSON.stringify(body).includes(org.owner.email), `${path} shows an address`);
      statuses.push(status);
    }
    return statuses;
  };
  const makeTeam = async (slug: string) =>
    revisionOf(await server.request('POST', `/api/0/organizations/${org.slug}/teams/`, { token: org.owner.token, body: { slug } }));

  it('[S-60] refuse callers without a credential and callers of other organizations', async () => {
    assert.deepEqual(await statusesOf({}), [401, 401, 401]);
    assert.deepEqual(await statusesOf({ token: 'made-up' }), [401, 401, 401]);
    assert.deepEqual(await statusesOf({ token: (await aPerson(server)).token }), [403, 403, 403]);
    assert.deepEqual(await statusesOf({ token: others.owner.token }), [403, 403, 403]);
    assert.deepEqual(await statusesOf({ token: others.owner.token }, 'absent'), [404, 404, 404]);
    const { body: made } = await server.request('POST', `/api/0/organizations/${others.slug}/org-auth-tokens/`, {
      token: others.owner.token,
      body: { name: 'foreign' },
    });
    assert.ok((await statusesOf({ token: made.token })).every((status) => status >= 401 && status <= 404));
  });

  it('[S-60] ignore a body of 8 MB, and refuse values that are not valid parameters', async () => {
    const { token } = org.owner;
    for (const query of ['limit=0', 'limit=501', 'limit=1e2', 'wait=31', 'wait=-1', 'types=nothing.such', 'collections=all']) {
      const { status } = await get(`?${query}`, { token });
      assert.equal(status, 400, query);
    }
    for (const path of paths) {
      const { status } = await server.request('POST', `/api/0/organizations/${org.slug}/changes/${path}`, {
        token,
        body: 'x'.repeat(8_000_000),
      });
      assert.ok(status === 405 || status === 413, `${path}: ${status}`);
    }
  });

  it('[S-60] refuse a cursor that is malformed, of another organization, audience or history', async () => {
    const { token } = org.owner;
    const { body: own } = await get('', { token });
    const { body: foreign } = await get('', { token: others.owner.token }, others.slug);
    const expect = async (cursor: string, options: RequestOptions, status: number, code: string) => {
      for (const path of ['', 'stream/']) {
        const answer = await get(`${path}?after=${encodeURIComponent(cursor)}`, options);
        assert.deepEqual([answer.status, answer.body.detail?.code, answer.headers.get('x-sentry-error')], [status, code, code], path);
        if (status !== 400) assert.equal(answer.body.detail.extra.snapshot, `/api/0/organizations/${org.slug}/changes/snapshot/`);
      }
    };
    for (const cursor of ['x', '%00', foreign.after]) await expect(cursor, { token }, 400, 'cursor-invalid');
    await expect(own.after, { token: member.token }, 409, 'cursor-of-another-view');
    const parts = Buffer.from(own.after, 'base64url').toString().split(':');
    const forged = (at: number, value: string) => Buffer.from(parts.with(at, value).join(':')).toString('base64url');
    await expect(forged(4, '00000000-0000-0000-0000-000000000000'), { token }, 410, 'cursor-expired');
    await expect(forged(5, '9999'), { token }, 410, 'cursor-expired');
    await expect(forged(6, '0123456789abcdef'), { token }, 410, 'cursor-expired');
    await makeTeam('later');
    const { db } = server.services;
    await db
      .updateTable('org_heads')
      .set({ floor_revision: (own.head.revision + 1) as number })
      .where('organization_id', '=', org.id)
      .execute();
    await db
      .deleteFrom('change_log')
      .where('organization_id', '=', org.id)
      .where('revision', '<=', String(own.head.revision + 1))
      .execute();
    await expect(own.after, { token }, 410, 'cursor-expired');
    const all = await get('?after=floor', { token });
    assert.deepEqual([all.status, all.body.data], [200, []]);
  });

  it('refuse a cursor whose last revision a failover replaced, also within that revision', async () => {
    const { token } = org.owner;
    const { body: before } = await get('', { token });
    await makeTeam('lost');
    const { body: within } = await get(`?after=${before.after}&limit=1`, { token });
    const { body: after } = await get(`?after=${before.after}`, { token });
    assert.deepEqual([within.data.length, within.hasMore], [1, true]);
    await makeTeam('later');
    assert.equal((await get(`?after=${within.after}`, { token })).status, 200);
    // Another entry with the same number differs at least in its commit time.
    await server.services.db
      .updateTable('change_log')
      .set({ committed_at: sql`committed_at + interval '1 ms'` })
      .where('organization_id', '=', org.id)
      .where('revision', '=', String(before.head.revision + 1))
      .execute();
    for (const cursor of [within.after, after.after]) {
      const { status, body } = await get(`?after=${cursor}`, { token });
      assert.deepEqual([status, body.detail?.code], [410, 'cursor-expired']);
    }
    assert.equal((await get(`?after=${before.after}`, { token })).status, 200);
  });

  it('[S-60] respond to a wait without data when the caller is removed, and then refuse them', async () => {
    const { body: before } = await get('', { token: member.token });
    const waiting = get(`?after=${before.after}&wait=20`, { token: member.token });
    const stream = await EventStreamClient.open(server, org.slug, 'changes/stream/', { token: member.token });
    await stream.reach(before.head.revision);
    const removed = await server.request('DELETE', `/api/0/organizations/${org.slug}/members/${member.memberId}/`, {
      token: org.owner.token,
    });
    const { status, body } = await waiting;
    assert.deepEqual([status, body.data, body.after], [200, [], before.after]);
    assert.equal((await get(`?after=${before.after}`, { token: member.token })).status, 403);
    const last = await stream.ended();
    assert.deepEqual([last.event, last.data], ['revoked', { reason: 'removed', revision: revisionOf(removed) }]);
    assert.deepEqual(stream.changes, []);
  });

  it('[S-60] end a stream whose audience changes, whose cursor is then refused', async () => {
    const stream = await EventStreamClient.open(server, org.slug, 'changes/stream/', { token: member.token });
    await stream.reach(1);
    const promoted = await server.request('PUT', `/api/0/organizations/${org.slug}/members/${member.memberId}/`, {
      token: org.owner.token,
      body: { orgRole: 'manager' },
    });
    const last = await stream.ended();
    assert.deepEqual([last.event, last.data], ['access-changed', { revision: revisionOf(promoted) }]);
    const again = await get(`stream/?after=${stream.cursor}`, { token: member.token });
    assert.deepEqual([again.status, again.body.detail.code], [409, 'cursor-of-another-view']);
  });

  it('[S-60] end streams and waits with the token that opened them', async () => {
    const { body: before } = await get('', { token: member.token });
    const waiting = get(`?after=${before.after}&wait=20`, { token: member.token });
    const stream = await EventStreamClient.open(server, org.slug, 'changes/stream/', { token: member.token });
    await stream.reach(before.head.revision);
    await server.operate('DELETE', `/users/${member.userId}/tokens/${member.tokenId}/`);
    const last = await stream.ended();
    assert.deepEqual([last.event, last.data.reason], ['goodbye', 'credential-revoked']);
    assert.deepEqual((await waiting).body.data, []);
  });

  it('[S-60] limit the streams of a user, regardless of the number of their tokens', async () => {
    const made = await server.operate('POST', `/users/${member.userId}/tokens/`, { scopes: ['org:read'] });
    assert.equal(made.status, 201);
    const open = (token = member.token) => EventStreamClient.open(server, org.slug, 'changes/stream/', { token });
    const streams = await Promise.all(Array.from({ length: 5 }, () => open()));
    const sixth = await open(made.body.token);
    assert.deepEqual([streams.map(({ status }) => status), sixth.status], [[200, 200, 200, 200, 200], 429]);
    assert.ok(sixth.headers['retry-after']);
    for (const stream of streams) stream.close();
  });

  it('[S-60] limit the snapshots of a user, until their clients are gone and the builds have ended', async () => {
    const { snapshots } = server.services.events;
    const actor = { kind: 'user', userId: member.userId } as never;
    const releases = [1, 2].map(() => snapshots.take({ credentialId: 'another', actor }, org.id));
    const refused = await get('snapshot/', { token: member.token });
    assert.equal(refused.status, 429);
    assert.ok(refused.headers.get('retry-after'));
    assert.equal((await get('snapshot/', { token: org.owner.token })).status, 200);
    for (const release of releases) release();
    for (let count = 0; count < 5; count++) {
      assert.equal((await get('snapshot/', { token: member.token })).status, 200);
      await eventually(() => assert.equal(snapshots.size, 0));
    }
  });

  it('[S-60] use no slot for a caller without access, and keep slots for programs', async () => {
    const { streams } = server.services.events;
    const releases = Array.from({ length: 40 }, (_, number) =>
      streams.take({ credentialId: String(number), actor: { kind: 'user', userId: `other ${number}` } as never }, org.id),
    );
    try {
      assert.equal((await get('stream/', { token: org.owner.token })).status, 429);
      assert.equal((await get('stream/', { token: others.owner.token })).status, 403);
      const made = await server.operate('POST', '/service-tokens/', { name: 'back end' });
      const stream = await EventStreamClient.open(server, org.slug, 'changes/stream/', { token: made.body.token });
      assert.equal(stream.status, 200);
      stream.close();
    } finally {
      for (const release of releases) release();
    }
  });

  it('[S-60] limit the requests of a user that wait, until they end', async () => {
    const { body: before } = await get('', { token: member.token });
    const wait = (seconds: number) => get(`?after=${before.after}&wait=${seconds}`, { token: member.token });
    const waiting = Array.from({ length: 21 }, () => wait(25));
    const refused = await Promise.race(waiting);
    assert.equal(refused.status, 429);
    assert.ok(refused.headers.get('retry-after'));
    assert.equal((await wait(0)).status, 200);
    await makeTeam('seen');
    const answers = await Promise.all(waiting);
    assert.equal(answers.filter(({ status, body }) => status === 200 && body.data.length > 0).length, 20);
    assert.equal((await wait(25)).status, 200);
  });
});
