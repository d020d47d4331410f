import assert from 'node:assert/strict';
import { sql } from 'kysely';
import { scopes } from '../../../protocol/src/index.ts';
import { serverStreamId } from '../../../server/src/domain/server-stream.ts';
import { deleteHistory, lockRetention } from '../../../server/src/features/retention/database/prune-rows.ts';
import { interruptRun, readRunsState } from '../../../server/src/features/retention/database/retention-runs.ts';
import type { PlanChanges } from '../../../server/src/features/retention/domain/change-retention.ts';
import { OrganizationRun } from '../../../server/src/features/retention/job/organization-run.ts';
import type { RetentionStep } from '../../../server/src/features/retention/job/retention-step.ts';
import { addAgedRevisions, ageLog } from '../../support/aged-log.ts';
import { EventStreamClient } from '../../support/event-stream.ts';
import { eventually } from '../../support/eventually.ts';
import { anOrgWithOwner, type OrgWithOwner } from '../../support/logged-in.ts';
import { readMetric } from '../../support/metrics.ts';
import { endPlanDelay, setPlan } from '../../support/plans.ts';
import { revisionOf } from '../../support/provision.ts';
import { anIdleConsumer, runRetentionJob } from '../../support/retention-job.ts';
import { startServer, type TestServer } from '../../support/server.ts';
import { storedRecords } from '../../support/stored-records.ts';
import { aWebhook, callWebhooks } from '../../support/webhooks.ts';
import { WireReplica } from '../../support/wire-replica.ts';

/** The log keeps this many revisions of any age. */
const keptRevisions = 1_000;

