import assert from 'node:assert/strict';
import { eventually } from '../../support/eventually.ts';
import { type Instances, startInstances } from '../../support/instances.ts';
import { TestIssuer } from '../../support/issuer.ts';
import { anOrganizationOf, aPerson, nextNumber, type Person, type ProvisionedOrg } from '../../support/provision.ts';
import type { TestServer } from '../../support/server.ts';
import { WireReplica } from '../../support/wire-replica.ts';

describe('tokens of a trusted issuer with JWT_USER=external:<claim>', () => {
  let issuer: TestIssuer;
  let instances: Instances;
  let server: TestServer;
  let other: TestServer;
  let person: Person;
  let externalId: string;

  before(async () => {
    issuer = await TestIssuer.start();
    instances = await startInstances(2, { environment: { ...issuer.environment, JWT_USER: 'external:sub' } });
    [server, other] = instances.servers as [TestServer, TestServer];
  });
  after(async () => {
    await instances?.stop();
    await issuer?.stop();
  });
  beforeEach(async () => {
    person = await aPerson(server);
    externalId = `idp|${nextNumber()}`;
    await give(person, externalId);
  });

  const give = async ({ userId }: Person, id: string | null) =>
    assert.equal((await server.operate('PUT', `/users/${userId}/`, { externalId: id })).status, 200);
  const readMe = async (claims: Parameters<TestIssuer['sign']>[0]) =>
    server.request('GET', '/api/0/users/me/', { token: await issuer.sign(claims) });
  const open = async (at: TestServer, org: ProvisionedOrg, sub: string) => WireReplica.open(at.url, await issuer.sign({ sub }), org.slug);

  it('identify the user with that external id, compared with case', async () => {
    assert.equal((await readMe({ sub: externalId })).body.id, person.userId);
    assert.equal((await readMe({ sub: externalId.toUpperCase() })).status, 401);
  });

  it('[S-15] get a rejection for a claim that is missing, has another type, or is not an external id', async () => {
    await give(person, '12');
    for (const sub of [undefined, null, 12, ['12'], { id: '12' }, '', ' 12', '12 ', '12\u0000', 'ü', 'x'.repeat(256), 'x'.repeat(8_192)]) {
      const { status, body } = await readMe({ sub: sub as never });
      assert.deepEqual([status, body], [401, { detail: 'Invalid token' }], JSON.stringify(sub)?.slice(0, 30));
    }
    assert.equal((await readMe({ sub: person.userId })).status, 401, 'an id of this server');
    assert.equal((await readMe({ sub: person.email, email: person.email, email_verified: true })).status, 401, 'an address');
  });

  it('[S-15] get a rejection if another issuer states the same external id', async () => {
    const foreign = await TestIssuer.start();
    try {
      for (const claims of [{ sub: externalId }, { sub: externalId, iss: issuer.url, aud: issuer.audience }]) {
        const { status, body } = await server.request('GET', '/api/0/users/me/', { token: await foreign.sign(claims) });
        assert.deepEqual([status, body], [401, { detail: 'Invalid token' }]);
      }
    } finally {
      await foreign.stop();
    }
  });

  it('[A5] end open sockets on every instance when the external id changes, and open none for the former one', async () => {
    const org = await anOrganizationOf(server, person);
    const withToken = await WireReplica.open(other.url, person.token, org.slug);
    const replicas = [await open(server, org, externalId), await open(other, org, externalId)];
    await give(person, `${externalId}-new`);
    for (const replica of replicas) {
      await eventually(() => assert.equal(replica.frames.at(-1)?.event, 'goodbye'));
      assert.equal(replica.frames.at(-1)!.payload.reason, 'overloaded', 'the client connects again');
      await eventually(() => assert.equal(replica.socket.connected, false));
    }
    await assert.rejects(WireReplica.connect(other.url, await issuer.sign({ sub: externalId })), {
      data: { code: 'unauthenticated', reason: 'unknown-user', retryAfterMs: [500, 2_000] },
    });
    assert.equal(withToken.socket.connected, true, 'a token of this server names the user by id');
    const successor = await aPerson(server);
    await give(successor, externalId);
    assert.equal((await readMe({ sub: externalId })).body.id, successor.userId);
    const again = await open(other, org, `${externalId}-new`);
    for (const replica of [again, withToken]) replica.close();
  });

  it('[A5] keep open sockets when the user is renamed, or gets the same external id again', async () => {
    const org = await anOrganizationOf(server, person);
    const replica = await open(server, org, externalId);
    await server.operate('PUT', `/users/${person.userId}/`, { externalId, name: 'Renamed' });
    await eventually(() => assert.equal(replica.state.memberOfUser(person.userId)?.name, 'Renamed'));
    assert.equal(replica.socket.connected, true);
    replica.close();
  });
});
