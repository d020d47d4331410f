import { sql } from 'kysely';
import type { Db, Tx } from '../../../database/database.ts';
import { deleteInBatches } from '../../../database/delete-in-batches.ts';
import { formatActor, isCalling } from '../../../domain/actor.ts';
import type { RecentInvites } from '../../../domain/invites/invites.ts';
import type { LoadContext } from '../../command.ts';
import { countInvitation } from '../notice-limits.ts';

/**
 * Write path 2/5 and 4/5: counts invites in the database, so that the limits apply to all instances
 * together.
 */

const dayAgo = sql<string>`now() - interval '1 day'`;

const noInvites: RecentInvites = { byActor: 0, inOrganization: 0, toEmail: 0 };

/**
 * The organization is locked already. This locks the actor too, who may be inviting people to
 * another organization concurrently.
 */
export async function loadRecentInvites(tx: Tx, { orgId, actor }: LoadContext, email: string | null): Promise<RecentInvites> {
  if (!isCalling(actor)) return noInvites;
  const name = formatActor(actor);
  const locking = sql`SELECT pg_advisory_xact_lock(hashtextextended(${`invites by ${name}`}, 0))`.execute(tx);
  const counting = sql<RecentInvites>`
    SELECT
      (SELECT count(*)::integer FROM sent_invites WHERE actor = ${name} AND sent_at > ${dayAgo}) AS "byActor",
      count(*)::integer AS "inOrganization",
      (count(*) FILTER (WHERE email = ${email?.toLowerCase() ?? null}))::integer AS "toEmail"
    FROM sent_invites WHERE organization_id = ${orgId} AND sent_at > ${dayAgo}`.execute(tx);
  const [, { rows }] = await Promise.all([locking, counting]);
  return rows[0]!;
}

/**
 * @throws OrgError `rate-limited` when organizations together have invited the address too often
 */
export async function saveSentInvite(tx: Tx, { orgId, actor }: LoadContext, email: string): Promise<void> {
  if (!isCalling(actor)) return;
  const invite = { organization_id: orgId, actor: formatActor(actor), email: email.toLowerCase() };
  await Promise.all([countInvitation(tx, email), tx.insertInto('sent_invites').values(invite).execute()]);
}

export async function deleteOldInvites(db: Db): Promise<void> {
  await deleteInBatches(db, 'sent_invites', sql<boolean>`sent_at < ${dayAgo}`);
}
