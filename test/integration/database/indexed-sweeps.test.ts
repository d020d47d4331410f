import assert from 'node:assert/strict';
import { CompiledQuery, Kysely, PostgresDialect, sql } from 'kysely';
import pg from 'pg';
import type { Db, Tx } from '../../../server/src/database/database.ts';
import { readOrganizationsOfUser } from '../../../server/src/database/members/removed-members.ts';
import { readChangedHeads } from '../../../server/src/database/records/read-changed-heads.ts';
import type { Schema } from '../../../server/src/database/schema.ts';
import { deleteExpiredExports, isExportExpired, isExportRequested } from '../../../server/src/features/archive/database/exports.ts';
import { deleteOldNotices } from '../../../server/src/features/integrations/directories/accept-notice.ts';
import { readLogAge } from '../../../server/src/features/retention/database/log-age.ts';
import { deleteAuditEntries, deleteDeliveries, deleteHistory } from '../../../server/src/features/retention/database/prune-rows.ts';
import { claimRun } from '../../../server/src/features/retention/database/retention-runs.ts';
import { deleteOldFlows } from '../../../server/src/features/single-sign-on/database/sso-flows.ts';
import { forgetFailedMails, forgetOldWindows, isMailQueued } from '../../../server/src/mail/outbox.ts';
import { deleteOldInvites } from '../../../server/src/write-path/commands/invites/recent-invites.ts';
import { deleteOldResponses } from '../../../server/src/write-path/idempotency-sweep.ts';
import { deleteExpired, hasOldSessions } from '../../../server/src/write-path/users/sessions/sessions-sweep.ts';
import { aMigratedDatabase } from '../../support/migrated-database.ts';
import type { TestDatabase } from '../../support/postgres.ts';

const rows = 20_000;
const organizations = 20;

/** Fills each table: columns, and their values as SQL with the number `n` of the row. */
const fills: readonly (readonly [table: keyof Schema, columns: string, values: string])[] = [
  ['users', 'id, email', `n, 'user-' || n`],
  [
    'organizations',
    'id, slug, name, status, default_role, avatar_type, flags, settings, date_created',
    `n, n, n, 'active', '', '', '{}', '{}', now()`,
  ],
  ['org_heads', 'organization_id, revision', `n, ${rows / organizations}`],
  [
    'change_log',
    'organization_id, revision, idx, command, actor, kind, record_id, committed_at, xid',
    `1 + n % ${organizations}, 1 + n / ${organizations}, 0, '', '', 'team', '1', now() - make_interval(mins => ${rows} - n), n::text::xid8`,
  ],
  // One transaction, as when an operator gives all organizations a new epoch.
  ['moved_heads', 'head_id', 'n'],
  ['audit_entries', 'organization_id, event, note, data, date_created, is_live', `1 + n % ${organizations}, '', '', '{}', TIME, false`],
  [
    'deliveries',
    'organization_id, consumer, event_id, event_type, attempt, delivered_at, ms',
    `1 + n % ${organizations}, '', n, '', 1, TIME, 1`,
  ],
  ['retention_runs', 'organization_id, next_run_at', 'n, TIME'],
  ['removed_members', 'organization_id, member_id, user_id, email', `n, n, n, 'user-' || n`],
  ['exports', 'id, organization_id, with_history, date_created, finished_at, expires_at', 'n, 1, false, TIME, TIME, TIME'],
  ['idempotency_keys', ['actor', 'key', 'fingerprint', 'answer', 'org_revision', 'created_at'].join(), `'', n, '', '{}', '', TIME`],
  ['sessions', 'id, user_id, token_hash, expires_at, date_last_used', 'n, n, n, AHEAD, AHEAD'],
  ['user_emails', 'id, user_id, email', `n, n, 'user-' || n`],
  ['email_tokens', 'id, user_id, email_id, purpose, token_hash, expires_at', `n, n, n, 'verification', n, TIME`],
  ['used_challenges', 'nonce, expires_at', 'n, TIME'],
  ['attempt_limits', 'key, points, expire', 'n, 1, (extract(epoch FROM TIME) * 1000)::bigint'],
  ['mail_outbox', 'template, params, recipient, failed_at', `'', '{}', '', TIME`],
  ['mail_windows', 'key, ends_at', 'n, TIME'],
  ['sent_invites', 'organization_id, actor, email, sent_at', `1 + n % ${organizations}, '', '', TIME`],
  ['provider_notices', 'provider, notice_id, date_created', `'', n, TIME`],
  ['auth_providers', 'id, organization_id, provider', `n, n, '{}'`],
  [
    'sso_flows',
    'handle_hash, organization_id, provider_id, generation, purpose, request_key, date_created',
    `n, 1, 1 + n % ${organizations}, 1, 'login', n, TIME`,
  ],
  ['sso_seen', 'organization_id, provider_id, assertion_id, expires_at', `1 + n % ${organizations}, 1 + n % ${organizations}, n, TIME`],
];
/** Fewer than 50 rows are older than the limits. */
const time = 'now() + make_interval(hours => n - 50)';
/** No session is old, as in most sweeps. */
const ahead = 'now() + make_interval(hours => n)';