describe('the daily removal of old data', () => {
  let server: TestServer;
  let org: OrgWithOwner;
  let token: string;

  before(async () => {
    server = await startServer();
  });
  after(() => server?.stop());
  beforeEach(async () => {
    org = await anOrgWithOwner(server);
    const { body } = await server.operate('POST', `/users/${org.owner.userId}/tokens/`, { scopes });
    token = body.token;
  });

  const db = () => server.services.db;
  const path = (below = '') => `/api/0/organizations/${org.slug}/${below}`;
  const get = (below: string) => server.request('GET', path(below), { token });
  const makeTeam = async (slug: string) => revisionOf(await server.request('POST', path('teams/'), { token, body: { slug } }));
  const headOf = async (orgId = org.id) =>
    db().selectFrom('org_heads').selectAll().where('organization_id', '=', orgId).executeTakeFirstOrThrow();
  const floorOf = async () => Number((await headOf()).floor_revision);
  const revisionNow = async () => Number((await headOf()).revision);
  const lowestRevision = async (orgId = org.id) => {
    const { rows } = await sql<{ lowest: string | null }>`
      SELECT min(revision) AS lowest FROM change_log WHERE organization_id = ${orgId}`.execute(db());
    return Number(rows[0]!.lowest);
  };
  /** Sets the plan as if that had been a day earlier. */
  const applyPlan = async (plan: PlanChanges) => {
    await setPlan(server, org.id, plan);
    await endPlanDelay(server, org.id);
  };

  const runJob = (orgId: string | null = org.id) => runRetentionJob(server, orgId);

  it('[13.15] raises the floor in one revision, and deletes the entries up to it', async () => {
    await addAgedRevisions(db(), org.id, 1_500, 91);
    await ageLog(db(), org.id, 91);
    const head = await revisionNow();
    await runJob();
    const target = head - keptRevisions;
    assert.deepEqual([await floorOf(), await lowestRevision(), await revisionNow()], [target, target + 1, head + 1]);
    const [record] = await storedRecords(server, org.id, 'retention');
    assert.deepEqual([record.id, record.prunedThrough, record.historyDays], [org.id, target, null]);
    const { body: audit } = await get('audit-logs/');
    assert.deepEqual(
      [audit.rows[0].event, audit.rows[0].note, audit.rows[0].actor],
      ['history.prune', `pruned the history through revision ${target}`, null],
    );
    assert.ok((await readMetric(server, 'rollcall_history_pruned_rows_total{kind="history"}')) >= target);
    assert.ok((await readMetric(server, 'rollcall_retention_last_run_timestamp_seconds')) > 0);

    await runJob();
    assert.equal(await revisionNow(), head + 1, 'a prune of few revisions is not worth a revision');
  });

  it('[13.15] keeps revisions that are younger than the setting, and applies a smaller plan a day after it was set', async () => {
    await addAgedRevisions(db(), org.id, 600, 40);
    await addAgedRevisions(db(), org.id, 1_200, 5);
    await ageLog(db(), org.id, 1);
    await runJob();
    assert.equal(await floorOf(), 0);
    const aged = (await revisionNow()) - 1_200;
    await setPlan(server, org.id, { planDaysMax: 30 });
    await runJob();
    assert.equal(await floorOf(), 0);
    await endPlanDelay(server, org.id);
    await runJob();
    assert.deepEqual([await floorOf(), await lowestRevision()], [aged, aged + 1]);
  });

  it('[R6] [S-56] refuses cursors below the floor, also while the memory of a feed holds the entries', async () => {
    await ageLog(db(), org.id, 91);
    const live = await WireReplica.open(server.url, token, org.slug);
    const { body: early } = await get('changes/');
    const earlyReplica = live.cursor;
    await addAgedRevisions(db(), org.id, 1_500, 91);
    const stream = await EventStreamClient.open(server, org.slug, `changes/stream/?after=${early.after}`, { token });
    assert.equal(stream.status, 200);
    await live.reach(await revisionNow());
    const late = (await get('changes/')).body;
    const lateReplica = live.cursor;
    await makeTeam('before');
    const before = await WireReplica.connect(server.url, token);
    assert.equal((await before.subscribe(org.id, { cursor: earlyReplica })).mode, 'resume', 'the memory holds the entries');
    before.close();

    await runJob();
    assert.ok((await floorOf()) > early.head.revision);
    for (const [cursor, mode] of [
      [earlyReplica, 'snapshot'],
      [lateReplica, 'resume'],
    ] as const) {
      const replica = await WireReplica.connect(server.url, token);
      assert.equal((await replica.subscribe(org.id, { cursor })).mode, mode);
      replica.close();
    }
    for (const below of [
      `changes/?after=${early.after}`,
      `changes/?after=${early.after}&wait=20`,
      `changes/stream/?after=${early.after}`,
    ]) {
      const { status, body } = await get(below);
      assert.deepEqual([status, body.detail?.code], [410, 'cursor-expired'], below);
    }
    assert.equal((await get(`changes/?after=${late.after}`)).status, 200);
    const all = (await get('changes/?after=floor&limit=1')).body;
    assert.equal(all.data[0].data.revision, (await floorOf()) + 1);

    const last = await makeTeam('after');
    await live.reach(last);
    const fresh = await WireReplica.open(server.url, token, org.slug);
    assert.deepEqual(live.records(), fresh.records());
    assert.ok(!live.frames.some(({ event }) => event === 'resync'));
    for (const replica of [live, fresh]) replica.close();
    await stream.reach(last);
    stream.close();
  });

  it('[S-56] waits for a webhook that lags by a week, and disables one that lags more', async () => {
    const { id } = await aWebhook(server, org);
    const setPosition = (revision: number) =>
      db()
        .updateTable('log_consumers')
        .set({ revision: String(revision), next_attempt_at: sql`clock_timestamp() + interval '1 hour'`, attempts: 1 })
        .where('organization_id', '=', org.id)
        .execute();
    await addAgedRevisions(db(), org.id, 500, 8);
    await addAgedRevisions(db(), org.id, 1_500, 5);
    await ageLog(db(), org.id, 0);
    await applyPlan({ planDaysMax: 1 });
    const aged = 500 + 100;
    await setPosition(aged);
    await runJob();
    assert.deepEqual([await floorOf(), await lowestRevision()], [aged - 1, aged], 'the next event of the webhook stays');
    assert.equal((await callWebhooks(server, org, 'GET', `${id}/`)).body.status, 'active');
    // The entry is as old as the setting of a webhook that no longer responds.
    await sql`UPDATE change_log SET committed_at = committed_at - interval '3 days' WHERE organization_id = ${org.id}`.execute(db());
    await runJob();
    const { body } = await callWebhooks(server, org, 'GET', `${id}/`);
    assert.deepEqual([body.status, body.disabledReason], ['disabled', 'history-pruned']);
    assert.ok((await floorOf()) > aged);
    const replay = await callWebhooks(server, org, 'POST', `${id}/replay/`, { fromRevision: aged });
    assert.deepEqual([replay.status, replay.body], [400, { fromRevision: [`The log begins at revision ${(await floorOf()) + 1}.`] }]);
    await callWebhooks(server, org, 'PUT', `${id}/`, { status: 'active' });
    const { body: state } = await callWebhooks(server, org, 'GET', `${id}/state/`);
    assert.ok(state.cursor.revision > (await floorOf()));
  });

  it('[13.15] deletes old audit entries, which leave the state in the same command', async () => {
    const replica = await WireReplica.open(server.url, token, org.slug);
    for (let number = 0; number < 6; number++) await makeTeam(`team-${number}`);
    const entries = () => db().selectFrom('audit_entries').select(['id', 'is_live']).where('organization_id', '=', org.id).execute();
    const { body: firstPage, headers } = await get('audit-logs/?per_page=2');
    const next = /cursor=([^&>]*)>; rel="next"; results="true"/.exec(headers.get('link')!)![1];
    const old = (await entries()).slice(0, 4).map(({ id }) => id);
    await db()
      .updateTable('audit_entries')
      .set({ date_created: sql<string>`date_created - interval '31 days'` })
      .where('id', 'in', old)
      .execute();
    await applyPlan({ planDaysMax: 30 });
    const head = await revisionNow();
    const count = (await entries()).length;
    await runJob();
    assert.equal(await revisionNow(), head + 1);
    const left = await entries();
    assert.equal(left.length, count - 4);
    assert.ok(left.every(({ is_live }) => is_live));
    assert.equal((await headOf()).live_audit_entries, left.length);
    await replica.reach(head + 1);
    assert.deepEqual([...replica.state.recordsOf('audit-entry').keys()].sort(), left.map(({ id }) => id).sort());
    const { body: secondPage } = await get(`audit-logs/?per_page=2&cursor=${next}`);
    const ids = [...firstPage.rows, ...secondPage.rows].map(({ id }: { id: string }) => id);
    assert.equal(new Set(ids).size, 4, 'the second page continues the first');
    await runJob();
    assert.equal(await revisionNow(), head + 1);
    replica.close();
  });

  const addAttempts = (orgId: string, days: number, consumer = 'webhook:1') =>
    sql`
    INSERT INTO deliveries (organization_id, consumer, event_id, event_type, attempt, delivered_at, ms)
    SELECT ${orgId}::bigint, ${consumer}, ${String(days)}, 'team.created', 1, now() - make_interval(days => ${days}), 1
    FROM generate_series(1, 2100)`.execute(db());
  const attemptsOf = (orgIds: readonly string[]) =>
    db().selectFrom('deliveries').select(['organization_id', 'consumer', 'event_id']).distinct().where('organization_id', 'in', orgIds);

  it('[13.15] deletes attempts of deliveries by the setting of each organization', async () => {
    const other = await anOrgWithOwner(server);
    const orgIds = [org.id, other.id];
    for (const orgId of orgIds) {
      await anIdleConsumer(db(), orgId, 'webhook:1');
      for (const days of [5, 31]) await addAttempts(orgId, days);
    }
    await applyPlan({ planDaysMax: 3 });
    for (const orgId of orgIds) await runJob(orgId);
    const left = await attemptsOf(orgIds).execute();
    assert.deepEqual(left, [{ organization_id: other.id, consumer: 'webhook:1', event_id: '5' }]);
  });

  it('[13.10] deletes the attempts of removed webhooks, and only those', async () => {
    const [kept, gone] = [await aWebhook(server, org), await aWebhook(server, org)];
    const names = [kept, gone].map(({ id }) => `webhook:${id}`);
    for (const name of [...names, 'integration:1']) await addAttempts(org.id, 1, name);
    await callWebhooks(server, org, 'DELETE', `${gone.id}/`);
    const left = async () => [...new Set((await attemptsOf([org.id]).execute()).map(({ consumer }) => consumer))].toSorted();
    assert.deepEqual(await left(), ['integration:1', ...names].toSorted());
    await runJob();
    assert.deepEqual(await left(), [names[0]]);
  });

  it('[S-56] does nothing under legal hold', async () => {
    await addAgedRevisions(db(), org.id, 1_500, 91);
    await applyPlan({ legalHold: true, planDaysMax: 30 });
    await sql`UPDATE audit_entries SET date_created = date_created - interval '60 days' WHERE organization_id = ${org.id}`.execute(db());
    const head = await revisionNow();
    const lowest = await lowestRevision();
    await runJob();
    assert.deepEqual([await floorOf(), await lowestRevision(), await revisionNow()], [0, lowest, head]);
    const { rows } = await sql<{ count: number }>`
      SELECT count(*)::integer AS count FROM audit_entries WHERE organization_id = ${org.id}`.execute(db());
    assert.ok(rows[0]!.count > 0);
    await applyPlan({ legalHold: false });
    await runJob();
    assert.ok((await floorOf()) > 0);
  });

  it('[S-56] stops at once when a legal hold begins', async () => {
    await applyPlan({ planDaysMax: 30 });
    let batches = 0;
    let afterHold = 0;
    let isHeld = false;
    let holding: Promise<unknown> | null = null;
    const step: RetentionStep = {
      name: 'endless',
      run: (run) =>
        run.changeInBatches(async (tx) => {
          batches++;
          if (isHeld) afterHold++;
          holding ??= applyPlan({ legalHold: true }).then(() => {
            isHeld = true;
          });
          await sql`SELECT pg_sleep(0.02)`.execute(tx);
          return { rows: 1, hasMore: true };
        }),
    };
    const deps = { writePath: server.services.writePath, steps: [step], signal: new AbortController().signal };
    await new OrganizationRun(org.id, 'lease', deps).runSteps();
    await holding;
    assert.deepEqual([isHeld, afterHold], [true, 0], `${batches} batches`);
  });

  it('[S-56] deletes nothing after the first legal hold of an organization without a record', async () => {
    let isHeld = false;
    let hold: Promise<unknown> = Promise.resolve();
    await db()
      .transaction()
      .execute(async (tx) => {
        assert.equal((await lockRetention(tx, org.id)).retention, null);
        hold = applyPlan({ legalHold: true }).then(() => {
          isHeld = true;
        });
        await eventually(async () => {
          const { rows } = await sql`SELECT FROM pg_locks WHERE NOT granted`.execute(db());
          assert.ok(isHeld || rows.length > 0, 'the command has not begun');
        });
        assert.equal(isHeld, false, 'the hold was committed while a batch was deleting');
      });
    await hold;
  });

  it('[13.15] deletes no entry above the committed floor', async () => {
    await addAgedRevisions(db(), org.id, 1_500, 91);
    const { rows } = await db()
      .transaction()
      .execute((tx) => deleteHistory(tx, org.id, 0));
    assert.equal(rows, 0);
  });

  it("[13.15] prunes the server's own log without a revision", async () => {
    const before = Number((await headOf(serverStreamId)).revision);
    await addAgedRevisions(db(), serverStreamId, 1_500, 91);
    await runJob(null);
    const { revision, floor_revision } = await headOf(serverStreamId);
    assert.equal(Number(revision), before + 1_500);
    assert.equal(await lowestRevision(serverStreamId), Number(floor_revision) + 1);
  });

  it('[13.15] counts a run that failed as due until it succeeds, so that the alert fires', async () => {
    await runJob();
    const due = async () => (await readRunsState(db())).due;
    const before = await due();
    await sql`UPDATE retention_runs SET lease = 'lease' WHERE organization_id = ${org.id}`.execute(db());
    await interruptRun(db(), org.id, 'lease', 600_000, { error: 'Error: the database failed' });
    assert.equal(await due(), before + 1);
    await runJob();
    assert.equal(await due(), before);
  });

  it('[13.15] forgets organizations that no longer exist', async () => {
    await db().insertInto('retention_runs').values({ organization_id: '888888888', next_run_at: sql<string>`now()` }).execute();
    await server.operate('POST', '/jobs/retention/');
    await eventually(async () => {
      const row = await db().selectFrom('retention_runs').select('lease').where('organization_id', '=', '888888888').executeTakeFirst();
      assert.equal(row, undefined);
    });
  });
});
