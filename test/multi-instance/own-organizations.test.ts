import assert from 'node:assert/strict';
import { connect, type RollcallClient } from '@rollcall/client';
import type { Bus } from '../../server/src/bus/bus.ts';
import { eventually } from '../support/eventually.ts';
import { hasBus, type Instances, startInstances } from '../support/instances.ts';
import { addMember, anOrganizationOf, aPerson, nextNumber, type Person, type ProvisionedOrg } from '../support/provision.ts';
import { type Redis, startRedis } from '../support/redis.ts';
import type { TestServer } from '../support/server.ts';

/** The tests make changes at one instance, and observe clients of another one. */
describe('a user’s own organizations, at two instances', () => {
  let redis: Redis;
  let instances: Instances;
  let writer: TestServer;
  let owner: Person;
  let ada: Person;
  let client: RollcallClient;
  const clients: RollcallClient[] = [];

  function connectAs(person: { readonly token: string }): RollcallClient {
    const made = connect({ url: instances.servers[1]!.url, token: person.token });
    clients.push(made);
    return made;
  }

  before(async () => {
    redis = await startRedis({ own: true });
    instances = await startInstances(2, { redisUrl: redis.url });
    writer = instances.servers[0]!;
    owner = await aPerson(writer);
    // The default organization, which cannot be removed.
    await anOrganizationOf(writer, owner);
  });
  after(async () => {
    await instances?.stop();
    await redis?.stop();
  });
  beforeEach(async () => {
    ada = await aPerson(writer);
    client = connectAs(ada);
    await client.organizations.ready();
  });
  afterEach(() => {
    for (const one of clients.splice(0)) one.close();
  });

  const everyBus = (status: Bus['status']) => Promise.all(instances.servers.map((server) => hasBus(server, status)));
  const shown = (of = client) => of.organizations.list.map(({ slug, name, status, orgRole }) => [slug, name, status, orgRole].join());

  function shows(...expected: readonly string[]): Promise<void> {
    return eventually(() => assert.deepEqual(shown(), expected), { timeoutMs: 1_000, intervalMs: 5 });
  }

  async function write(method: string, path: string, body: unknown, person: Person = owner): Promise<void> {
    const { status, body: answer } = await writer.request(method, `/api/0${path}`, { token: person.token, body });
    assert.ok(status < 300, `${method} ${path}: ${status} ${JSON.stringify(answer)}`);
  }

  async function assertFollowed(): Promise<void> {
    const events: string[] = [];
    for (const name of ['gained', 'lost', 'changed'] as const) client.organizations.on(name, ({ type }) => events.push(type));
    const org = await anOrganizationOf(writer, owner);
    assert.deepEqual(shown(), []);
    await addMember(writer, org, ada, 'member');
    await shows(`${org.slug},Org ${org.slug.split('-').at(-1)},active,member`);
    await write('PUT', `/organizations/${org.slug}/members/${ada.memberId}/`, { orgRole: 'owner' });
    await eventually(() => assert.equal(client.organizations.list[0]?.orgRole, 'owner'), { timeoutMs: 1_000 });
    const slug = `renamed-${nextNumber()}`;
    await write('PUT', `/organizations/${org.slug}/`, { slug, name: 'Renamed' });
    await shows(`${slug},Renamed,active,owner`);
    await write('DELETE', `/organizations/${slug}/`, undefined);
    await shows(`${slug},Renamed,pending_deletion,owner`);
    await write('PUT', `/organizations/${slug}/`, { cancelDeletion: true });
    await write('DELETE', `/organizations/${slug}/members/${ada.memberId}/`, undefined);
    await shows();
    await eventually(() => assert.deepEqual([events.at(0), events.at(-1)], ['gained', 'lost']));
    assert.ok(events.filter((type) => type === 'changed').length >= 3, events.join());
  }

  it('[R3] update live when the user joins, leaves, renames or removes one', assertFollowed);

  it('[R4] update live without Redis too', async () => {
    await redis.kill();
    await everyBus('redis-down');
    try {
      await assertFollowed();
    } finally {
      await redis.restart();
      await everyBus('redis');
    }
  });

  it('stay the same objects until they change, and so does the list', async () => {
    const [first, second] = [await anOrganizationOf(writer, owner), await anOrganizationOf(writer, owner)];
    await addMember(writer, first, ada, 'member');
    await eventually(() => assert.equal(client.organizations.list.length, 1));
    const before = client.organizations.list;
    await write('PUT', `/organizations/${first.slug}/`, { openMembership: false });
    await addMember(writer, second, ada, 'member');
    await eventually(() => assert.equal(client.organizations.list.length, 2));
    assert.ok(client.organizations.list.includes(before[0]!), 'the first is the same object');
    assert.ok(Object.isFrozen(client.organizations.list) && Object.isFrozen(before[0]), 'frozen');
  });

  it('[A2] stay live on the same connection after its last subscription ends', async () => {
    const org = await anOrganizationOf(writer, owner);
    await addMember(writer, org, ada, 'member');
    const handle = client.organization(org.slug);
    await handle.ready();
    const reasons: (string | null)[] = [];
    client.on('status', ({ after }) => reasons.push(after.reason));
    await write('DELETE', `/organizations/${org.slug}/members/${ada.memberId}/`, undefined);
    await eventually(() => assert.equal(handle.status.phase, 'revoked'));
    await shows();
    assert.deepEqual([reasons, client.status.phase], [[], 'connected']);
  });

  it('[A5] end when the user is disabled, and so does the client', async () => {
    const org = await anOrganizationOf(writer, owner);
    await addMember(writer, org, ada, 'member');
    await eventually(() => assert.equal(shown().length, 1));
    await writer.operate('PUT', `/users/${ada.userId}/`, { isActive: false });
    await eventually(() => assert.deepEqual([client.status.phase, client.status.reason], ['closed', 'user-disabled']));
    assert.deepEqual([shown(), client.organizations.isLive], [[], false]);
    await assert.rejects(client.organizations.ready(), { code: 'unauthenticated' });
  });

  describe('listed for tokens', () => {
    let orgs: readonly ProvisionedOrg[];

    beforeEach(async () => {
      orgs = [await anOrganizationOf(writer, owner), await anOrganizationOf(writer, owner)];
      for (const org of orgs) await addMember(writer, org, ada, 'member');
    });

    async function listedFor(token: string): Promise<string[]> {
      const made = connectAs({ token });
      await made.organizations.ready();
      return made.organizations.list.map(({ id }) => id);
    }

    it('include only the organization to which a token is bound', async () => {
      const bound = { scopes: ['org:read'], organization: orgs[0]!.id };
      const { body } = await writer.operate('POST', `/users/${ada.userId}/tokens/`, bound);
      assert.deepEqual(await listedFor(body.token), [orgs[0]!.id]);
    });

    it('stay empty for an organization’s token and for a token that may not read organizations', async () => {
      const made = await writer.request('POST', `/api/0/organizations/${orgs[0]!.slug}/org-auth-tokens/`, {
        token: owner.token,
        body: { name: 'ci', scopes: ['org:read'] },
      });
      assert.deepEqual(await listedFor(made.body.token), []);
      const { body } = await writer.operate('POST', `/users/${ada.userId}/tokens/`, { scopes: ['project:read'] });
      assert.deepEqual(await listedFor(body.token), []);
      assert.equal((await listedFor(ada.token)).length, 2);
    });
  });
});
