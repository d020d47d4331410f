import assert from 'node:assert/strict';
import { type OrgRecord, OrgState, type SavedKind } from '@rollcall/protocol';
import { sql } from 'kysely';
import type { StatementMeter } from '../../server/src/database/connections/statement-meter.ts';
import type { Database, Tx } from '../../server/src/database/database.ts';
import { migrateUp } from '../../server/src/database/migrations/migrate.ts';
import { readAllRecords } from '../../server/src/database/records/record-tables.ts';
import { putRecordsOf, upsertRecords } from '../../server/src/database/records/records-write.ts';
import { countSlots } from '../../server/src/domain/slots.ts';
import type { FeedStart, LogReader } from '../../server/src/read-path/feed/log-reader.ts';
import { logReaderOf } from '../../server/src/read-path/feed/log-reader-database.ts';
import { systemClock } from '../../server/src/runtime/clock.ts';
import { Counters } from '../../server/src/runtime/metrics/counters.ts';
import { anAuthProvider, anInvite, anOrganization, aTeam, aTeamMember, aWebhookRecord } from '../support/builders.ts';

/** The members of a large organization, more than a feed reads at its start. */
const manyMembers = 1_001;

/**
 * The starts of feeds that are read together, on every database. `open` creates an empty one whose
 * statements are counted.
 */
export function describeFeedStarts(
  name: string,
  open: (meter: StatementMeter) => Promise<{ database: Database; dispose(): Promise<void> }>,
) {
  describe(`the starts of feeds on ${name}`, function () {
    // The migrations of PGlite take most of it on a busy machine.
    this.timeout(180_000);
    let database: Database;
    let dispose: () => Promise<void>;
    let reader: LogReader;
    let statements = 0;
    before(async () => {
      const meter = { observeStatement: () => void statements++, countDatabaseError() {} };
      ({ database, dispose } = await open(meter));
      await migrateUp(database);
      reader = logReaderOf(database, { clock: systemClock, counters: new Counters() });
    });
    after(() => dispose());

    const put = async (tx: Tx, orgId: string, kind: SavedKind, ...records: readonly { readonly id: string }[]) => {
      const changes = records.map((record) => ({ kind, id: record.id, before: null, after: record as OrgRecord }));
      for (const { rows } of putRecordsOf(changes)) await upsertRecords(kind, orgId, JSON.stringify(rows)).execute(tx);
    };

    /** An organization with records of several kinds. */
    async function create({ members = 2 } = {}): Promise<string> {
      const organization = anOrganization();
      const { id } = organization;
      await database.db.transaction().execute(async (tx) => {
        await put(tx, id, 'organization', { ...organization, slug: `org-${id}` } as typeof organization);
        await sql`INSERT INTO org_heads (organization_id) VALUES (${id})`.execute(tx);
        const invites = Array.from({ length: members }, () => anInvite());
        const team = aTeam('platform');
        await put(tx, id, 'member', ...invites);
        await put(tx, id, 'team', team);
        await put(tx, id, 'team-member', aTeamMember(team, invites[0]!));
        await put(tx, id, 'auth-provider', anAuthProvider());
        await put(tx, id, 'webhook', aWebhookRecord());
      });
      return id;
    }

    const createMany = (count: number) => Promise.all(Array.from({ length: count }, () => create()));
    const readTogether = (orgIds: readonly string[]) => Promise.all(orgIds.map((orgId) => reader.readStart(orgId)));
    const sorted = (records: FeedStart['records']) =>
      [...records].sort((a, b) => (`${a.kind}/${a.record.id}` < `${b.kind}/${b.record.id}` ? -1 : 1));

    it('[R1] contain all records of small organizations, and the access records of large ones', async () => {
      const small = await createMany(3);
      const large = await create({ members: manyMembers });
      const [first, second, ofLarge, third, unknown] = await readTogether([small[0]!, small[1]!, large, small[2]!, '1']);
      for (const [index, start] of [first, second, third].entries()) {
        const stored = await readAllRecords(database.db, small[index]!);
        assert.equal(start!.isWhole, true);
        assert.deepEqual(sorted(start!.records), sorted(stored));
        assert.deepEqual(start!.slots, countSlots(OrgState.from(stored)));
      }
      assert.equal(ofLarge!.isWhole, false);
      assert.deepEqual(ofLarge!.records.map(({ kind }) => kind).sort(), ['auth-provider', 'organization']);
      assert.equal(ofLarge!.slots.invite, manyMembers);
      assert.equal(unknown, null);
    });

    it('[R10] need as many statements for thirty organizations as for two', async () => {
      const orgIds = await createMany(30);
      const countOf = async (ids: readonly string[]) => {
        const before = statements;
        await readTogether(ids);
        return statements - before;
      };
      await countOf(orgIds);
      const ofTwo = await countOf(orgIds.slice(0, 2));
      assert.ok(ofTwo > 0 && ofTwo < 15, `${ofTwo} statements`);
      assert.equal(await countOf(orgIds), ofTwo);
    });

    it('[R10] need one transaction for the access of all callers', async () => {
      const orgIds = await createMany(10);
      const before = statements;
      const states = await Promise.all([...orgIds, '1'].map((orgId) => reader.readCallerState(orgId, '7')));
      // BEGIN, the seal of the database, the access and COMMIT.
      assert.equal(statements - before, 4);
      assert.deepEqual(
        states.map((state) => state?.organization?.id ?? null),
        [...orgIds, null],
      );
    });

    it('[R11] fail only for the organization with a bad record', async () => {
      const orgIds = await createMany(9);
      const [bad] = orgIds.slice(4);
      // A time that no record can have.
      await sql`UPDATE teams SET date_created = 'infinity' WHERE organization_id = ${bad}`.execute(database.db);
      const results = await Promise.allSettled(orgIds.map((orgId) => reader.readStart(orgId)));
      assert.deepEqual(
        results.map(({ status }) => status),
        orgIds.map((orgId) => (orgId === bad ? 'rejected' : 'fulfilled')),
      );
    });

    it('[R5] show one instant, with the heads and records of all organizations', async () => {
      const orgIds = await createMany(2);
      const write = (revision: number) =>
        database.db.transaction().execute(async (tx) => {
          for (const orgId of orgIds) {
            await sql`UPDATE org_heads SET revision = ${revision} WHERE organization_id = ${orgId}`.execute(tx);
            await put(tx, orgId, 'team', aTeam(`made-${revision}`));
          }
        });
      let isWriting = true;
      const writing = (async () => {
        for (let revision = 1; revision <= 30; revision++) await write(revision);
      })().finally(() => {
        isWriting = false;
      });
      let reads = 0;
      while (isWriting || reads === 0) {
        const starts = await readTogether(orgIds);
        reads++;
        const revisions = starts.map((start) => start!.head.revision);
        const made = starts.map(
          (start) => start!.records.filter(({ kind, record }) => kind === 'team' && String(record.slug).startsWith('made-')).length,
        );
        assert.equal(revisions[0], revisions[1]);
        assert.deepEqual(made, revisions);
      }
      await writing;
    });
  });
}
