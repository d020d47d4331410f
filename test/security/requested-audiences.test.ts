import assert from 'node:assert/strict';
import { connect } from '../../client-sdk/src/index.ts';
import type { Collection } from '../../protocol/src/index.ts';
import { eventually } from '../support/eventually.ts';
import { anOrganizationOf, aPerson, type Person, type ProvisionedOrg, revisionOf } from '../support/provision.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { WireReplica } from '../support/wire-replica.ts';

/** The most different sets of collections of one user. */
const setsMax = 16;

describe('the collections that a user requests', () => {
  let server: TestServer;
  let owner: Person;
  let org: ProvisionedOrg;
  const open: WireReplica[] = [];

  before(async () => {
    server = await startServer();
    owner = await aPerson(server);
    org = await anOrganizationOf(server, owner);
  });
  after(() => server?.stop());
  afterEach(() => {
    for (const replica of open.splice(0)) replica.close();
  });

  /** The number in binary names them. */
  function collectionsOf(number: number): Collection[] {
    const all: Collection[] = ['members', 'teams', 'projects', 'invites', 'tokens'];
    return all.filter((_, bit) => (number >> bit) % 2 === 1);
  }
  async function subscribe(number: number): Promise<unknown> {
    const replica = await WireReplica.connect(server.url, owner.token);
    open.push(replica);
    return replica.subscribe(org.slug, { collections: collectionsOf(number) });
  }
  const snapshot = (number: number) =>
    server.request('GET', `/api/0/organizations/${org.slug}/changes/snapshot/?collections=${collectionsOf(number).join()}`, {
      token: owner.token,
    });

  it('[R7] lead to a refusal in a set too many, while the other subscriptions stay live', async () => {
    for (let number = 1; number <= setsMax; number++) assert.equal(((await subscribe(number)) as { mode: string }).mode, 'snapshot');
    const refusal = { mode: 'refused', reason: 'too-many-audiences' };
    assert.deepEqual(await subscribe(setsMax + 1), refusal);
    assert.equal((await snapshot(setsMax + 1)).status, 429);
    assert.equal((await snapshot(setsMax)).status, 200);
    const whole = await WireReplica.open(server.url, owner.token, org.slug);
    open.push(whole);

    using client = connect({ url: server.url, token: owner.token });
    const handle = client.organization(org.slug, { collections: collectionsOf(setsMax + 1) });
    await assert.rejects(handle.ready(), { code: 'limit-reached', message: /too-many-audiences\. Request the same collections/ });

    const changed = await server.request('POST', `/api/0/organizations/${org.slug}/teams/`, { token: owner.token, body: { slug: 'red' } });
    const ofTeams = open.slice(0, setsMax).filter((_, index) => collectionsOf(index + 1).includes('teams'));
    await Promise.all([whole, ...ofTeams].map((replica) => replica.reach(revisionOf(changed))));

    open.shift()!.close();
    await eventually(async () => assert.equal(((await subscribe(setsMax + 1)) as { mode: string }).mode, 'snapshot'));
  });
});
