import type { Db } from '../../../../database/database.ts';
import { openOrgSecrets } from '../../../../database/organizations/org-secrets.ts';
import type { KeyRing } from '../../../../runtime/secrets/key-ring.ts';
import { ownerOfSecrets } from '../../commands/integration-rows.ts';
import { type ChannelPage, failureOf, type SlackClient } from './slack-client.ts';
import { botTokenSecret } from './slack-notifier.ts';

export interface ListedChannels extends ChannelPage {
  /** Why Slack returned no channels. */
  readonly error: string | null;
}

/**
 * A page of the public channels of a connected workspace.
 * @param key the server's SECRET
 */
export async function listChannels(
  { db, key, slack }: { readonly db: Db; readonly key: KeyRing; readonly slack: SlackClient },
  orgId: string,
  integrationId: string,
  cursor: string | null,
): Promise<ListedChannels> {
  const token = (await openOrgSecrets(db, key, ownerOfSecrets(orgId, integrationId))).get(botTokenSecret) ?? '';
  try {
    return { ...(await slack.listChannels(token, cursor)), error: null };
  } catch (error) {
    return { channels: [], next: null, error: failureOf(error).error };
  }
}
