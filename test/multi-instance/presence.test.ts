import assert from 'node:assert/strict';
import { connect, type OrganizationHandle, type RollcallClient } from '@rollcall/client';
import { io } from 'socket.io-client';
import { eventually } from '../support/eventually.ts';
import { hasBus, type Instances, startInstances } from '../support/instances.ts';
import { addMember, anOrganizationOf, aPerson, type Person, type ProvisionedOrg } from '../support/provision.ts';
import { type Redis, startRedis } from '../support/redis.ts';
import type { TestServer } from '../support/server.ts';

/**
 * The time until others see a change: a message and a frame, each collected for 100 ms, on a busy
 * machine.
 */
const soonMs = 2_000;

describe('viewers of an organization, at two instances', () => {
  let redis: Redis;
  let instances: Instances;
  let owner: Person;
  let ada: Person;
  let org: ProvisionedOrg;
  const clients: RollcallClient[] = [];

  async function openHandle(person: { readonly token: string }, server: TestServer): Promise<OrganizationHandle> {
    const client = connect({ url: server.url, token: person.token });
    clients.push(client);
    const handle = client.organization(org.slug);
    await handle.ready();
    return handle;
  }

  const pagesOf = ({ presence }: OrganizationHandle) => presence.list.map(({ userId, page }) => `${userId} ${page}`);

  function sees(handle: OrganizationHandle, ...expected: readonly string[]): Promise<void> {
    return eventually(() => assert.deepEqual(pagesOf(handle), expected), { timeoutMs: soonMs });
  }

  before(async () => {
    redis = await startRedis({ own: true });
    instances = await startInstances(2, { redisUrl: redis.url });
  });
  after(async () => {
    await instances?.stop();
    await redis?.stop();
  });
  beforeEach(async () => {
    const [server] = instances.servers;
    owner = await aPerson(server!);
    ada = await aPerson(server!);
    org = await anOrganizationOf(server!, owner);
    await addMember(server!, org, ada, 'member');
  });
  afterEach(() => {
    for (const client of clients.splice(0)) client.close();
  });

  /** The owner at the first instance, who connected first, and Ada at the second. */
  async function bothLook(): Promise<{ readonly here: OrganizationHandle; readonly there: OrganizationHandle }> {
    const [here, there] = [await openHandle(owner, instances.servers[0]!), await openHandle(ada, instances.servers[1]!)];
    here.presence.show('members');
    await sees(here, `${owner.userId} members`);
    there.presence.show('teams/7');
    for (const one of [here, there]) await sees(one, `${owner.userId} members`, `${ada.userId} teams/7`);
    return { here, there };
  }

  it('appear by name and page to all viewers at any instance, and vanish when they leave', async () => {
    const { here, there } = await bothLook();
    const [first, second] = here.presence.list;
    assert.deepEqual([first?.name, second?.name, here.presence.count], [nameOf(owner), nameOf(ada), 2]);
    assert.ok(Object.isFrozen(here.presence.list) && Object.isFrozen(first), 'frozen');
    const hide = there.presence.show('audit');
    await sees(here, `${owner.userId} members`, `${ada.userId} audit`);
    assert.equal(here.presence.list[0], first);
    hide();
    await sees(here, `${owner.userId} members`, `${ada.userId} teams/7`);
    clients[1]!.close();
    await sees(here, `${owner.userId} members`);
  });

  const nameOf = ({ email }: Person) => `Person ${/\d+/.exec(email)![0]}`;

  it('stay out of the log and the state', async () => {
    const revision = (await openHandle(owner, instances.servers[0]!)).state.revision;
    const { here } = await bothLook();
    assert.deepEqual([here.state.revision, here.state.others], [revision, {}]);
  });

  it('have one entry for each user and are not sent to clients that do not view', async () => {
    const { here, there } = await bothLook();
    const second = await openHandle(ada, instances.servers[0]!);
    second.presence.show('flags');
    await sees(there, `${owner.userId} members`, `${ada.userId} flags`);
    const silent = await openHandle(owner, instances.servers[1]!);
    assert.deepEqual([pagesOf(silent), here.presence.count], [[], 2]);
  });

  it('[A2] lose a removed user at once, who receives nothing more', async () => {
    const { here, there } = await bothLook();
    await here.removeMember(ada.memberId!);
    await sees(here, `${owner.userId} members`);
    await eventually(() => assert.equal(there.status.phase, 'revoked'));
    here.presence.show('secret');
    await sees(here, `${owner.userId} secret`);
    assert.deepEqual(pagesOf(there), []);
  });

  it('show no address as a name to viewers who may not see addresses', async () => {
    const [server] = instances.servers;
    const nameless = await server!.operate('POST', '/users/', { email: `nameless-${org.id}@example.com` });
    const token = await server!.operate('POST', `/users/${nameless.body.id}/tokens/`, { scopes: ['org:read', 'member:read'] });
    await server!.operate('POST', `/organizations/${org.id}/members/`, { userId: nameless.body.id, orgRole: 'member' });
    const { here, there } = await bothLook();
    await here.updateOrganization({ enhancedPrivacy: true });
    (await openHandle({ token: token.body.token }, instances.servers[1]!)).presence.show();
    await eventually(() => assert.deepEqual([here.presence.count, there.presence.count], [3, 3]), { timeoutMs: soonMs });
    const shown = there.presence.list.find(({ userId }) => userId === nameless.body.id);
    assert.deepEqual([shown?.name, JSON.stringify(there.presence.list).includes('@')], ['', false]);
    assert.match(here.presence.list.find(({ userId }) => userId === nameless.body.id)!.name, /@example\.com$/);
  });

  it('stay hidden from tokens that may not see members', async () => {
    const [server] = instances.servers;
    const { body } = await server!.operate('POST', `/users/${ada.userId}/tokens/`, { scopes: ['org:read'] });
    const { here } = await bothLook();
    const blind = await openHandle({ token: body.token }, server!);
    blind.presence.show('projects');
    await sees(here, `${owner.userId} members`, `${ada.userId} projects`);
    assert.deepEqual(pagesOf(blind), []);
  });

  it('stay hidden from outsiders, and invalid payloads are ignored', async () => {
    const { here } = await bothLook();
    const stranger = await aPerson(instances.servers[0]!);
    for (const { token } of [stranger, ada]) {
      const socket = io(instances.servers[0]!.url, { transports: ['websocket'], auth: { token, v: 1 }, forceNew: true });
      const heard: string[] = [];
      socket.onAny((name: string) => heard.push(name));
      // Neither client has subscribed.
      for (const payload of [{ org: org.id, page: 'members' }, { org: org.slug }, { org: 7 }, null, 'x']) socket.emit('presence', payload);
      const listed = await socket.timeout(5_000).emitWithAck('organizations', 'x');
      assert.equal(listed.organizations.length, token === ada.token ? 1 : 0);
      assert.deepEqual(heard, []);
      socket.disconnect();
    }
    for (const page of ['x'.repeat(65), 'a\nb', '']) assert.throws(() => here.presence.show(page), { code: 'invalid' });
    await sees(here, `${owner.userId} members`, `${ada.userId} teams/7`);
  });

  it('[R4] include those of one instance without Redis, and those of all instances once it is back', async () => {
    const { here, there } = await bothLook();
    await redis.kill();
    try {
      await Promise.all(instances.servers.map((server) => hasBus(server, 'redis-down')));
      here.presence.show('tokens');
      await sees(here, `${owner.userId} tokens`, `${ada.userId} teams/7`);
      assert.ok(pagesOf(there).includes(`${owner.userId} members`), 'the last known presence stays for a while');
    } finally {
      await redis.restart();
    }
    await Promise.all(instances.servers.map((server) => hasBus(server, 'redis')));
    await eventually(() => assert.deepEqual(pagesOf(there), [`${owner.userId} tokens`, `${ada.userId} teams/7`]), { timeoutMs: 10_000 });
  });
});
