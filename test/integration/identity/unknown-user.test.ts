import assert from 'node:assert/strict';
import { connect, type RollcallClient } from '../../../client-sdk/src/index.ts';
import { eraseCompletely } from '../../support/erasures.ts';
import { eventually } from '../../support/eventually.ts';
import { TestIssuer } from '../../support/issuer.ts';
import { addMember, anOrganizationOf, aPerson, nextNumber, type Person, type ProvisionedOrg } from '../../support/provision.ts';
import { startServerWith, type TestServer } from '../../support/server.ts';
import { WireReplica } from '../../support/wire-replica.ts';

/** More than the tokens that may be refused in a row for another reason. */
const attemptsMin = 7;

describe('a token of a trusted issuer whose user does not exist yet', function () {
  this.timeout(60_000);
  let issuer: TestIssuer;
  let server: TestServer;
  let owner: Person;
  let org: ProvisionedOrg;
  let externalId: string;
  const clients: RollcallClient[] = [];

  before(async () => {
    issuer = await TestIssuer.start();
    server = await startServerWith(issuer, { ...issuer.environment, JWT_USER: 'external:sub' });
    owner = await aPerson(server);
    org = await anOrganizationOf(server, owner);
  });
  after(() => server?.stop());
  beforeEach(() => {
    externalId = `signed-up|${nextNumber()}`;
  });
  afterEach(() => {
    for (const client of clients.splice(0)) client.close();
  });

  const readMe = async (sub: string) => server.request('GET', '/api/0/users/me/', { token: await issuer.sign({ sub }) });
  const refusalOf = async (sub: string) => {
    const refusal = await WireReplica.connect(server.url, await issuer.sign({ sub })).then(
      () => null,
      (error: Error & { data?: unknown }) => error.data,
    );
    return refusal as { code: string; reason?: string; retryAfterMs?: readonly [number, number] } | null;
  };
  /** The product's back end creates the user here, later than the page connects. */
  async function provision(): Promise<Person> {
    const person = await aPerson(server);
    await addMember(server, org, person, 'member');
    assert.equal((await server.operate('PUT', `/users/${person.userId}/`, { externalId })).status, 200);
    return person;
  }

  it('[H-93] gets 401 with the usual detail and a reason, and the same reason on a socket', async () => {
    const { status, body } = await readMe(externalId);
    assert.equal(status, 401);
    assert.deepEqual(Object.keys(body), ['detail', 'reason', 'retryAfterMs']);
    assert.deepEqual([body.detail, body.reason], ['User inactive or deleted', 'unknown-user']);
    const refusal = await refusalOf(externalId);
    assert.deepEqual([refusal?.code, refusal?.reason], ['unauthenticated', 'unknown-user']);
    assert.ok(refusal!.retryAfterMs![0] > 0);
  });

  it('[H-93] gets no reason for a disabled and for an erased user', async () => {
    const person = await provision();
    const isFinal = async () => {
      const { status, body } = await readMe(externalId);
      assert.deepEqual([status, body], [401, { detail: 'User inactive or deleted' }]);
      assert.deepEqual(await refusalOf(externalId), { code: 'unauthenticated' });
    };
    assert.equal((await server.operate('PUT', `/users/${person.userId}/`, { isActive: false })).status, 200);
    await isFinal();
    const erased = await server.operate('DELETE', `/users/${person.userId}/?mode=erase`);
    assert.ok(erased.status < 300, JSON.stringify(erased.body));
    await isFinal();
  });

  it('[H-93] identifies a new user who gets the external id of an erased one', async () => {
    const person = await provision();
    await eraseCompletely(server, person.userId);
    const successor = await provision();
    assert.equal((await readMe(externalId)).body.id, successor.userId);
  });

  for (const kind of ['function', 'fixed token'] as const) {
    it(`[H-93] connects a client once the user exists (${kind})`, async () => {
      let asked = 0;
      const fixed = await issuer.sign({ sub: externalId });
      const sign = () => {
        asked++;
        return issuer.sign({ sub: externalId });
      };
      const client = connect({ url: server.url, token: kind === 'fixed token' ? fixed : sign });
      clients.push(client);
      const handle = client.organization(org.slug);
      await eventually(
        () => {
          assert.equal(client.status.reason, 'unknown-user');
          if (kind === 'function') assert.ok(asked >= attemptsMin, `${asked} attempts`);
        },
        { timeoutMs: 40_000 },
      );
      assert.equal(client.status.phase, 'connecting');
      await provision();
      await handle.ready({ timeoutMs: 30_000 });
      assert.equal(client.status.phase, 'connected');
    });
  }
});
