import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { io } from 'socket.io-client';
import type { StepFrame } from '../../../protocol/src/index.ts';
import { eventually } from '../../support/eventually.ts';
import { startPostgres } from '../../support/postgres.ts';
import { addMember, anOrganizationOf, aPerson, type Person, type ProvisionedOrg, revisionOf } from '../../support/provision.ts';
import { startServer, type TestServer } from '../../support/server.ts';
import { WireReplica } from '../../support/wire-replica.ts';

/** One server, from a REST call to the frames of its subscribers. */
describe('live updates', () => {
  let server: TestServer;
  let owner: Person;
  let member: Person;
  let org: ProvisionedOrg;
  const open: WireReplica[] = [];

  before(async () => {
    server = await startServer();
  });
  beforeEach(async () => {
    owner = await aPerson(server, { hasSecondFactor: true });
    member = await aPerson(server);
    org = await anOrganizationOf(server, owner);
    await addMember(server, org, member, 'member');
  });
  afterEach(() => {
    for (const replica of open.splice(0)) {
      replica.close();
      replica.check();
    }
  });
  after(() => server.stop());

  const rest = async (method: string, path: string, body?: unknown, person = owner, headers: Record<string, string> = {}) =>
    server.request(method, `/api/0${path}`, { token: person.token, body, headers });
  const onOrg = (body: unknown) => rest('PUT', `/organizations/${org.slug}/`, body);
  const onMember = (method: string, body?: unknown, target = member) =>
    rest(method, `/organizations/${org.slug}/members/${target.memberId}/`, body);

  async function openReplica(person: Person): Promise<WireReplica> {
    const replica = await WireReplica.open(server.url, person.token, org.slug);
    open.push(replica);
    return replica;
  }
  async function connect(person: Person): Promise<WireReplica> {
    const replica = await WireReplica.connect(server.url, person.token);
    open.push(replica);
    return replica;
  }
  const stepsOf = (replica: WireReplica): StepFrame[] =>
    replica.frames.filter(({ event }) => event === 'step').map(({ payload }) => payload);
  const oracleOf = async (role: string) => {
    const { body } = await server.operate('GET', `/organizations/${org.id}/state/?audience=${role}`);
    return new Map(body.records.map((row: { kind: string; id: string; record: unknown }) => [`${row.kind}/${row.id}`, row.record]));
  };

  it('[W7] [R7] a change reaches every subscriber as one step to the revision in its response', async () => {
    const replicas = [await openReplica(owner), await openReplica(member)];
    const answer = await rest('POST', `/organizations/${org.slug}/teams/`, { slug: 'red' });
    assert.equal(answer.status, 201);
    for (const replica of replicas) {
      await eventually(() => assert.equal(replica.revision, revisionOf(answer)));
      assert.equal(stepsOf(replica).length, 1);
    }
  });

  it('[W3] a command that changes nothing creates no revision and no step', async () => {
    const replica = await openReplica(owner);
    const first = await onOrg({ name: 'Same' });
    const second = await onOrg({ name: 'Same' });
    assert.equal(revisionOf(second), revisionOf(first));
    await replica.reach(revisionOf(first));
    assert.equal(stepsOf(replica).length, 1);
  });

  it('[W4] [S-09] a rejected command leaves no revision, no entry and no push', async () => {
    const replica = await openReplica(owner);
    const before = await oracleOf('owner');
    const answer = await onMember('PUT', { orgRole: 'owner', teams: ['none-such'] });
    assert.equal(answer.status, 400);
    assert.deepEqual(await oracleOf('owner'), before);
    await replica.reach(replica.revision);
    assert.deepEqual(stepsOf(replica), []);
  });

  it('[W5] a key used again gets the first response, and fails for another request', async () => {
    const headers = { 'Idempotency-Key': 'a-key' };
    const create = (slug: string) => rest('POST', `/organizations/${org.slug}/teams/`, { slug }, owner, headers);
    const first = await create('blue');
    const again = await create('blue');
    assert.deepEqual([again.status, again.body, revisionOf(again)], [first.status, first.body, revisionOf(first)]);
    const other = await create('green');
    assert.equal(other.status, 422);
    assert.equal(other.headers.get('x-sentry-error'), 'key-reused');
  });

  it('[W6] If-Match fails when the organization changed, and returns its revision', async () => {
    const first = await onOrg({ name: 'One' });
    const at = first.headers.get('x-org-revision')!;
    const second = await rest('PUT', `/organizations/${org.slug}/`, { name: 'Two' }, owner, { 'If-Match': `"${at}"` });
    assert.equal(second.status, 200);
    const stale = await rest('PUT', `/organizations/${org.slug}/`, { name: 'Three' }, owner, { 'If-Match': `"${at}"` });
    assert.equal(stale.status, 412);
    assert.equal(stale.headers.get('x-org-revision'), second.headers.get('x-org-revision'));
    const garbled = await rest('PUT', `/organizations/${org.slug}/`, { name: 'Four' }, owner, { 'If-Match': 'yesterday' });
    assert.equal(garbled.status, 400);
  });

  it('[R6] a client that resumes from a cursor gets one combined step, with visible changes only', async () => {
    const replica = await openReplica(member);
    const { cursor, revision: position, state } = replica;
    replica.close();
    for (let round = 0; round < 3; round++) await onOrg({ name: `Name ${round}` });
    const again = await connect(member);
    again.state = state;
    again.revision = position;
    const answer = await again.subscribe(org.slug, { cursor });
    assert.equal(answer.mode, 'resume');
    await eventually(() => assert.equal(stepsOf(again).length, 1));
    assert.deepEqual(
      stepsOf(again)[0]!.changes.map(({ op, kind }) => `${op} ${kind}`),
      ['put organization'],
    );
    assert.deepEqual(again.records(), await oracleOf('member'));
  });

  it('[R6] a cursor of another history or an invalid one gets a snapshot', async () => {
    const { cursor } = await openReplica(member);
    const foreign = Buffer.from(
      Buffer.from(cursor!, 'base64url')
        .toString()
        .replace(/:[0-9a-f]{16}:/, `:${'f'.repeat(16)}:`),
    ).toString('base64url');
    assert.notEqual(foreign, cursor);
    for (const asked of [foreign, 'nonsense', '']) {
      const again = await connect(member);
      assert.equal((await again.subscribe(org.slug, { cursor: asked })).mode, 'snapshot');
      await again.live();
      assert.deepEqual(again.records(), await oracleOf('member'));
    }
  });

  it('[R6] [A4] a cursor of other rights gets a snapshot under the current rights', async () => {
    const { cursor } = await openReplica(member);
    await onMember('PUT', { orgRole: 'manager' });
    const again = await connect(member);
    assert.equal((await again.subscribe(org.slug, { cursor })).mode, 'snapshot');
    await again.live();
    assert.deepEqual(again.records(), await oracleOf('manager'));
  });

  it('[R8] a change that an audience may not see sends it no step, and the next step covers it', async () => {
    const replica = await openReplica(member);
    const start = replica.revision;
    const hidden = await server.operate('POST', `/organizations/${org.id}/tokens/`, { name: 'for managers', scopes: ['org:read'] });
    assert.equal(hidden.status, 201);
    const seen = await onOrg({ name: 'Seen' });
    await eventually(() => assert.equal(replica.revision, revisionOf(seen)));
    const [step] = stepsOf(replica);
    assert.equal(stepsOf(replica).length, 1);
    assert.ok(step!.from <= start && step!.to === start + 2);
  });

  it('[R8] the next step reaches a replica that resumed over a range without visible changes', async () => {
    const replica = await openReplica(member);
    const { cursor, revision: position, state } = replica;
    replica.close();
    await server.operate('POST', `/organizations/${org.id}/tokens/`, { name: 'for managers', scopes: ['org:read'] });
    const again = await connect(member);
    again.state = state;
    again.revision = position;
    assert.equal((await again.subscribe(org.slug, { cursor })).mode, 'resume');
    const seen = await onOrg({ name: 'Seen' });
    await eventually(() => assert.equal(again.revision, revisionOf(seen)));
    assert.deepEqual(
      stepsOf(again).map(({ from, to }) => [from, to]),
      [[position, revisionOf(seen)]],
    );
  });

  it('[A2] a removed member gets one notice, then nothing more, and is disconnected', async () => {
    const replica = await openReplica(member);
    const removed = await onMember('DELETE');
    await onOrg({ name: 'Later' });
    await eventually(() => assert.equal(replica.socket.connected, false));
    assert.deepEqual(replica.revoked, { org: org.id, revision: revisionOf(removed), reason: 'removed' });
    assert.equal(replica.frames.at(-1)?.event, 'revoked');
  });

  it('[A3] rights that grow and shrink arrive as one step with view', async () => {
    await server.operate('POST', `/organizations/${org.id}/tokens/`, { name: 'for managers', scopes: ['org:read'] });
    const replica = await openReplica(member);
    const raised = await onMember('PUT', { orgRole: 'manager' });
    await eventually(() => assert.equal(replica.revision, revisionOf(raised)));
    assert.equal(stepsOf(replica).at(-1)!.view, true);
    assert.deepEqual(replica.records(), await oracleOf('manager'));
    const lowered = await onMember('PUT', { orgRole: 'member' });
    await eventually(() => assert.equal(replica.revision, revisionOf(lowered)));
    const ops = stepsOf(replica)
      .at(-1)!
      .changes.map(({ op, kind }) => `${op} ${kind}`);
    assert.deepEqual([...new Set(ops)].toSorted(), ['forget audit-entry', 'forget auth-token', 'put member']);
    assert.deepEqual(replica.records(), await oracleOf('member'));
  });

  it('[A3] enhanced privacy removes the addresses from the replicas of members who do not manage members', async () => {
    const replica = await openReplica(member);
    const manager = await openReplica(owner);
    const answer = await onOrg({ enhancedPrivacy: true });
    await eventually(() => assert.equal(replica.revision, revisionOf(answer)));
    assert.equal(JSON.stringify([...replica.records()]).includes('@'), false);
    await eventually(() => assert.equal(manager.revision, revisionOf(answer)));
    assert.equal(JSON.stringify([...manager.records()]).includes('@'), true);
  });

  it('[A2] [S-16] requiring 2FA ends the subscriptions of members without it, and sends the reason', async () => {
    const replica = await openReplica(member);
    const keeper = await openReplica(owner);
    const answer = await onOrg({ require2FA: true });
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
    await eventually(() => assert.equal(replica.revoked?.reason, 'two-factor-required'));
    await keeper.reach(revisionOf(answer));
    assert.equal(keeper.revoked, null);
    const detached = keeper.records().get(`member/${member.memberId}`) as { pending: boolean; email: string };
    assert.deepEqual([detached.pending, detached.email], [true, member.email]);
  });

  it('[A5] [S-14] revoking a token sends goodbye to its connections and rejects new ones', async () => {
    const replica = await openReplica(member);
    const answer = await server.operate('DELETE', `/users/${member.userId}/tokens/${member.tokenId}/`);
    assert.equal(answer.status, 204);
    await eventually(() => assert.equal(replica.socket.connected, false));
    assert.deepEqual(replica.frames.at(-1), { event: 'goodbye', payload: { reason: 'credential-revoked', retryAfterMs: null } });
    await assert.rejects(WireReplica.connect(server.url, member.token), (error: Error & { data?: unknown }) => {
      assert.deepEqual(error.data, { code: 'unauthenticated' });
      return true;
    });
  });

  it('[A5] [S-15] disabling a user sends goodbye on every connection, and REST rejects the user too', async () => {
    const replicas = [await openReplica(member), await openReplica(member)];
    await server.operate('PUT', `/users/${member.userId}/`, { isActive: false });
    for (const replica of replicas) {
      await eventually(() => assert.equal(replica.socket.connected, false));
      assert.equal(replica.frames.at(-1)?.payload.reason, 'user-disabled');
    }
    const answer = await rest('GET', `/organizations/${org.slug}/`, undefined, member);
    assert.deepEqual([answer.status, answer.body], [401, { detail: 'User inactive or deleted' }]);
  });

  it('[A5] the server sends goodbye when a token expires, without another request', async () => {
    const expiresAt = new Date(Date.now() + 1_500).toISOString();
    const { body } = await server.operate('POST', `/users/${member.userId}/tokens/`, { scopes: ['org:read', 'member:read'], expiresAt });
    const replica = await openReplica({ ...member, token: body.token });
    await eventually(() => assert.equal(replica.frames.at(-1)?.payload.reason, 'credential-expired'));
    await assert.rejects(
      WireReplica.connect(server.url, body.token),
      (error: Error & { data?: { code: string } }) => error.data?.code === 'expired',
    );
  });

  it('[A6] an organization that does not exist and an organization of another user get the same denial', async () => {
    const stranger = await connect(await aPerson(server));
    assert.deepEqual(await stranger.subscribe(org.slug), { mode: 'denied' });
    assert.deepEqual(await stranger.subscribe(org.id), { mode: 'denied' });
    assert.deepEqual(await stranger.subscribe('none-such'), { mode: 'denied' });
    assert.deepEqual(stranger.frames, []);
  });

  it('[A6] an organization token sees its own organization, within its scopes', async () => {
    const { body } = await server.operate('POST', `/organizations/${org.id}/tokens/`, {
      name: 'back end',
      scopes: ['org:read', 'member:read'],
    });
    const other = await anOrganizationOf(server, await aPerson(server));
    const replica = await WireReplica.connect(server.url, body.token);
    open.push(replica);
    assert.deepEqual(await replica.subscribe(other.id), { mode: 'denied' });
    await replica.subscribe(org.id);
    await replica.live();
    const kinds = new Set([...replica.records().keys()].map((key) => key.split('/')[0]));
    assert.deepEqual([...kinds].toSorted(), ['member', 'organization']);
  });

  it('unsubscribing ends the frames of that organization only', async () => {
    const replica = await openReplica(owner);
    const answer = await replica.socket.timeout(2_000).emitWithAck('unsubscribe', { org: org.slug });
    assert.deepEqual(answer, {});
    const seen = replica.frames.length;
    await onOrg({ name: 'Unseen' });
    replica.ping();
    await eventually(() => assert.equal(replica.frames.at(-1)?.event, 'pong'));
    assert.equal(replica.frames.length, seen + 1);
    assert.deepEqual(replica.frames.at(-1)!.payload.orgs, {});
  });

  it('pongs contain nothing about Redis if none is configured', async () => {
    assert.equal((await server.operate('GET', '/health/')).body.bus, 'memory');
    const replica = await openReplica(owner);
    replica.ping();
    await eventually(() => assert.equal(replica.frames.at(-1)?.event, 'pong'));
    assert.deepEqual(Object.keys(replica.frames.at(-1)!.payload), ['nonce', 'orgs']);
  });

  it('subscribing again on the same connection starts from the beginning', async () => {
    const replica = await openReplica(owner);
    const answer = await replica.subscribe(org.id);
    assert.equal(answer.mode, 'snapshot');
    await replica.live();
    const changed = await onOrg({ name: 'Once' });
    await replica.reach(revisionOf(changed));
    assert.equal(stepsOf(replica).length, 1, 'the earlier subscription continues');
  });

  it('a subscription to some collections receives only these, and their changes', async () => {
    const replica = await connect(owner);
    await replica.subscribe(org.slug, { collections: ['teams'] });
    await replica.live();
    assert.equal(replica.records().size, 0);
    const answer = await rest('POST', `/organizations/${org.slug}/teams/`, { slug: 'red' });
    await onOrg({ name: 'Not asked for' });
    await replica.reach(revisionOf(answer) + 1);
    assert.deepEqual([...replica.records().keys()].map((key) => key.split('/')[0]).toSorted(), ['team', 'team-member']);
  });

  it('[A6] a subscription to an empty or hidden collection gets an empty replica, not a denial', async () => {
    for (const [person, collection] of [
      [owner, 'projects'],
      [member, 'tokens'],
      [member, 'audit'],
    ] as const) {
      const replica = await connect(person);
      assert.equal((await replica.subscribe(org.slug, { collections: [collection] })).mode, 'snapshot');
      await replica.live();
      assert.equal(replica.records().size, 0);
    }
  });

  it('a rejected handshake contains its reason', async () => {
    const refusal = (auth: object) =>
      new Promise<unknown>((resolve) => {
        const socket = io(server.url, { auth, transports: ['websocket'], reconnection: false, forceNew: true });
        socket.once('connect_error', (error: Error & { data?: unknown }) => resolve(error.data));
      });
    assert.deepEqual(await refusal({}), { code: 'unauthenticated' });
    assert.deepEqual(await refusal({ token: 'sntryu_unknown', v: 1 }), { code: 'unauthenticated' });
    assert.deepEqual(await refusal({ token: owner.token, v: 2 }), { code: 'unsupported-version' });
    assert.deepEqual(await refusal({ token: owner.token }), { code: 'unsupported-version' });
  });

  it('[S-18] a page of another origin cannot open a socket, nor read a response', async () => {
    const refused = await new Promise<Error>((resolve, reject) => {
      const options = { auth: { token: owner.token, v: 1 }, transports: ['websocket'], reconnection: false, forceNew: true };
      const socket = io(server.url, { ...options, extraHeaders: { Origin: 'https://evil.example.com' } });
      socket.once('connect', () => reject(new Error('the socket connected')));
      socket.once('connect_error', resolve);
    });
    assert.ok(refused);
    const answer = await rest('GET', '/organizations/', undefined, owner, { Origin: 'https://evil.example.com' });
    assert.equal(answer.headers.get('access-control-allow-origin'), null);
  });

  it('[R11] invalid payloads are denied or ignored, and the connection stays open', async () => {
    const replica = await openReplica(owner);
    for (const nonsense of [null, 7, 'org', {}, { org: 7 }, { org: 'x'.repeat(1_000) }, { org: org.slug, collections: ['secrets'] }]) {
      const answer = await replica.socket.timeout(2_000).emitWithAck('subscribe', nonsense);
      assert.deepEqual(answer, { mode: 'denied' });
    }
    replica.socket.emit('ping', { nonce: { deep: true } });
    replica.socket.emit('unsubscribe', 'everything');
    replica.socket.emit('toString', {});
    const answer = await onOrg({ name: 'Still here' });
    await replica.reach(revisionOf(answer));
  });

  async function importLines(lines: readonly object[]): Promise<number> {
    const { body } = await server.request('POST', `/api/operator/organizations/${org.id}/import/`, {
      token: server.operatorToken,
      body: lines.map((line) => JSON.stringify(line)).join('\n'),
      headers: { 'Content-Type': 'application/x-ndjson' },
    });
    assert.equal(body.applied, lines.length, JSON.stringify(body).slice(0, 500));
    return body.revision;
  }
  const logins = (count: number) => Array.from({ length: count }, (_, index) => `login-${index}`);
  const joining = (login: string) => ({ op: 'member.add', login, role: 'member' });

  it('[R6] a long catch-up arrives in parts and is applied as one step', async () => {
    const replica = await openReplica(owner);
    const { cursor, revision: position, state } = replica;
    replica.close();
    const revision = await importLines(logins(1_200).map(joining));
    const again = await connect(owner);
    again.state = state;
    again.revision = position;
    const held: number[] = [];
    again.onChange = () => held.push(again.revision);
    assert.equal((await again.subscribe(org.slug, { cursor })).mode, 'resume');
    await eventually(() => assert.equal(again.revision, revision));
    assert.deepEqual(
      stepsOf(again).map(({ from, to, more }) => [from, to, more]),
      [
        [position, revision, true],
        [position, revision, true],
        [position, revision, undefined],
      ],
    );
    assert.deepEqual(held, [revision]);
    assert.deepEqual(again.records(), await oracleOf('owner'));
  });

  it('[R5] [A3] rights that change at any moment of a long snapshot leave the replica for the current rights', async () => {
    await importLines(logins(4_000).map(joining));
    await server.operate('POST', `/organizations/${org.id}/tokens/`, { name: 'for managers', scopes: ['org:read'] });
    for (let round = 0; round < 24; round++) {
      const role = round % 2 === 0 ? 'manager' : 'member';
      const replica = await connect(member);
      // The subscription starts later each round, so that the change meets another moment of it.
      const subscribed = sleep(round / 2).then(() => replica.subscribe(org.slug));
      const [answer, changed] = await Promise.all([subscribed, onMember('PUT', { orgRole: role })]);
      assert.deepEqual([answer.mode, changed.status], ['snapshot', 200]);
      await replica.live();
      await replica.reach(revisionOf(changed));
      assert.deepEqual(replica.records(), await oracleOf(role));
      replica.close();
    }
  });
});

