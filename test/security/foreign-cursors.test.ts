import assert from 'node:assert/strict';
import { addMember, anOrganizationOf, aPerson, type Person, type ProvisionedOrg } from '../support/provision.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { WireReplica } from '../support/wire-replica.ts';

describe('a cursor of another subscriber', () => {
  let server: TestServer;
  let org: ProvisionedOrg;
  let member: Person;

  before(async () => {
    server = await startServer();
    const owner = await aPerson(server);
    org = await anOrganizationOf(server, owner);
    member = await aPerson(server);
    await addMember(server, org, member, 'member');
  });
  after(() => server?.stop());

  it('[S-19] gives its presenter only what they may see: a lower role gets a new snapshot, and an outsider is denied', async () => {
    const held = await WireReplica.open(server.url, org.owner.token, org.slug);
    held.close();
    assert.ok(held.state.recordsOf('audit-entry').size > 0, 'an owner sees the audit log');

    const lower = await WireReplica.connect(server.url, member.token);
    assert.equal((await lower.subscribe(org.slug, { cursor: held.cursor })).mode, 'snapshot');
    await lower.live();
    assert.ok(!JSON.stringify(lower.frames).includes('audit-entry'), 'a record that only owners see arrived');
    lower.close();

    const stranger = await WireReplica.connect(server.url, (await aPerson(server)).token);
    assert.deepEqual(await stranger.subscribe(org.slug, { cursor: held.cursor }), { mode: 'denied' });
    stranger.close();
  });

  it('[S-19] gives a snapshot of the requested organization if it belongs to another one', async () => {
    const held = await WireReplica.open(server.url, org.owner.token, org.slug);
    held.close();
    const other = await anOrganizationOf(server, await aPerson(server));
    const replica = await WireReplica.connect(server.url, other.owner.token);
    await replica.subscribe(other.slug, { cursor: held.cursor });
    await replica.live();
    replica.check();
    assert.deepEqual([...replica.state.recordsOf('organization').keys()], [other.id]);
    assert.ok(!JSON.stringify(replica.frames).includes(org.owner.email), 'a record of the other organization arrived');
    replica.close();
  });
});
