import assert from 'node:assert/strict';
import { addMember, anOrganizationOf, aPerson, type Person, type ProvisionedOrg } from '../support/provision.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { WireReplica } from '../support/wire-replica.ts';

/** Revisions between the cursor and the head. A range of this length counts. */
const range = 250;
/** The revisions that one member may read per minute to resume. */
const revisionsMax = 20_000;

describe('cursors that are resumed from the log', function () {
  this.timeout(120_000);
  let server: TestServer;
  let org: ProvisionedOrg;
  let member: Person;
  let other: Person;
  let cursor: string;
  const open: WireReplica[] = [];

  before(async () => {
    // The feed is closed with its last subscription, so the next one has no revisions in memory.
    server = await startServer({ LIMIT_IDLE_FEED_BYTES: '1', LOG_LEVEL: 'silent' });
    const owner = await aPerson(server);
    org = await anOrganizationOf(server, owner);
    [member, other] = [await aPerson(server), await aPerson(server)];
    for (const person of [member, other]) await addMember(server, org, person, 'member');
    const held = await WireReplica.open(server.url, member.token, org.slug);
    held.close();
    cursor = held.cursor!;
    for (let number = 0; number < range; number++) {
      const { status } = await server.request('PUT', `/api/0/organizations/${org.slug}/`, {
        token: owner.token,
        body: { name: `N${number}` },
      });
      assert.equal(status, 200);
    }
  });
  after(() => server?.stop());
  afterEach(() => {
    for (const replica of open.splice(0)) replica.close();
  });

  async function connect(person: Person): Promise<WireReplica> {
    const replica = await WireReplica.connect(server.url, person.token);
    open.push(replica);
    return replica;
  }
  const logReads = () => server.services.writePath.counters.get('logReads');

  it('[R6] [R10] cost a member a limited number of revisions per minute, then they get snapshots, and others still resume', async () => {
    const before = logReads();
    const startedAt = performance.now();
    const replica = await connect(member);
    let resumed = 0;
    while ((await replica.subscribe(org.slug, { cursor })).mode === 'resume') resumed++;
    // The allowance refills during the loop, and one resume more than it holds is let through.
    const refilled = ((performance.now() - startedAt) / 60_000) * revisionsMax;
    assert.ok(resumed >= revisionsMax / range, `${resumed} were resumed`);
    assert.ok(resumed <= (revisionsMax + refilled) / range + 1, `${resumed} were resumed`);
    assert.ok(logReads() - before <= resumed + 5, `${logReads() - before} reads of the log`);
    assert.equal((await (await connect(other)).subscribe(org.slug, { cursor })).mode, 'resume');
  });
});
