import * as z from 'zod';
import { hashToken } from '../../../../runtime/secrets/hash-token.ts';
import { type DirectoryConnection, DirectoryError } from '../../directories/directory.ts';
import type { GitLabClient, GitLabTokens } from './gitlab-client.ts';
import { directoryErrorOf } from './gitlab-errors.ts';
import type { AccessToken } from './gitlab-requests.ts';

/** The name of the stored tokens of a connection. */
export const tokensSecret = 'tokens';

/** A token that expires during a request would be refused. */
const expiryMarginMs = 60_000;

const storedTokens = z.object({ accessToken: z.string(), refreshToken: z.string(), expiresAt: z.number() });

export function tokensToText(tokens: GitLabTokens): string {
  return JSON.stringify(tokens);
}

/** @throws DirectoryError without tokens */
export function tokensOf(text: string | undefined): GitLabTokens {
  if (text === undefined)
    throw new DirectoryError('disconnected', 'The tokens of the connection to GitLab are missing. Connect the group again.');
  return storedTokens.parse(JSON.parse(text));
}

export interface StoredToken extends AccessToken {
  /** The current tokens. They may have expired. */
  tokens(): GitLabTokens;
}

/**
 * The access token of a connection. GitLab ends a refresh token when it is used, so the tokens that
 * replace it are stored before their first use, and only one caller replaces them at a time. A
 * caller that waited for another one gets the tokens that the other one has stored.
 */
export function storedToken(client: GitLabClient, connection: DirectoryConnection): StoredToken {
  let tokens = tokensOf(connection.secrets[tokensSecret]);
  const renew = async (refused: string) => {
    const stored = await connection.replaceSecret(tokensSecret, async (text) => {
      const present = tokensOf(text);
      return present.accessToken === refused ? tokensToText(await refresh(client, present)) : null;
    });
    tokens = tokensOf(stored);
    return tokens.accessToken;
  };
  return {
    // A group belongs to one organization.
    owner: { caller: `gitlab ${connection.externalId}`, purpose: 'directory' },
    current: async () => (Date.now() < tokens.expiresAt - expiryMarginMs ? tokens.accessToken : renew(tokens.accessToken)),
    renew,
    tokens: () => tokens,
  };
}

async function refresh(client: GitLabClient, tokens: GitLabTokens): Promise<GitLabTokens> {
  try {
    return await client.refresh(tokens);
  } catch (error) {
    throw directoryErrorOf(error);
  }
}

/** The access token of tokens that GitLab has just issued, before they are stored. */
export function newToken({ accessToken }: GitLabTokens): AccessToken {
  const refuse = async () => {
    throw new DirectoryError('disconnected', 'GitLab no longer accepts the connection.');
  };
  return { owner: { caller: hashToken(accessToken), purpose: 'set-up' }, current: async () => accessToken, renew: refuse };
}
