import assert from 'node:assert/strict';
import { sql } from 'kysely';
import { type OrgRecord, OrgState } from '../../../protocol/src/index.ts';
import { openPostgres } from '../../../server/src/database/connections/database-postgres.ts';
import { readHeads } from '../../../server/src/database/records/read-log.ts';
import { readAllRecords } from '../../../server/src/database/records/record-tables.ts';
import { type Bootstrap, BootstrapAbandonedError } from '../../../server/src/read-path/feed/bootstrap.ts';
import { Feed } from '../../../server/src/read-path/feed/feed.ts';
import type { FeedDeps } from '../../../server/src/read-path/feed/feed-deps.ts';
import type { LogReader } from '../../../server/src/read-path/feed/log-reader.ts';
import { logReaderOf } from '../../../server/src/read-path/feed/log-reader-database.ts';
import { systemClock } from '../../../server/src/runtime/clock.ts';
import { createLog } from '../../../server/src/runtime/log.ts';
import { Counters } from '../../../server/src/runtime/metrics/counters.ts';
import { eventually } from '../../support/eventually.ts';
import { importLines, importMembers } from '../../support/large.ts';
import { aMigratedDatabase } from '../../support/migrated-database.ts';
import { anOrganizationOf, aPerson, type ProvisionedOrg } from '../../support/provision.ts';
import { forEachSeed, type SeededRandom } from '../../support/seeds.ts';
import { startServer, type TestServer } from '../../support/server.ts';

/** The number of members: three pages of them, and one of team memberships. */
const memberCount = 2_500;
const teamMemberCount = 250;