interface PlanNode {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly Plans?: readonly PlanNode[];
}

function nodesOf(plan: PlanNode): PlanNode[] {
  return [plan, ...(plan.Plans ?? []).flatMap(nodesOf)];
}

/** These tables have fewer rows. */
const small: readonly string[] = ['organizations', 'org_heads', 'auth_providers'];
const large: readonly string[] = fills.map(([table]) => table).filter((table) => !small.includes(table));

describe('the sweeps of large tables', () => {
  let database: TestDatabase;
  let db: Db;
  let snapshot: string;
  let statements: { sql: string; parameters: readonly unknown[] }[];

  before(async () => {
    database = await aMigratedDatabase();
    const pool = new pg.Pool({ connectionString: database.url, max: 2 });
    db = new Kysely<Schema>({
      dialect: new PostgresDialect({ pool }),
      log: ({ query }) => void statements.push({ sql: query.sql, parameters: query.parameters }),
    });
    statements = [];
    for (const [table, columns, values] of fills) {
      const count = small.includes(table) ? organizations : rows;
      await sql`INSERT INTO ${sql.table(table)} (${sql.raw(columns)})
        SELECT ${sql.raw(values.replaceAll('TIME', time).replaceAll('AHEAD', ahead))} FROM generate_series(1, ${count}::int) AS n`.execute(
        db,
      );
    }
    await sql`ANALYZE`.execute(db);
    ({ snapshot } = await readChangedHeads(db, null, []));
  });
  after(async () => {
    await db?.destroy();
    await database?.drop();
  });

  const inTransaction = (use: (tx: Tx) => Promise<unknown>) => () => db.transaction().execute(use);
  const sweeps: Readonly<Record<string, () => Promise<unknown>>> = {
    'changed heads': () => readChangedHeads(db, snapshot, ['3']),
    'the age of a log': () => readLogAge(db, '3', 5, 0),
    'pruned entries': inTransaction(async (tx) => {
      await sql`UPDATE org_heads SET floor_revision = 100 WHERE organization_id = 3`.execute(tx);
      await deleteHistory(tx, '3', 0);
    }),
    'audit entries': inTransaction((tx) => deleteAuditEntries(tx, '3', 1)),
    deliveries: inTransaction((tx) => deleteDeliveries(tx, '3', 1)),
    'due retention runs': () => claimRun(db, 'lease', 1_000),
    'organizations of an erased user': () => readOrganizationsOfUser(db, '7', ['user-7']),
    exports: () => deleteExpiredExports(db),
    'due exports': () => sql`SELECT ${isExportRequested}, ${isExportExpired}`.execute(db),
    'queued mails': () => sql`SELECT ${isMailQueued}`.execute(db),
    'stored responses': () => deleteOldResponses(db),
    sessions: () => hasOldSessions(db, 1),
    'counts of attempts, links of mails and used challenges': () => deleteExpired(db),
    'failed mails': () => forgetFailedMails(db, 1),
    'windows of digests': () => forgetOldWindows(db),
    'sent invites': () => deleteOldInvites(db),
    'notices of providers': () => deleteOldNotices(db),
    'logins at identity providers': () => deleteOldFlows(db),
  };

  for (const [what, sweep] of Object.entries(sweeps)) {
    it(`[13.15] finds ${what} by an index`, async () => {
      statements = [];
      await sweep();
      const sent = statements.filter(({ sql: text }) => /^\s*(select|delete|update|with)/i.test(text));
      assert.ok(sent.length > 0);
      for (const { sql: text, parameters } of sent) {
        const { rows: explained } = await db.executeQuery<{ 'QUERY PLAN': readonly [{ Plan: PlanNode }] }>(
          CompiledQuery.raw(`EXPLAIN (FORMAT JSON) ${text}`, [...parameters]),
        );
        const scanned = nodesOf(explained[0]!['QUERY PLAN'][0].Plan)
          .filter((node) => node['Node Type'] === 'Seq Scan')
          .map((node) => node['Relation Name']!)
          .filter((table) => large.includes(table));
        assert.deepEqual(scanned, [], text);
      }
    });
  }

  it('[13.15] deletes 1,000 rows per statement', async () => {
    await sql`UPDATE idempotency_keys SET created_at = now() - interval '2 days' WHERE actor = '' AND key::int > ${rows - 2_500}`.execute(
      db,
    );
    statements = [];
    await deleteOldResponses(db);
    assert.equal(statements.length, 3);
    const { rows: left } = await sql<{ count: number }>`SELECT count(*)::int AS count FROM idempotency_keys`.execute(db);
    assert.ok(left[0]!.count <= rows - 2_500);
  });
});
