import { openJwtIdentity, readNamedUsers } from '../../server/src/identity/tokens/identity-jwt.ts';
import { defaultTokenRules } from '../../server/src/identity/tokens/token-rules.ts';
import { TrustedIssuer, type UserRule } from '../../server/src/identity/tokens/trusted-issuer.ts';
import { createLog } from '../../server/src/runtime/log.ts';
import { TestIssuer } from '../support/issuer.ts';
import { describeIdentityContract } from './identity.suite.ts';

describeJwt({ by: 'email', claim: 'email' });
describeJwt({ by: 'id', claim: 'sub' });

function describeJwt(user: UserRule): void {
  describeIdentityContract(`tokens of a trusted issuer, by ${user.by}`, async (server) => {
    const issuer = await TestIssuer.start();
    const settings = { issuer: issuer.url, audience: issuer.audience, jwksUrl: `${issuer.url}/keys`, user, rules: defaultTokenRules };
    return {
      identity: openJwtIdentity(new TrustedIssuer(settings, createLog('silent')), (names) =>
        readNamedUsers(server.services.db, user, names, server.services.writePath.deriveToken),
      ),
      tokenOf: ({ email, userId }, expiresInSeconds) =>
        issuer.sign({ sub: userId, email: email.toUpperCase(), email_verified: true }, { expiresInSeconds }),
      async unknownToken() {
        const other = await TestIssuer.start();
        const token = await other.sign({ iss: issuer.url, sub: '1', email: 'person@example.com', email_verified: true }, { kid: 'key-1' });
        await other.stop();
        return token;
      },
      close: () => issuer.stop(),
    };
  });
}
