import { authenticateTokens, openOwnIdentity } from '../../server/src/identity/identity-own.ts';
import { mintUserToken } from '../../server/src/identity/tokens/tokens.ts';
import { describeIdentityContract } from './identity.suite.ts';

describeIdentityContract('our own tokens', async (server) => ({
  identity: openOwnIdentity((tokens) => authenticateTokens(server.services.db, tokens)),
  async tokenOf({ userId }, expiresInSeconds) {
    const expiresAt = new Date(Date.now() + expiresInSeconds * 1_000).toISOString();
    return (await server.operate('POST', `/users/${userId}/tokens/`, { scopes: ['org:read'], expiresAt })).body.token;
  },
  unknownToken: async () => mintUserToken(),
  close: async () => {},
}));
