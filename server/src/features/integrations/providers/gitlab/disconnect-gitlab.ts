import type { DirectoryConnection } from '../../directories/directory.ts';
import type { GitLabClient } from './gitlab-client.ts';
import { directoryErrorOf } from './gitlab-errors.ts';
import { deleteHook, hookSecret } from './gitlab-hooks.ts';
import { storedToken } from './gitlab-tokens.ts';

/**
 * Deletes the webhook of a connection, and ends its tokens. Resolves also if GitLab has ended the
 * connection before.
 * @throws DirectoryError after which it should be tried again
 */
export async function disconnectGitLab(client: GitLabClient, connection: DirectoryConnection): Promise<void> {
  try {
    const token = storedToken(client, connection);
    const hook = connection.secrets[hookSecret];
    if (hook !== undefined) await deleteHook(client.api(token), hook);
    await client.revoke(token.tokens());
  } catch (error) {
    const reason = directoryErrorOf(error);
    if (reason.failure !== 'disconnected') throw reason;
  }
}
