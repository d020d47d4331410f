import assert from 'node:assert/strict';
import { sql } from 'kysely';
import { forgetMovedHeads } from '../../../server/src/database/organizations/removals.ts';
import { recordTables } from '../../../server/src/database/records/record-tables.ts';
import { deleteOldNotices } from '../../../server/src/features/integrations/directories/accept-notice.ts';
import { beginInstall } from '../../../server/src/features/integrations/outlets/install-flows.ts';
import { deleteOldFlows } from '../../../server/src/features/single-sign-on/database/sso-flows.ts';
import { deleteFinishedJobs, finishedDaysMax } from '../../../server/src/jobs/job-claims.ts';
import { failedDaysMax, forgetFailedMails, forgetOldWindows } from '../../../server/src/mail/outbox.ts';
import { deleteOldInvites } from '../../../server/src/write-path/commands/invites/recent-invites.ts';
import { deleteOldResponses } from '../../../server/src/write-path/idempotency-sweep.ts';
import { sessionsSweep } from '../../../server/src/write-path/users/sessions/sessions-sweep.ts';
import { startServer, type TestServer } from '../../support/server.ts';
import { readSource } from '../../support/source-files.ts';

/**
 * Tables whose rows are limited by something else than time: by the people and organizations that
 * exist, and by what they have.
 */
const boundedByOwner: Readonly<Record<string, string>> = {
  users: 'people',
  user_emails: 'a few per user',
  authenticators: 'a few per user',
  passkeys: 'twenty per user',
  organizations: 'organizations',
  org_heads: 'one per organization',
  org_secrets: 'a few per provider, webhook, integration and former connection',
  organization_avatars: 'one per organization',
  project_redirects: 'former slugs of existing projects, each once',
  project_bookmarks: 'pairs of users and projects',
  auth_provider_configs: 'one per provider',
  sso_identities: 'one per person and provider',
  erased_names: 'one per address and external id of an erased user',
  sso_removed_users: 'one per person and provider, with the addresses that the account had at a removal',
  session_sso: 'one per session and organization; they end with the session',
  certificate_warnings: 'three per certificate; they end with the provider',
  scim_addresses: 'a hundred per token; a use deletes those of a week ago',
  log_consumers: 'one per webhook and integration',
  directory_reads: 'one per integration',
  provider_revocations: 'one per former connection; the sweep ends it or gives it up',
  notifier_messages: 'one per integration, open request and channel',
  retention_runs: 'one per organization',
  export_pieces: 'the file of an export; they end with it',
  removed_members: 'one per removed member whose data is still to be replaced',
  erasures: 'one per erased user, whose row stays too',
  erasure_organizations: 'one per erased user and organization; they end with the organization',
  server_values: 'a fixed set',
  job_results: 'one per finished or open job and organization; they end with the job',
  pending_refreshes: 'one per user; only older versions write it, and delete each once the members are refreshed',
  organization_removals: 'one row of 40 bytes per organization that was ever removed',
};

/** Tables that other tests prune. */
const boundedElsewhere: Readonly<Record<string, string>> = {
  change_log: 'test/integration/retention/retention-job.test.ts',
  audit_entries: 'test/integration/retention/retention-job.test.ts',
  deliveries: 'test/integration/retention/retention-job.test.ts',
  removed_organizations: 'test/multi-instance/organization-removal.test.ts',
  instances: 'test/multi-instance/receipts.test.ts',
  exports: 'test/integration/organizations/exports.test.ts',
  security_events: 'test/integration/retention/security-events.test.ts',
};

interface SweptTable {
  /** The column that ages a row, and the SQL of a time at which the row is deleted. */
  readonly column: string;
  readonly old: string;
  /** The SQL of a time at which the row stays. */
  readonly recent: string;
  /** Other columns, as SQL. `{n}` is 1 or 2. */
  readonly values: Readonly<Record<string, string>>;
  sweep(server: TestServer, userId: string): Promise<unknown>;
}

const ago = (interval: string) => `clock_timestamp() - interval '${interval}'`;
const ahead = (interval: string) => `clock_timestamp() + interval '${interval}'`;
const epochMs = (time: string) => `(extract(epoch FROM ${time}) * 1000)::bigint`;
const sweepFlows = ({ services }: TestServer) => deleteOldFlows(services.db);
const sweepOld = ({ services }: TestServer) => sessionsSweep(services.writePath, services.limits.sessionIdleDays).run();