/** A feed that starts while others write. Its content must still be exact. */
describe('a feed that is read in pages', function () {
  this.timeout(120_000);
  let server: TestServer;
  let org: ProvisionedOrg;
  before(async () => {
    server = await startServer({ LOG_LEVEL: 'silent' });
    org = await anOrganizationOf(server, await aPerson(server));
    await importMembers(server, org, memberCount);
  });
  after(() => server.stop());

  function deps(reader: Partial<LogReader>): FeedDeps {
    const { counters, log, failpoints } = server.services.writePath;
    const metrics = { observeDelivery: () => {} } as never;
    const ofDatabase = logReaderOf(server.services.writePath.database, { clock: systemClock, counters });
    return { reader: { ...ofDatabase, ...reader }, clock: systemClock, counters, metrics, log, failpoints };
  }

  const readStored = async () => byKey((await readAllRecords(server.services.db, org.id)) as Kinded[]);

  /** Opens a feed, and runs an action after each page that it reads. */
  async function open(afterPage: (feed: Feed) => Promise<unknown>): Promise<{ feed: Feed; bootstrap: Bootstrap }> {
    const { readRecords } = logReaderOf(server.services.writePath.database, {
      clock: systemClock,
      counters: server.services.writePath.counters,
    });
    let feed: Feed | null = null;
    const reading = deps({
      async readRecords(...page) {
        const records = await readRecords(...page);
        await afterPage(feed!);
        return records;
      },
    });
    feed = await Feed.open(org.id, reading, { applied() {}, reloaded() {} });
    return { feed: feed!, bootstrap: feed!.bootstrap! };
  }

  it('[R1] contains everything that was written during the start, and marks what existed when it began', async () => {
    await forEachSeed(6, async (random) => {
      const start = await readStored();
      const listening: { feed: Feed | null } = { feed: null };
      await using _listener = await server.services.writePath.bus.subscribe(org.id, (notice) => {
        // The log contains the other changes.
        if (random.chance(0.5)) listening.feed?.advance(notice);
      });
      let pages = 0;
      const { feed, bootstrap } = await open(async (opened) => {
        pages++;
        listening.feed = opened;
        const passing = `passing-${pages}`;
        await importLines(server, org.id, [...randomLines(random), JSON.stringify({ op: 'member.add', login: passing, role: 'member' })]);
        await importLines(server, org.id, [JSON.stringify({ op: 'member.remove', login: passing })]);
      });
      const chunks: Kinded[] = [];
      for await (const chunk of bootstrap.chunks) chunks.push(...(chunk as Kinded[]));
      await eventually(() => assert.equal(feed.bootstrap, null));

      assert.ok(pages >= 5, `${pages} pages`);
      assert.equal(new Set(chunks.map(keyOf)).size, chunks.length, 'a record was read twice');
      assert.deepEqual(byKey(chunks), start, 'the chunks differ from the records at the start');
      assert.equal(
        Object.values(bootstrap.slots).reduce((sum, slots) => sum + slots, 0),
        chunks.length,
      );
      const [head] = await readHeads(server.services.db, [org.id]);
      await feed.catchUpTo(head!, feed.head.revision);
      assert.deepEqual(feed.head, head);
      const state = byKey([...feed.state.all()] as Kinded[]);
      assert.deepEqual(state, await readStored(), 'the state differs from the database');
      assertSameLookUps(feed.state);
    });
  });

  it('[R1] can decide a viewer’s access before the page with that viewer’s record arrives', async () => {
    const [last] = [...(await readStored()).values()].filter((record) => record.user).slice(-1);
    const { id: userId } = last!.user as { id: string };
    let wasThere: boolean | null = null;
    const { bootstrap } = await open(async (feed) => {
      if (wasThere !== null) return;
      assert.equal(feed.state.memberOfUser(userId), null);
      await feed.include(userId);
      wasThere = feed.state.memberOfUser(userId) !== null;
    });
    let count = 0;
    for await (const chunk of bootstrap.chunks) count += chunk.filter(({ record }) => record.id === last!.id).length;
    assert.deepEqual([wasThere, count], [true, 1]);
  });

  it('[R9] counts the records that are still to be read as its memory', async () => {
    const estimates: number[] = [];
    const { feed } = await open(async (opened) => estimates.push(opened.estimatedBytes));
    await eventually(() => assert.equal(feed.bootstrap, null));
    assert.ok(feed.estimatedBytes > memberCount * 512, `${feed.estimatedBytes} bytes`);
    assert.deepEqual(new Set(estimates), new Set([feed.estimatedBytes]));
  });

  it('[R12] continues after the database was down between two pages', async () => {
    let failures = 2;
    const { feed } = await open(async () => {
      if (failures-- > 0) throw new Error('connect ECONNREFUSED');
    });
    await eventually(() => assert.equal(feed.bootstrap, null));
    assert.deepEqual(byKey([...feed.state.all()] as Kinded[]), await readStored());
  });

  const setEpoch = (number: number) =>
    server.services.db
      .updateTable('org_heads')
      .set({ epoch: `00000000-0000-4000-8000-00000000000${number}` })
      .where('organization_id', '=', org.id)
      .execute();

  it('[F1] has the last of two histories when the second one begins while the first is read', async () => {
    let pagesLeft = Number.POSITIVE_INFINITY;
    const { feed } = await open(async () => {
      if (--pagesLeft === 0) await setEpoch(3);
    });
    await eventually(() => assert.equal(feed.bootstrap, null));
    const before = feed.head;
    await setEpoch(2);
    pagesLeft = 2;
    const [head] = await readHeads(server.services.db, [org.id]);
    assert.equal(await feed.catchUpTo(head!, before.revision), true);
    const [last] = await readHeads(server.services.db, [org.id]);
    assert.deepEqual(feed.head, last);
    assert.deepEqual(byKey([...feed.state.all()] as Kinded[]), await readStored());
  });

  it('[R1] starts again when the history changes between two pages, and cancels the pending replica', async () => {
    let isFirst = true;
    const { feed, bootstrap } = await open(async () => {
      if (!isFirst) return;
      isFirst = false;
      await setEpoch(1);
    });
    await assert.rejects(async () => {
      for await (const _chunk of bootstrap.chunks);
    }, BootstrapAbandonedError);
    assert.equal(feed.bootstrap, null);
    assert.equal(feed.head.epoch, '00000000-0000-4000-8000-000000000001');
    assert.deepEqual(byKey([...feed.state.all()] as Kinded[]), await readStored());
  });

  it('stops reading when no subscriber is left', async () => {
    let pages = 0;
    const { bootstrap } = await open(async (feed) => {
      pages++;
      feed.stop();
    });
    await assert.rejects(bootstrap.chunks.at(100), BootstrapAbandonedError);
    assert.equal(pages, 1);
  });
});

