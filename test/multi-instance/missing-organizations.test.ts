import assert from 'node:assert/strict';
import { connect, type OrganizationHandle } from '../../client-sdk/src/index.ts';
import { newEpochs } from '../support/backup.ts';
import { eventually } from '../support/eventually.ts';
import { type Instances, startInstances } from '../support/instances.ts';
import { readMetric } from '../support/metrics.ts';
import { withClient } from '../support/postgres.ts';
import { anOrganizationOf, aPerson, type Person, type ProvisionedOrg } from '../support/provision.ts';
import { sharedRedis } from '../support/redis.ts';
import type { TestServer } from '../support/server.ts';
import { WireReplica } from '../support/wire-replica.ts';

const teamsOf = (handle: OrganizationHandle) => handle.state.teams.length;

describe('an organization that an operator deleted from the database by hand', function () {
  this.timeout(120_000);
  let instances: Instances;
  let owner: Person;
  let deleted: ProvisionedOrg;
  let other: ProvisionedOrg;
  let serviceToken: string;

  beforeEach(async () => {
    instances = await startInstances(2, { redisUrl: (await sharedRedis()).url, environment: { LOG_LEVEL: 'silent' } });
    const [server] = instances.servers;
    owner = await aPerson(server!);
    deleted = await anOrganizationOf(server!, owner);
    other = await anOrganizationOf(server!, owner);
    await server!.request('POST', `/api/0/organizations/${deleted.slug}/teams/`, { token: owner.token, body: { slug: 'web' } });
    serviceToken = (await server!.operate('POST', '/service-tokens/', { name: 'back end' })).body.token;
  });
  afterEach(() => instances?.stop());

  const execute = (...statements: string[]) =>
    withClient(instances.environment.DATABASE_URL, (client) => client.query(statements.join(';')));
  const deleteRows = () =>
    execute(`DELETE FROM org_heads WHERE organization_id = ${deleted.id}`, `DELETE FROM organizations WHERE id = ${deleted.id}`);
  const whenMissing = () =>
    eventually(async () => {
      for (const server of instances.servers) assert.equal(await readMetric(server, 'rollcall_organizations_missing'), 1);
    });

  /** Why a new client is denied. */
  async function reasonFor(token: string, id: string, instance: number): Promise<string | null> {
    using client = connect({ url: instances.servers[instance]!.url, token });
    const handle = client.organization(id);
    await assert.rejects(handle.ready());
    return handle.status.reason;
  }

  it('[H-82] becomes stale for all, ends for none, and others stay fresh; new epochs end it as missing, with its last state', async () => {
    const clients = instances.servers.flatMap(({ url }) => [
      connect({ url, token: owner.token, leaseMs: 2_000 }),
      connect({ url, token: serviceToken, organizations: 'all', leaseMs: 2_000 }),
    ]);
    try {
      const handlesOf = ({ id }: ProvisionedOrg) => clients.map((client) => client.organization(id));
      const [lost, kept] = [handlesOf(deleted), handlesOf(other)];
      await Promise.all([...lost, ...kept].map((handle) => handle.ready()));
      await deleteRows();
      await whenMissing();
      await eventually(() => {
        for (const handle of lost) assert.equal(handle.status.phase, 'stale');
        for (const handle of kept) assert.ok(handle.status.fresh, 'another organization is not fresh');
      });
      const { body } = await instances.servers[0]!.operate('GET', '/health/');
      assert.deepEqual([body.distrust, body.missingOrganizations], [null, [deleted.id]]);
      assert.deepEqual(lost.map(teamsOf), [1, 1, 1, 1]);

      await execute(newEpochs);
      await eventually(
        () => {
          for (const handle of lost) assert.deepEqual([handle.status.phase, handle.status.reason], ['revoked', 'organization-missing']);
          for (const handle of kept) assert.ok(handle.status.fresh, 'another organization is not fresh');
        },
        { timeoutMs: 30_000 },
      );
      assert.deepEqual(lost.map(teamsOf), [1, 1, 1, 1], 'the last state is gone');
      assert.equal(lost[0]!.can({ userId: owner.userId }, 'org:read').allowed, false, 'the last state still gives rights');
      await eventually(async () => assert.equal(await readMetric(instances.servers[0]!, 'rollcall_organizations_missing'), 0));
    } finally {
      for (const client of clients) client.close();
    }
  });

  it('[H-82] ends as missing also if the new epochs are first seen by a ping', async () => {
    const [{ url }] = instances.servers as [TestServer, TestServer];
    using client = connect({ url, token: owner.token, leaseMs: 2_000 });
    const handle = client.organization(deleted.id);
    await handle.ready();
    await deleteRows();
    const pinging = await WireReplica.connect(url, owner.token);
    try {
      pinging.socket.on('pong', () => pinging.ping());
      pinging.ping();
      await execute(newEpochs);
      await eventually(() => assert.deepEqual([handle.status.phase, handle.status.reason], ['revoked', 'organization-missing']), {
        timeoutMs: 30_000,
      });
    } finally {
      pinging.close();
    }
  });

  it('[H-82] appears as missing to a user who had access and returns after its end, and is denied to others', async () => {
    const stranger = await aPerson(instances.servers[0]!);
    using client = connect({ url: instances.servers[0]!.url, token: owner.token });
    const handle = client.organization(deleted.id);
    await handle.ready();
    await deleteRows();
    await execute(newEpochs);
    await eventually(() => assert.equal(handle.status.phase, 'revoked'), { timeoutMs: 30_000 });
    assert.equal(await reasonFor(owner.token, deleted.id, 0), 'organization-missing');
    assert.equal(await reasonFor(stranger.token, deleted.id, 0), 'denied');
  });

  it('[A6] appears as missing only to a service that asks for it again, and is denied to others', async () => {
    await deleteRows();
    const reasons = (token: string, id: string) => reasonFor(token, id, 1);
    assert.equal(await reasons(serviceToken, deleted.id), 'organization-missing');
    assert.equal(await reasons(owner.token, deleted.id), 'denied');
    await execute(`INSERT INTO removed_organizations (organization_id) VALUES (${deleted.id})`);
    assert.equal(await reasons(serviceToken, deleted.id), 'denied', 'a removed organization is not missing');
  });

  it('[H-82] returns to its subscribers when its rows are back', async () => {
    using client = connect({ url: instances.servers[0]!.url, token: owner.token, leaseMs: 2_000 });
    const handle = client.organization(deleted.id);
    await handle.ready();
    await execute(`CREATE TABLE kept_heads AS SELECT * FROM org_heads WHERE organization_id = ${deleted.id}`);
    await execute(`DELETE FROM org_heads WHERE organization_id = ${deleted.id}`);
    await eventually(() => assert.equal(handle.status.phase, 'stale'));
    await execute('INSERT INTO org_heads SELECT * FROM kept_heads');
    await eventually(() => assert.ok(handle.status.fresh, `it is ${handle.status.phase}`), { timeoutMs: 30_000 });
    assert.equal(teamsOf(handle), 1);
  });
});
