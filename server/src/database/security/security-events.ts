import { type RawBuilder, type Selectable, sql } from 'kysely';
import type { SecurityEvent } from '../../runtime/security-events/security-event.ts';
import type { TokenNetwork } from '../../runtime/security-events/token-networks.ts';
import type { Db, Tx } from '../database.ts';
import { batchRowsMax } from '../delete-in-batches.ts';
import type { Schema } from '../schema.ts';

/** Rows of security events. They belong to no log: strangers cause them. */

export const eventColumns = [
  'id',
  'organization_id',
  'event',
  'kind',
  'outcome',
  'count',
  'caller_kind',
  'caller_id',
  'credential_kind',
  'credential_id',
  'address',
  'target_kind',
  'target_id',
  'request_id',
  'instance',
  'date_created',
] as const;

export type SecurityEventRow = Pick<Selectable<Schema['security_events']>, (typeof eventColumns)[number]>;

/**
 * Lets only one transaction at a time save events, or erase a user from them. The lock is a
 * statement of its own, so that the next one sees what it waited for.
 */
async function lockEvents(tx: Tx): Promise<void> {
  await sql`SELECT pg_advisory_xact_lock(hashtextextended('security-events', 0))`.execute(tx);
}

/** Whether the target is a network that an erased caller has used. */
const isOwnNetwork = sql<boolean>`(caller.user_id IS NOT NULL AND event."targetKind" = 'network')`;

/**
 * Saves events. The ids are taken under the lock, which ends when the rows are visible. So a reader
 * that continues after the highest id it has seen misses none, even if several instances save
 * events. An event is saved without a user who was erased in between, and without an organization
 * that was removed, because the rows of that are deleted by then.
 */
export async function insertSecurityEvents(db: Db, events: readonly SecurityEvent[]): Promise<void> {
  const rows = events.map(({ caller, target, ...event }) => ({
    ...event,
    callerKind: caller?.kind,
    callerId: caller?.id,
    credentialKind: caller?.credential?.kind,
    credentialId: caller?.credential?.id,
    targetKind: target?.kind,
    targetId: target?.id,
  }));
  await db.transaction().execute(async (tx) => {
    await lockEvents(tx);
    await sql`
      INSERT INTO security_events (organization_id, event, kind, outcome, count, caller_kind, caller_id, credential_kind, credential_id,
        address, target_kind, target_id, request_id, instance, date_created)
      SELECT CASE WHEN removal.organization_id IS NULL THEN event."orgId" END, event.event, event.kind, event.outcome, event.count, event."callerKind",
        CASE WHEN caller.user_id IS NULL THEN event."callerId" END, event."credentialKind",
        CASE WHEN caller.user_id IS NULL THEN event."credentialId" END, CASE WHEN caller.user_id IS NULL THEN event.address END,
        CASE WHEN target.user_id IS NULL AND NOT ${isOwnNetwork} THEN event."targetKind" END,
        CASE WHEN target.user_id IS NULL AND NOT ${isOwnNetwork} THEN event."targetId" END,
        event."requestId", event.instance, event."dateCreated"
      FROM ROWS FROM (jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS ("orgId" bigint, event text, kind text, outcome text,
        count integer, "callerKind" text, "callerId" text, "credentialKind" text, "credentialId" text, address text,
        "targetKind" text, "targetId" text, "requestId" text, instance text, "dateCreated" timestamptz)) WITH ORDINALITY AS event
        ("orgId", event, kind, outcome, count, "callerKind", "callerId", "credentialKind", "credentialId", address, "targetKind",
        "targetId", "requestId", instance, "dateCreated", number)
      LEFT JOIN erasures AS caller
        ON caller.user_id = CASE WHEN event."callerKind" = 'user' THEN event."callerId"::bigint END AND caller.finished_at IS NOT NULL
      LEFT JOIN erasures AS target
        ON target.user_id = CASE WHEN event."targetKind" = 'user' THEN event."targetId"::bigint END AND target.finished_at IS NOT NULL
      LEFT JOIN organization_removals AS removal ON removal.organization_id = event."orgId"
      ORDER BY number`.execute(tx);
  });
}

/** Whether the database refuses the rows themselves: a value that it can't store. */
export function isRefusedByDatabase(error: unknown): boolean {
  const code = (error as { readonly code?: unknown } | null)?.code;
  return typeof code === 'string' && /^2[23]/.test(code);
}

/** Returns the tokens and networks for which no event is stored. */
export async function findNewNetworks(db: Db, used: readonly TokenNetwork[]): Promise<TokenNetwork[]> {
  const { rows } = await sql<TokenNetwork>`
    SELECT used."tokenId", used.network
    FROM jsonb_to_recordset(${JSON.stringify(used)}::jsonb) AS used ("tokenId" text, network text)
    WHERE NOT EXISTS (
      SELECT FROM security_events
      WHERE event = 'token.new-network' AND credential_id = used."tokenId" AND target_id = used.network
    )`.execute(db);
  return rows;
}

/**
 * Removes a user from a batch of the events, which stay: their id as caller and as target, with
 * their address, network and credential. Returns whether more may be left.
 */
export async function eraseUserFromEvents(db: Db, userId: string): Promise<boolean> {
  const asCaller = await sql`
    UPDATE security_events SET caller_id = NULL, credential_id = NULL, address = NULL,
      target_kind = nullif(target_kind, 'network'), target_id = CASE WHEN target_kind = 'network' THEN NULL ELSE target_id END
    WHERE ctid = ANY (ARRAY(
      SELECT ctid FROM security_events WHERE caller_kind = 'user' AND caller_id = ${userId} LIMIT ${batchRowsMax}
    ))`.execute(db);
  const asTarget = await sql`
    UPDATE security_events SET target_kind = NULL, target_id = NULL WHERE ctid = ANY (ARRAY(
      SELECT ctid FROM security_events WHERE target_kind = 'user' AND target_id = ${userId} LIMIT ${batchRowsMax}
    ))`.execute(db);
  return [asCaller, asTarget].some(({ numAffectedRows = 0n }) => numAffectedRows === BigInt(batchRowsMax));
}

/** Removes the user from the last events, in the transaction that erases them. */
export async function eraseUserFromLastEvents(tx: Tx, userId: string): Promise<void> {
  await lockEvents(tx);
  while (await eraseUserFromEvents(tx, userId));
}

export interface SecurityEventCondition {
  readonly event: string | null;
  readonly outcome: string | null;
  readonly callerId: string | null;
  readonly address: string | null;
}

/** The condition of a filter, for both lists of events. */
export function matches({ event, outcome, callerId, address }: SecurityEventCondition): RawBuilder<boolean> {
  const parts = [sql<boolean>`true`];
  if (event !== null) parts.push(sql<boolean>`event = ${event}`);
  if (outcome !== null) parts.push(sql<boolean>`outcome = ${outcome}`);
  if (callerId !== null) parts.push(sql<boolean>`caller_id = ${callerId}`);
  if (address !== null) parts.push(sql<boolean>`address = ${address}`);
  return sql<boolean>`${sql.join(parts, sql` AND `)}`;
}
