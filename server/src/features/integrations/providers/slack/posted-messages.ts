import type { Db } from '../../../../database/database.ts';

/**
 * The messages that were posted, as rows of `notifier_messages`: those with buttons until the
 * request is decided, and those about a revision until all channels have it.
 */

/** The subject of messages of an integration: a request or a revision. */
export interface PostRef {
  readonly integrationId: string;
  readonly orgId: string;
  readonly subject: string;
}

export interface PostedMessage extends PostRef {
  readonly channel: string;
  readonly ts: string;
}

export const subjects = {
  request: (memberId: string) => `member:${memberId}`,
  revision: (revision: number) => `revision:${revision}`,
};

export async function savePosted(db: Db, { integrationId, orgId, subject, channel, ts }: PostedMessage): Promise<void> {
  await db
    .insertInto('notifier_messages')
    .values({ integration_id: integrationId, organization_id: orgId, subject, channel, message_id: ts })
    .onConflict((conflict) => conflict.columns(['integration_id', 'subject', 'channel']).doUpdateSet({ message_id: ts }))
    .execute();
}

export async function readPosted(db: Db, { integrationId, orgId, subject }: PostRef): Promise<{ channel: string; ts: string }[]> {
  const rows = await db
    .selectFrom('notifier_messages')
    .select(['channel', 'message_id'])
    .where('organization_id', '=', orgId)
    .where('integration_id', '=', integrationId)
    .where('subject', '=', subject)
    .execute();
  return rows.map(({ channel, message_id: ts }) => ({ channel, ts }));
}

/** @param channel all channels if absent */
export async function removePosted(db: Db, { integrationId, orgId, subject }: PostRef, channel?: string): Promise<void> {
  let removed = db
    .deleteFrom('notifier_messages')
    .where('organization_id', '=', orgId)
    .where('integration_id', '=', integrationId)
    .where('subject', '=', subject);
  if (channel !== undefined) removed = removed.where('channel', '=', channel);
  await removed.execute();
}
