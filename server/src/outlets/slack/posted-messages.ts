import type { Db } from '../../database/database.ts';

/** The messages with buttons, as rows of `notifier_messages`. */

export interface PostedMessage {
  readonly integrationId: string;
  readonly orgId: string;
  readonly memberId: string;
  readonly channel: string;
  readonly ts: string;
}

export async function savePosted(db: Db, { integrationId, orgId, memberId, channel, ts }: PostedMessage): Promise<void> {
  await db
    .insertInto('notifier_messages')
    .values({ integration_id: integrationId, organization_id: orgId, subject: `member:${memberId}`, channel, message_id: ts })
    .onConflict((conflict) => conflict.columns(['integration_id', 'subject', 'channel']).doUpdateSet({ message_id: ts }))
    .execute();
}

export async function readPosted(db: Db, integrationId: string, memberId: string): Promise<{ channel: string; ts: string }[]> {
  const rows = await db
    .selectFrom('notifier_messages')
    .select(['channel', 'message_id'])
    .where('integration_id', '=', integrationId)
    .where('subject', '=', `member:${memberId}`)
    .execute();
  return rows.map(({ channel, message_id: ts }) => ({ channel, ts }));
}

export async function removePosted(db: Db, integrationId: string, memberId: string, channel: string): Promise<void> {
  await db
    .deleteFrom('notifier_messages')
    .where('integration_id', '=', integrationId)
    .where('subject', '=', `member:${memberId}`)
    .where('channel', '=', channel)
    .execute();
}