interface Kinded {
  readonly kind: string;
  readonly record: OrgRecord;
}

const keyOf = ({ kind, record: { id } }: Kinded) => `${kind}/${id}`;

function byKey(records: readonly Kinded[]): Map<string, OrgRecord> {
  return new Map(records.map((one) => [keyOf(one), one.record] as const).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/**
 * Asserts that the order in which records arrive does not show in the lookups of members, teams and
 * projects.
 */
function assertSameLookUps(state: OrgState): void {
  const fresh = OrgState.from(state.all());
  for (const { record } of state.all()) {
    const userId = (record.user as { id: string } | null | undefined)?.id;
    if (userId) assert.equal(state.memberOfUser(userId), fresh.memberOfUser(userId));
    assert.deepEqual(state.teamIdsOfMember(record.id), fresh.teamIdsOfMember(record.id));
  }
}

/**
 * Removals before and after the current page, also of team memberships, of people, and of people
 * who return as other members.
 */
function randomLines(random: SeededRandom): string[] {
  const lines: object[] = [];
  const someone = () => `member-${random.int(memberCount)}`;
  for (let count = 0; count < 40; count++) {
    const login = someone();
    const onTeam = `member-${10 * random.int(teamMemberCount)}`;
    lines.push(
      random.pick<object[]>([
        [{ op: 'member.remove', login }],
        [
          { op: 'member.remove', login },
          { op: 'member.add', login, role: 'member' },
        ],
        [{ op: 'member.add', login, role: random.pick(['member', 'owner']) }],
        [
          { op: 'member.add', login: onTeam, role: 'member' },
          { op: 'team.join', team: 'crowd', login: onTeam, role: 'admin' },
        ],
        [{ op: 'team.leave', team: 'crowd', login: onTeam }],
        [{ op: 'team.create', team: `made-${random.int(10)}` }],
        [{ op: 'team.remove', team: `made-${random.int(10)}` }],
      ]),
    );
  }
  return lines.flat().map((line) => JSON.stringify(line));
}

describe('feeds that start together', () => {
  it('[R11] fail only for the organization that takes too long to read', async () => {
    const stored = await aMigratedDatabase();
    const server = await startServer({ DATABASE_URL: stored.url, LOG_LEVEL: 'silent' });
    const owner = await aPerson(server);
    const orgs = await Promise.all([anOrganizationOf(server, owner), anOrganizationOf(server, owner), anOrganizationOf(server, owner)]);
    await server.stop();
    const [slow] = orgs;
    const url = new URL(stored.url);
    url.searchParams.set('query_timeout', '1500');
    const database = openPostgres(url.href, createLog('silent'));
    try {
      await sql`ALTER TABLE members RENAME TO stored_members`.execute(database.db);
      await sql`CREATE VIEW members AS SELECT * FROM stored_members
        WHERE CASE WHEN organization_id = ${sql.lit(slow!.id)} THEN pg_sleep(60) IS NOT NULL ELSE true END`.execute(database.db);
      const { readStart } = logReaderOf(database, { clock: systemClock, counters: new Counters() });
      const starts = await Promise.allSettled(orgs.map(({ id }) => readStart(id)));
      assert.deepEqual(
        starts.map(({ status }) => status),
        orgs.map((org) => (org === slow ? 'rejected' : 'fulfilled')),
      );
    } finally {
      await database.close();
      await stored.drop();
    }
  });
});
