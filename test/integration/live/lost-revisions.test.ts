import assert from 'node:assert/strict';
import pg from 'pg';
import type { RevisionRange } from '../../../server/src/bus/bus.ts';
import { readHeads } from '../../../server/src/database/records/read-log.ts';
import { Feed } from '../../../server/src/read-path/feed/feed.ts';
import { logReaderOf } from '../../../server/src/read-path/feed/log-reader-database.ts';
import { catchUpToChecked } from '../../../server/src/read-path/heads/head-checks.ts';
import { EndedSubscriptions } from '../../../server/src/read-path/subscriptions/ended-subscriptions.ts';
import { systemClock } from '../../../server/src/runtime/clock.ts';
import { logRevision } from '../../support/log-revision.ts';
import { anOrganizationOf, aPerson } from '../../support/provision.ts';
import { startServer, type TestServer } from '../../support/server.ts';

/** A failover or a restored backup lost revisions that the feed of an instance has applied. */
describe('a feed with revisions that the database lost', () => {
  let server: TestServer;
  let client: pg.Client;
  before(async () => {
    server = await startServer({ LOG_LEVEL: 'silent' });
    client = new pg.Client(server.config.databaseUrl!);
    await client.connect();
  });
  after(async () => {
    await client?.end();
    await server?.stop();
  });

  async function write(orgId: string, id: string): Promise<RevisionRange> {
    const revision = await logRevision(client, orgId, [{ kind: 'novelty', id, before: null, after: { id } }]);
    return { orgId, first: revision, last: revision, chain: (await headOf(orgId)).chain };
  }

  async function headOf(orgId: string) {
    const [head] = await readHeads(server.services.db, [orgId]);
    return head!;
  }

  /** Opens a feed, which applies the lost revisions. It then gets neither notices nor sweeps. */
  async function openFeed(lost: number) {
    const { id } = await anOrganizationOf(server, await aPerson(server));
    const { counters, log, failpoints } = server.services.writePath;
    const metrics = { observeDelivery: () => {} } as never;
    const reader = logReaderOf(server.services.writePath.database, { clock: systemClock, counters });
    const ended = new EndedSubscriptions();
    const deps = { reader, clock: systemClock, counters, metrics, log, failpoints };
    // The new history ends three subscriptions.
    const reloaded = () => ended.count(feed.head.revision, 3);
    const feed: Feed = (await Feed.open(id, deps, { applied() {}, reloaded }))!;
    const kept = await headOf(id);
    for (let number = 0; number < lost; number++) await write(id, `lost-${number}`);
    await feed.readLogUpTo(kept.revision + lost);
    await client.query('DELETE FROM change_log WHERE organization_id = $1 AND revision > $2', [id, kept.revision]);
    await client.query('UPDATE org_heads SET revision = $2, chain = $3 WHERE organization_id = $1', [id, kept.revision, kept.chain]);
    return { id, feed, ended, reader };
  }

  for (const lost of [1, 5]) {
    it(`[1.6] confirms a revision only after it has read the new history, if it had ${lost} more`, async () => {
      const { id, feed, ended } = await openFeed(lost);
      const range = await write(id, 'new');
      assert.ok(feed.head.revision >= range.last);
      assert.equal(await ended.read(feed, range), 3);
      assert.equal(feed.head.chain, range.chain);
    });
  }

  it('[1.6] confirms nothing while the database is unreachable', async () => {
    const { id, feed, ended, reader } = await openFeed(1);
    const range = await write(id, 'new');
    reader.readPage = () => Promise.reject(new Error('connect ECONNREFUSED'));
    await assert.rejects(ended.read(feed, range), /ECONNREFUSED/);
  });

  it('reads everything again once, not after each sweep, if the whole organization is gone', async () => {
    const { id, feed } = await openFeed(0);
    for (const table of ['org_heads', 'organizations'])
      await client.query(`DELETE FROM ${table} WHERE ${table === 'organizations' ? 'id' : 'organization_id'} = $1`, [id]);
    await client.query('INSERT INTO organization_removals (organization_id) VALUES ($1) ON CONFLICT DO NOTHING', [id]);
    const catchUp = () => catchUpToChecked(feed, { head: null, feedRevision: feed.head.revision });
    await catchUp();
    assert.equal(feed.state.organization, null);
    feed.reload = () => assert.fail('read again');
    await catchUp();
  });

  it('[1.6] confirms a revision from before its start', async () => {
    const { id } = await openFeed(0);
    const range = await write(id, 'before');
    await write(id, 'later');
    const { counters, log, failpoints } = server.services.writePath;
    const reader = logReaderOf(server.services.writePath.database, { clock: systemClock, counters });
    const deps = { reader, clock: systemClock, counters, metrics: {} as never, log, failpoints };
    const feed = (await Feed.open(id, deps, { applied() {}, reloaded: () => assert.fail('reloaded') }))!;
    assert.equal(await new EndedSubscriptions().read(feed, range), 0);
  });
});