describe('a database outage', () => {
  it('[R12] leads to 503 for writes, keeps sockets, and recovers without a restart', async () => {
    const postgres = await startPostgres({ own: true });
    const { url } = await postgres.createDatabase();
    const server = await startServer({ DATABASE_URL: url, LOG_LEVEL: 'silent' });
    try {
      const owner = await aPerson(server);
      const org = await anOrganizationOf(server, owner);
      const replica = await WireReplica.open(server.url, owner.token, org.slug);
      const rename = (name: string) => server.request('PUT', `/api/0/organizations/${org.slug}/`, { token: owner.token, body: { name } });

      await postgres.kill();
      const refused = await rename('Lost');
      assert.equal(refused.status, 503);
      assert.ok(Number(refused.headers.get('retry-after')) > 0);
      assert.equal((await fetch(`${server.url}/healthz`)).status, 200);
      assert.equal((await fetch(`${server.url}/readyz`)).status, 503);
      const frames = replica.frames.length;
      replica.ping();
      assert.equal(replica.socket.connected, true);

      await postgres.restart();
      const renamed = await eventually(
        async () => {
          const answer = await rename('Healed');
          assert.equal(answer.status, 200);
          return answer;
        },
        { timeoutMs: 20_000 },
      );
      await replica.reach(revisionOf(renamed));
      assert.ok(replica.frames.slice(frames).every(({ event }) => event !== 'resync' && event !== 'snapshot'));
      // Probes within a second share one response.
      await eventually(async () => assert.equal((await fetch(`${server.url}/readyz`)).status, 200, 'not ready'));
      replica.close();
    } finally {
      await server.stop();
      await postgres.stop();
    }
  });
});
