import { kindsInOrder } from '@rollcall/protocol';
import { sql } from 'kysely';
import type { Db, Tx } from '../database.ts';
import { batchRowsMax, deleteInBatches } from '../delete-in-batches.ts';
import { recordTables } from '../records/record-tables.ts';
import type { Schema } from '../schema.ts';

/** Organizations that will be removed, and the remaining rows of removed ones (docs/adr/0021). */

export async function saveDeadline(tx: Tx, orgId: string, removeAt: string): Promise<void> {
  await tx.updateTable('organizations').set({ remove_at: removeAt }).where('id', '=', orgId).execute();
}

/** The time when an organization will be removed. Null if it is active or already removed. */
export async function readDeadline(db: Db, orgId: string): Promise<string | null> {
  const row = await db.selectFrom('organizations').select('remove_at').where('id', '=', orgId).executeTakeFirst();
  return row?.remove_at ?? null;
}

/** Organizations whose removal is due, the longest overdue first, except those under legal hold. */
export async function readDueRemovals(db: Db): Promise<string[]> {
  const rows = await db
    .selectFrom('organizations')
    .select('id')
    .where('remove_at', '<=', sql<string>`clock_timestamp()`)
    .where('status', '<>', 'active')
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('retentions')
            .whereRef('retentions.organization_id', '=', 'organizations.id')
            .where(sql<boolean>`(retention -> 'legalHold')::boolean`),
        ),
      ),
    )
    .orderBy('remove_at')
    .execute();
  return rows.map(({ id }) => id);
}

/**
 * Registers the organization so that its remaining rows are found and removed. Deletes its queued
 * invitation mail.
 */
export async function registerRemovedOrganization(tx: Tx, orgId: string): Promise<void> {
  await tx.insertInto('removed_organizations').values({ organization_id: orgId }).execute();
  await sql`
    DELETE FROM mail_outbox USING members
    WHERE members.organization_id = ${orgId}
      -- What another version queued may have anything there.
      AND members.id = CASE WHEN params -> 'invite' ->> 'memberId' ~ '^[0-9]{1,18}$' THEN (params -> 'invite' ->> 'memberId')::bigint END
  `.execute(tx);
}

/** The traces of an organization that may be gone. */
export interface Presence {
  /** Whether it has a head and its record. */
  readonly isPresent: boolean;
  /** Whether a command removed it. The record of that is kept permanently. */
  readonly isRemoved: boolean;
}

export async function readPresence(db: Db, orgId: string): Promise<Presence> {
  const { rows } = await sql<Presence>`
    SELECT EXISTS (SELECT FROM org_heads WHERE organization_id = ${orgId})
        AND EXISTS (SELECT FROM organizations WHERE id = ${orgId}) AS "isPresent",
      EXISTS (SELECT FROM organization_removals WHERE organization_id = ${orgId}) AS "isRemoved"`.execute(db);
  return rows[0]!;
}

/**
 * Children come before their parents, so that each foreign key holds at each step. The log and its
 * head come after the records. `provider_revocations` is not in the list: its rows and their
 * secrets are deleted once the connections were ended at the providers.
 */
export const tablesOfOrganization: readonly (keyof Schema)[] = [
  'session_sso',
  'job_results',
  'log_consumers',
  'deliveries',
  'integration_flows',
  'directory_reads',
  'notifier_messages',
  'sso_flows',
  'sso_seen',
  'sso_removed_users',
  'certificate_warnings',
  'auth_provider_configs',
  'scim_addresses',
  'sso_identities',
  'organization_avatars',
  'export_pieces',
  'exports',
  'org_secrets',
  'project_bookmarks',
  'project_redirects',
  ...kindsInOrder.flatMap((kind) => (kind === 'organization' ? [] : [recordTables[kind].table])).reverse(),
  'removed_members',
  'erasure_organizations',
  'sent_invites',
  'security_events',
  'change_log',
  'org_heads',
  // Deleted after the head. While the head exists, the retention job would add the row again.
  'retention_runs',
];

/** Whether this secret is needed to end the connection of an integration at its provider. */
const isForRevocation = sql`(owner_kind = 'integration' AND owner_id IN (
  SELECT integration_id FROM provider_revocations AS revocation WHERE revocation.organization_id = org_secrets.organization_id
))`;

/**
 * Removes one batch of the rows that a removed organization left. Skips organizations that another
 * transaction works on. Returns whether more rows may be left. Run it in a transaction of its own.
 */
export async function removeLeftovers(tx: Tx): Promise<boolean> {
  const removal = await tx
    .selectFrom('removed_organizations')
    .select('organization_id')
    .orderBy('removed_at')
    .limit(1)
    .forUpdate()
    .skipLocked()
    .executeTakeFirst();
  if (!removal) return false;
  const orgId = removal.organization_id;
  for (const table of tablesOfOrganization) {
    const rest = table === 'org_secrets' ? sql`AND NOT ${isForRevocation}` : sql``;
    const { numAffectedRows = 0n } = await sql`
      DELETE FROM ${sql.table(table)} WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM ${sql.table(table)} WHERE organization_id = ${orgId} ${rest} LIMIT ${batchRowsMax}
      ))`.execute(tx);
    if (numAffectedRows > 0n) return true;
  }
  await tx.deleteFrom('removed_organizations').where('organization_id', '=', orgId).execute();
  return true;
}

/**
 * Sweeps read these rows within a second. An instance that was suspended for longer reads each head
 * within a minute.
 */
export async function forgetMovedHeads(db: Db): Promise<void> {
  await deleteInBatches(db, 'moved_heads', sql<boolean>`moved_at < now() - interval '1 hour'`);
}