/** Tables whose rows are deleted by age. Each test adds an old row and a recent one. */
const swept: Readonly<Record<string, SweptTable>> = {
  idempotency_keys: {
    column: 'created_at',
    old: ago('25 hours'),
    recent: ago('23 hours'),
    values: { actor: `'user:1'`, key: `'key-{n}'`, fingerprint: `'f'`, answer: `'{}'`, org_revision: `'e.1'` },
    sweep: ({ services }) => deleteOldResponses(services.db),
  },
  mail_outbox: {
    column: 'failed_at',
    old: ago('31 days'),
    recent: ago('29 days'),
    values: { template: `'invitation'`, params: `'{}'`, recipient: `'a@example.com'` },
    sweep: ({ services }) => forgetFailedMails(services.db, failedDaysMax),
  },
  jobs: {
    column: 'finished_at',
    old: ago('7 days 1 hour'),
    recent: ago('6 days'),
    values: { kind: `'refresh-members'`, subject: `'{n}'`, params: `'{}'` },
    sweep: ({ services }) => deleteFinishedJobs(services.db, finishedDaysMax),
  },
  mail_windows: {
    column: 'ends_at',
    old: ago('1 minute'),
    recent: ahead('1 hour'),
    values: { key: `'key-{n}'` },
    sweep: ({ services }) => forgetOldWindows(services.db),
  },
  sessions: {
    column: 'expires_at',
    old: ago('1 minute'),
    recent: ahead('1 day'),
    values: { user_id: '{user}', token_hash: `'hash-{n}'` },
    sweep: sweepOld,
  },
  email_tokens: {
    column: 'expires_at',
    old: ago('1 minute'),
    recent: ahead('1 day'),
    values: {
      id: '{n}',
      user_id: '{user}',
      email_id: '(SELECT id FROM user_emails WHERE user_id = {user})',
      purpose: `'verification'`,
      token_hash: `'hash'`,
    },
    sweep: sweepOld,
  },
  attempt_limits: {
    column: 'expire',
    old: epochMs(ago('1 minute')),
    recent: epochMs(ahead('1 day')),
    values: { key: `'key-{n}'`, points: '1' },
    sweep: sweepOld,
  },
  sent_invites: {
    column: 'sent_at',
    old: ago('25 hours'),
    recent: ago('23 hours'),
    values: { organization_id: '{org}', actor: `'user:1'`, email: `'a@example.com'` },
    sweep: ({ services }) => deleteOldInvites(services.db),
  },
  moved_heads: {
    column: 'moved_at',
    old: ago('61 minutes'),
    recent: ago('59 minutes'),
    values: { head_id: '{n}' },
    sweep: ({ services }) => forgetMovedHeads(services.db),
  },
  used_challenges: {
    column: 'expires_at',
    old: ago('61 minutes'),
    recent: ago('59 minutes'),
    values: { nonce: `'nonce-{n}'` },
    sweep: sweepOld,
  },
  provider_notices: {
    column: 'date_created',
    old: ago('7 days 1 hour'),
    recent: ago('6 days'),
    values: { provider: `'github'`, notice_id: `'notice-{n}'` },
    sweep: ({ services }) => deleteOldNotices(services.db),
  },
  service_tokens: {
    column: 'expires_at',
    old: ago('1 minute'),
    recent: ahead('1 day'),
    values: { id: '{n}', name: `'billing'`, token_hash: `'hash-{n}'`, token_last_characters: `'0000'`, scopes: `'[]'` },
    // The next token deletes those that have expired.
    sweep: async (server) => assert.equal((await server.operate('POST', '/service-tokens/', { name: 'next' })).status, 201),
  },
  operator_tokens: {
    column: 'expires_at',
    old: ago('1 minute'),
    recent: ahead('1 day'),
    values: {
      id: '{n}',
      name: `'bot-{n}'`,
      token_hash: `'hash-{n}'`,
      token_last_characters: `'0000'`,
      scopes: `'[]'`,
      created_by: `'bootstrap'`,
    },
    // The next token deletes those that have expired.
    sweep: async (server) =>
      assert.equal((await server.operate('POST', '/operator-tokens/', { name: 'next', scopes: ['metrics:read'] })).status, 201),
  },
  sso_flows: {
    column: 'date_created',
    old: ago('11 minutes'),
    recent: ago('9 minutes'),
    values: {
      handle_hash: `'hash-{n}'`,
      organization_id: '{org}',
      provider_id: '{provider}',
      generation: '1',
      purpose: `'login'`,
      request_key: `'key-{n}'`,
    },
    sweep: sweepFlows,
  },
  sso_seen: {
    column: 'expires_at',
    old: ago('61 minutes'),
    recent: ago('59 minutes'),
    values: { organization_id: '{org}', provider_id: '{provider}', assertion_id: `'assertion-{n}'` },
    sweep: sweepFlows,
  },
  integration_flows: {
    column: 'date_created',
    old: ago('11 minutes'),
    recent: ago('9 minutes'),
    values: {
      state_hash: `'hash-{n}'`,
      organization_id: '{org}',
      provider: `'slack'`,
      user_id: '{user}',
      session_id: '{session}',
    },
    // The next connection deletes those that were not finished.
    sweep: async (server, userId) => {
      const { db, secret } = server.services;
      const { id: sessionId } = await db.selectFrom('sessions').select('id').limit(1).executeTakeFirstOrThrow();
      const flow = { orgId: '1', provider: 'github', userId, sessionId, secret: null };
      await beginInstall(db, secret, flow);
      await db.deleteFrom('integration_flows').where('provider', '=', 'github').execute();
    },
  },
};

