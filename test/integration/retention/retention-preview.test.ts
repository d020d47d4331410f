import assert from 'node:assert/strict';
import { sql } from 'kysely';
import { anOrgWithOwner, type OrgWithOwner } from '../../support/logged-in.ts';
import { startServer, type TestServer } from '../../support/server.ts';

describe('the preview of retention settings', function () {
  this.timeout(120_000);
  let server: TestServer;
  let org: OrgWithOwner;

  before(async () => {
    server = await startServer();
  });
  after(() => server?.stop());
  beforeEach(async () => {
    org = await anOrgWithOwner(server);
  });

  const preview = async (query: Record<string, string> = {}) => {
    const path = `/api/0/organizations/${org.slug}/retention/preview/?${new URLSearchParams(query)}`;
    return server.request('GET', path, { cookie: org.cookie });
  };

  /** Adds audit entries of that age. The first `removals` of them record removed members. */
  const addEntries = (count: number, daysOld: number, removals = 0) =>
    sql`
      INSERT INTO audit_entries (organization_id, event, target_object, note, data, date_created, is_live)
      SELECT ${org.id}::bigint, CASE WHEN n <= ${removals} THEN 'member.remove' ELSE 'member.edit' END, 7_000_000 + n, '', '{}',
        clock_timestamp() - make_interval(days => ${daysOld}), false
      FROM generate_series(1, ${count}::integer) AS n`.execute(server.services.db);
  const addDeliveries = (count: number, daysOld: number) =>
    sql`
      INSERT INTO deliveries (organization_id, consumer, event_id, event_type, attempt, delivered_at, ms)
      SELECT ${org.id}::bigint, 'webhook:1', n, 'member.added', 1, clock_timestamp() - make_interval(days => ${daysOld}), 5
      FROM generate_series(1, ${count}::integer) AS n`.execute(server.services.db);
  /** Continues the log by revisions, the oldest of which are of that age. */
  const addRevisions = async (older: number, daysOld: number, newer: number) => {
    const { db } = server.services;
    const { rows } = await sql<{ revision: string }>`
      UPDATE org_heads SET revision = revision + ${older + newer} WHERE organization_id = ${org.id}
      RETURNING revision - ${older + newer} AS revision`.execute(db);
    await sql`UPDATE change_log SET committed_at = committed_at - make_interval(days => ${daysOld}) WHERE organization_id = ${org.id}`.execute(
      db,
    );
    await sql`
      INSERT INTO change_log (organization_id, revision, idx, command, actor, kind, record_id, committed_at)
      SELECT ${org.id}::bigint, ${rows[0]!.revision}::bigint + n, 0, 'test', 'system', 'test', '1',
        clock_timestamp() - CASE WHEN n <= ${older} THEN make_interval(days => ${daysOld}) ELSE interval '1 minute' END
      FROM generate_series(1, ${older + newer}::integer) AS n`.execute(db);
    return Number(rows[0]!.revision);
  };

  const exactly = (count: number) => ({ count, isMore: false });
  const nothing = exactly(0);

  it('[13.15] counts nothing in a young organization', async () => {
    const { status, body } = await preview({ auditDays: '30', historyDays: '1', deliveryDays: '1', personDays: '0' });
    assert.equal(status, 200, JSON.stringify(body));
    assert.deepEqual(body.effective, { auditDays: 30, historyDays: 1, deliveryDays: 1, personDays: 0 });
    assert.deepEqual(body.removes, { auditEntries: nothing, revisions: nothing, deliveries: nothing, persons: nothing });
  });

  it('[13.15] counts what is older than the settings in the query, which it does not save', async () => {
    await addEntries(40, 50, 3);
    await addDeliveries(20, 10);
    const young = await addRevisions(5, 50, 1_000);
    const removes = async (query: Record<string, string>) => (await preview(query)).body.removes;
    assert.deepEqual(await removes({ auditDays: '51', historyDays: '51', deliveryDays: '11' }), {
      auditEntries: nothing,
      revisions: nothing,
      deliveries: nothing,
      persons: nothing,
    });
    assert.deepEqual(await removes({ auditDays: '49', historyDays: '49', deliveryDays: '9', personDays: '49' }), {
      auditEntries: exactly(40),
      revisions: exactly(young + 5),
      deliveries: exactly(20),
      persons: exactly(3),
    });
    // Names are replaced with the audit entries by default.
    assert.deepEqual((await removes({ auditDays: '30' })).persons, exactly(3));
    assert.deepEqual((await removes({ auditDays: '30', personDays: '60' })).persons, nothing);
    const { body } = await server.request('GET', `/api/0/organizations/${org.slug}/retention/`, { cookie: org.cookie });
    assert.equal(body.auditDays, null);
  });

  it('[13.15] never counts the newest 1,000 revisions, which stay regardless of their age', async () => {
    const young = await addRevisions(1_500, 50, 0);
    assert.deepEqual((await preview({ historyDays: '1' })).body.removes.revisions, exactly(young + 500));
  });

  it('[13.15] uses the stored settings and the plan if the request has no query', async () => {
    await addEntries(2, 50, 1);
    assert.deepEqual((await preview()).body.removes.auditEntries, nothing);
    await server.operate('PUT', `/organizations/${org.id}/plan/`, { retentionDaysMax: 40 });
    const { body } = await preview();
    assert.deepEqual([body.removes.auditEntries, body.removes.persons], [exactly(2), exactly(1)]);
    const refused = await preview({ auditDays: '41', historyDays: 'x' });
    assert.deepEqual(refused.body, { auditDays: ['Your plan keeps at most 40 days.'], historyDays: ['A valid integer is required.'] });
    assert.deepEqual((await preview({ auditDays: 'null' })).body.effective.auditDays, 40);
  });

  it('[13.15] stops counting at 100,000', async () => {
    await addEntries(100_001, 50);
    const { auditEntries, persons } = (await preview({ auditDays: '49' })).body.removes;
    assert.deepEqual(auditEntries, { count: 100_000, isMore: true });
    assert.deepEqual(persons, { count: 0, isMore: true });
  });
});
