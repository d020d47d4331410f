import type { Db } from '../../../../database/database.ts';
import type { OpenIntegration } from '../../outlets/integration-consumer.ts';

/** The owners for whom the alert `owner-added` is open, as rows of `notifier_messages`. */

const channel = 'owner-added';

type Ref = Pick<OpenIntegration, 'orgId' | 'record'>;

export async function addOwner(db: Db, { orgId, record }: Ref, memberId: string): Promise<void> {
  await db
    .insertInto('notifier_messages')
    .values({ integration_id: record.id, organization_id: orgId, subject: `member:${memberId}`, channel, message_id: '' })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

/** Whether the alert is open for this owner and no other. */
export async function isLastOwner(db: Db, { orgId, record }: Ref, memberId: string): Promise<boolean> {
  const rows = await db
    .selectFrom('notifier_messages')
    .select('subject')
    .where('organization_id', '=', orgId)
    .where('integration_id', '=', record.id)
    .where('channel', '=', channel)
    .limit(2)
    .execute();
  return rows.length === 1 && rows[0]!.subject === `member:${memberId}`;
}

export async function removeOwner(db: Db, { orgId, record }: Ref, memberId: string): Promise<void> {
  await db
    .deleteFrom('notifier_messages')
    .where('organization_id', '=', orgId)
    .where('integration_id', '=', record.id)
    .where('channel', '=', channel)
    .where('subject', '=', `member:${memberId}`)
    .execute();
}