describe('the tables of the database', () => {
  let server: TestServer;
  let userId: string;
  let orgId: string;

  before(async () => {
    server = await startServer();
    const { db } = server.services;
    userId = (await server.operate('POST', '/users/', { email: 'owner@example.com' })).body.id;
    orgId = (await server.operate('POST', '/organizations/', { name: 'Acme', ownerId: userId })).body.id;
    await sql`INSERT INTO auth_providers (id, organization_id, provider) VALUES (7000000000, ${orgId}, '{}')`.execute(db);
    await sql`INSERT INTO sessions (id, user_id, token_hash, expires_at) VALUES (8000000000, ${userId}, 'own', now() + interval '1 day')`.execute(
      db,
    );
  });
  after(() => server?.stop());

  /** One row per migration. */
  const ofMigrations = ['kysely_migration', 'kysely_migration_lock', 'migration_marks'];
  const [, tablesSection = ''] = /^## Tables\n([\s\S]*?)^## /m.exec(readSource('docs/operating/data.md')) ?? [];
  const classified = [...tablesSection.matchAll(/^\| (`[^|]+`) \|/gm)].flatMap(([, names]) =>
    [...names!.matchAll(/`(\w+)`/g)].map(([, name]) => name!),
  );
  const recordTableNames: readonly string[] = Object.values(recordTables).map(({ table }) => table);

  it('[13.15] [V14.1.1] [V14.1.2] every table has a class of data, and is limited: by its owners, by the age of its rows, or as records', async () => {
    const { rows } = await sql<{ name: string }>`
      SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'
    `.execute(server.services.db);
    const known = new Set([...recordTableNames, ...Object.keys({ ...boundedByOwner, ...boundedElsewhere, ...swept })]);
    const own = rows.map(({ name }) => name).filter((name) => !ofMigrations.includes(name));
    assert.deepEqual(
      own.filter((name) => !known.has(name)),
      [],
      'a table grows without a known limit: add it to a list in this file, with a sweep if its rows outlive their use',
    );
    assert.deepEqual(
      [...known].filter((name) => !own.includes(name)),
      [],
    );
    assert.deepEqual(
      classified.filter((name) => !own.includes(name)),
      [],
    );
    assert.deepEqual(
      own.filter((name) => !classified.includes(name)),
      [],
      'add the table to docs/operating/data.md, with its class',
    );
  });

  for (const [table, { column, old, recent, values, sweep }] of Object.entries(swept)) {
    it(`[13.15] ${table} loses only its old rows`, async () => {
      const { db } = server.services;
      const fill = (text: string, number: number) =>
        text
          .replaceAll('{n}', String(number))
          .replaceAll('{user}', userId)
          .replaceAll('{org}', orgId)
          .replaceAll('{provider}', '7000000000')
          .replaceAll('{session}', '8000000000');
      const before = await timesOf();
      for (const [index, time] of [old, recent].entries()) {
        const columns = [...Object.keys(values), column].join(', ');
        const row = [...Object.values(values).map((value) => fill(value, index + 1)), time].join(', ');
        await sql`INSERT INTO ${sql.table(table)} (${sql.raw(columns)}) VALUES (${sql.raw(row)})`.execute(db);
      }
      const added = (await timesOf()).filter((time) => !before.includes(time));
      await sweep(server, userId);
      assert.equal(added.length, 2);
      const left = await timesOf();
      assert.deepEqual(
        added.map((time) => left.includes(time)),
        [false, true],
      );

      async function timesOf(): Promise<string[]> {
        const { rows } = await sql<{ at: string }>`SELECT ${sql.ref(column)}::text AS at FROM ${sql.table(table)} ORDER BY 1`.execute(db);
        return rows.map(({ at }) => at);
      }
    });
  }
});
