import assert from 'node:assert/strict';
import type { CredentialAck, Scope } from '../../../protocol/src/index.ts';
import { eventually } from '../../support/eventually.ts';
import { TestIssuer } from '../../support/issuer.ts';
import { addMember, anOrganizationOf, aPerson, type Person, type ProvisionedOrg } from '../../support/provision.ts';
import { startServerWith, type TestServer } from '../../support/server.ts';
import { WireReplica } from '../../support/wire-replica.ts';

describe('renewals of a credential on an open socket', () => {
  let issuer: TestIssuer;
  let server: TestServer;
  let person: Person;
  let org: ProvisionedOrg;
  const open: WireReplica[] = [];

  before(async () => {
    issuer = await TestIssuer.start();
    server = await startServerWith(issuer, issuer.environment);
  });
  after(() => server?.stop());
  beforeEach(async () => {
    person = await aPerson(server);
    org = await anOrganizationOf(server, person);
  });
  afterEach(() => {
    for (const replica of open.splice(0)) replica.close();
  });

  const sign = ({ userId, email }: Person, expiresInSeconds: number) =>
    issuer.sign({ sub: `at-the-issuer-${userId}`, email, email_verified: true }, { expiresInSeconds });
  const connectWith = async (token: string) => {
    const replica = await WireReplica.open(server.url, token, org.slug);
    open.push(replica);
    return replica;
  };
  const send = (replica: WireReplica, payload: unknown): Promise<CredentialAck> =>
    replica.socket.timeout(5_000).emitWithAck('credential', payload);
  const tokenOf = async ({ userId }: Person, scopes: readonly Scope[]): Promise<string> =>
    (await server.operate('POST', `/users/${userId}/tokens/`, { scopes })).body.token;
  /** Still receives changes. */
  const assertLive = async (replica: WireReplica) => {
    const { body } = await server.request('POST', `/api/0/organizations/${org.slug}/teams/`, {
      token: person.token,
      body: { name: `Team ${performance.now()}` },
    });
    await eventually(() => assert.ok(replica.state.get('team', body.id), 'the new team did not arrive'));
  };

  it('[A5] the renewal moves the end of the connection to that of the new token', async () => {
    const replica = await connectWith(await sign(person, 3));
    const first = await send(replica, {});
    assert.ok('expiresInMs' in first && first.expiresInMs! > 0 && first.expiresInMs! <= 3_000, JSON.stringify(first));
    assert.equal(first.identity, `user:${person.userId}`);
    const firstEnd = Date.now() + first.expiresInMs!;

    const renewed = await send(replica, { token: await sign(person, 8) });
    assert.ok('expiresInMs' in renewed && renewed.expiresInMs! > 6_000, JSON.stringify(renewed));
    const secondEnd = Date.now() + renewed.expiresInMs!;
    await eventually(() => assert.ok(Date.now() > firstEnd + 200, 'the first token has not expired'));
    await assertLive(replica);

    await eventually(() => assert.equal(replica.socket.connected, false), { timeoutMs: 10_000 });
    assert.ok(Date.now() >= secondEnd - 100, 'the connection ended before the second token');
    assert.deepEqual(replica.frames.at(-1)?.payload, { reason: 'credential-expired', retryAfterMs: null });
  }).timeout(30_000);

  it('[S-15] the server refuses a token of another viewer, and the connection keeps its credential', async () => {
    const other = await aPerson(server);
    await addMember(server, org, other, 'owner');
    const foreigner = await aPerson(server);
    const theirOrg = await anOrganizationOf(server, foreigner);
    const orgToken = await server.request('POST', `/api/0/organizations/${theirOrg.slug}/org-auth-tokens/`, {
      token: foreigner.token,
      body: { name: 'CI', scopes: ['org:read'] },
    });
    const replica = await connectWith(await tokenOf(person, ['org:read', 'member:read']));
    for (const [token, identity] of [
      [await sign(other, 60), `user:${other.userId}`],
      [await sign(foreigner, 60), `user:${foreigner.userId}`],
      [orgToken.body.token, `organization:${theirOrg.id}`],
      [await tokenOf(person, ['org:read']), `user:${person.userId}`],
      [await sign(person, 60), `user:${person.userId}`],
    ]) {
      assert.deepEqual(await send(replica, { token }), { code: 'other-viewer', identity });
    }
    assert.deepEqual(await send(replica, {}), { identity: `user:${person.userId}`, expiresInMs: null });
    const same = await tokenOf(person, ['member:read', 'org:read']);
    assert.deepEqual(await send(replica, { token: same }), { identity: `user:${person.userId}`, expiresInMs: null });
    assert.equal(replica.socket.connected, true);
  });

  it('the server refuses a token that a handshake refuses, and the connection keeps its credential', async () => {
    const replica = await connectWith(await sign(person, 60));
    assert.deepEqual(await send(replica, { token: 'unknown' }), { code: 'unauthenticated' });
    assert.deepEqual(await send(replica, { token: await sign(person, -60) }), { code: 'expired' });
    for (const payload of [null, 'text', { token: 7 }, { token: '' }, { token: 'x'.repeat(9_000) }]) {
      assert.deepEqual(await send(replica, payload), { code: 'unauthenticated' });
    }
    replica.socket.emit('credential', { token: await sign(person, 60) });
    await assertLive(replica);
  });

  it('[A5] the renewal replaces the previous token: only the end of the new one ends the connection', async () => {
    const [first, second] = await Promise.all(
      [1, 2].map(async () => (await server.operate('POST', `/users/${person.userId}/tokens/`, { scopes: ['org:read', 'team:read'] })).body),
    );
    const replica = await connectWith(first.token);
    await send(replica, { token: second.token });
    await server.operate('DELETE', `/users/${person.userId}/tokens/${first.id}/`);
    await assertLive(replica);
    await server.operate('DELETE', `/users/${person.userId}/tokens/${second.id}/`);
    await eventually(() => assert.equal(replica.socket.connected, false));
    assert.deepEqual(replica.frames.at(-1)?.payload, { reason: 'credential-revoked', retryAfterMs: null });
  });

  it('[A5] the token of a service replaces one with the same rights, and only the end of the new one ends the connection', async () => {
    const create = async (fields: object = {}) =>
      (await server.operate('POST', '/service-tokens/', { name: 'back end', collections: ['teams', 'members'], ...fields })).body;
    const [first, second] = [await create(), await create({ expiresAt: new Date(Date.now() + 60_000).toISOString() })];
    const replica = await connectWith(first.token);
    const identity = 'service:members,teams';
    assert.deepEqual(await send(replica, {}), { identity, expiresInMs: null });
    for (const [fields, other] of [
      [{ collections: ['teams'] }, 'service:teams'],
      [{ collections: undefined }, 'service:all'],
      [{ scopes: ['member:read'] }, identity],
      [{ addresses: ['127.0.0.0/8'] }, identity],
    ] as const) {
      assert.deepEqual(await send(replica, { token: (await create(fields)).token }), { code: 'other-viewer', identity: other });
    }
    const renewed = await send(replica, { token: second.token });
    assert.ok('expiresInMs' in renewed && renewed.expiresInMs! > 30_000, JSON.stringify(renewed));
    assert.equal(renewed.identity, identity);
    await eventually(async () => {
      const listed: { id: string; dateLastUsed: string | null }[] = (await server.operate('GET', '/service-tokens/')).body;
      assert.ok(listed.find(({ id }) => id === second.id)!.dateLastUsed, 'its use is not recorded');
    });
    await server.operate('DELETE', `/service-tokens/${first.id}/`);
    await assertLive(replica);
    await server.operate('DELETE', `/service-tokens/${second.id}/`);
    await eventually(() => assert.equal(replica.socket.connected, false));
    assert.deepEqual(replica.frames.at(-1)?.payload, { reason: 'credential-revoked', retryAfterMs: null });
  });

  it('[H-07] the server closes a connection that renews 1,000 times a second, with valid tokens or guesses, and leaves others live', async () => {
    const honest = await connectWith(await sign(person, 60));
    const valid = await sign(person, 60);
    for (const tokenAt of [() => valid, (number: number) => `guess-${number}`]) {
      const attacker = await connectWith(valid);
      let answers = 0;
      for (let number = 0; number < 1_000; number++) attacker.socket.emit('credential', { token: tokenAt(number) }, () => answers++);
      await eventually(() => assert.equal(attacker.socket.connected, false));
      const { reason } = attacker.frames.find(({ event }) => event === 'goodbye')!.payload;
      assert.deepEqual([reason, answers <= 11], ['overloaded', true], `${answers} answers`);
    }
    await assertLive(honest);
  });
});
