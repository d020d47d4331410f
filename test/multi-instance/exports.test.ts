import assert from 'node:assert/strict';
import { sql } from 'kysely';
import { claimExport } from '../../server/src/features/archive/database/exports.ts';
import { type ArchiveLine, download, fillAudit, linesOf, statusOf } from '../support/archives.ts';
import { eventually } from '../support/eventually.ts';
import { type Instances, startInstances } from '../support/instances.ts';
import { anOrgWithOwner, type OrgWithOwner } from '../support/logged-in.ts';
import { startProcess } from '../support/process.ts';
import { sharedRedis } from '../support/redis.ts';
import { makeTemporaryDirectory } from '../support/run-directory.ts';
import type { TestServer } from '../support/server.ts';

/**
 * The audit entries, which make two or three pieces of a file, because random text is not
 * compressed to less than half.
 */
const auditEntries = 3_000;

describe('exports on two instances', function () {
  this.timeout(120_000);
  let instances: Instances;
  let one: TestServer;
  let two: TestServer;
  let redisUrl: string;

  before(async () => {
    redisUrl = (await sharedRedis()).url;
    instances = await startInstances(2, { redisUrl });
    [one, two] = instances.servers as [TestServer, TestServer];
  });
  after(() => instances?.stop());

  async function request(org: OrgWithOwner): Promise<string> {
    const { status, body } = await one.operate('POST', `/organizations/${org.id}/export/`, {});
    assert.equal(status, 202, JSON.stringify(body));
    return body.id;
  }

  const rowOf = (id: string) => one.services.db.selectFrom('exports').selectAll().where('id', '=', id).executeTakeFirstOrThrow();

  async function assertComplete(org: OrgWithOwner, id: string): Promise<ArchiveLine[]> {
    await eventually(async () => assert.equal(await statusOf(one, org.id, id), 'done'), { timeoutMs: 20_000 });
    const lines = linesOf(await download(two, org.id, id));
    assert.equal(lines.filter((line) => 'audit' in line).length, lines[0].counts.audit);
    assert.ok(lines[0].counts.audit >= auditEntries);
    return lines;
  }

  it('[13.16] another instance writes the file again if the first one is killed', async () => {
    const { DATABASE_URL, SECRET, OPERATOR_TOKEN } = instances.environment;
    const dying = startProcess(['start'], {
      ...{ PORT: '0', DATABASE_URL, SECRET, OPERATOR_TOKEN, REDIS_URL: redisUrl },
      ...{ DATA_DIR: makeTemporaryDirectory('dying'), ROLLCALL_FAILPOINT: 'during-export:2' },
    });
    await dying.waitForLine(/is ready on (\S+)/, 60_000);
    let isDead = false;
    void dying.exit.then(() => {
      isDead = true;
    });
    // Any of the three instances may claim an export. New ones are requested without waiting for
    // the others, so that the third instance finds one at some poll.
    const requested: (readonly [OrgWithOwner, string])[] = [];
    while (!isDead) {
      const org = await anOrgWithOwner(one);
      await fillAudit(one, org.id, auditEntries);
      requested.push([org, await request(org)]);
    }
    assert.equal((await dying.exit).signal, 'SIGKILL');
    const unfinished = async () => {
      const ids = await Promise.all(requested.map(async ([, id]) => ((await rowOf(id)).finished_at === null ? [id] : [])));
      return ids.flat();
    };
    await eventually(async () => assert.equal((await unfinished()).length, 1), { timeoutMs: 30_000 });
    const [id] = (await unfinished()) as [string];
    const left = await rowOf(id);
    assert.deepEqual([left.finished_at, left.attempts, typeof left.lease], [null, 1, 'string']);
    const pieces = () => one.services.db.selectFrom('export_pieces').select('number').where('export_id', '=', id).execute();
    assert.equal((await pieces()).length, 1);

    await sql`UPDATE exports SET leased_until = clock_timestamp() WHERE id = ${id}`.execute(one.services.db);
    for (const [requestedOrg, requestedId] of requested) await assertComplete(requestedOrg, requestedId);
    assert.equal((await rowOf(id)).attempts, 2);
  });

  it('[13.16] [S-56] a legal hold during an export is not in its file, and no other instance begins it', async () => {
    const org = await anOrgWithOwner(one);
    await fillAudit(one, org.id, auditEntries);
    let id = '';
    let revision = '';
    await one.services.db.transaction().execute(async (tx) => {
      // The count of the records waits for this lock, after the file's revision was read.
      await sql`LOCK TABLE external_teams IN ACCESS EXCLUSIVE MODE`.execute(tx);
      id = await request(org);
      await eventually(async () => {
        // Not in the transaction, in which PostgreSQL would repeat its first result.
        const { rows: waiting } = await sql`
          SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`.execute(one.services.db);
        assert.equal(waiting.length, 1);
      });
      const { rows } = await sql<{ revision: string }>`SELECT revision FROM org_heads WHERE organization_id = ${org.id}`.execute(tx);
      revision = rows[0]!.revision;
      assert.equal((await two.operate('PUT', `/organizations/${org.id}/plan/`, { legalHold: true })).status, 200);
      assert.equal(await claimExport(two.services.db), null);
      assert.equal((await rowOf(id)).attempts, 1);
    });
    const lines = await assertComplete(org, id);
    assert.equal(lines[0].revision, Number(revision));
    assert.deepEqual(
      lines.filter(({ kind }) => kind === 'retention'),
      [],
    );
    assert.equal((await rowOf(id)).attempts, 1);
  });
});
