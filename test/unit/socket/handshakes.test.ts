import assert from 'node:assert/strict';
import { OrgError } from '@rollcall/protocol';
import { RateLimits } from '../../../server/src/identity/limits/rate-limits.ts';
import type { ServerStream } from '../../../server/src/read-path/server-stream.ts';
import { limitTable } from '../../../server/src/runtime/limits/limits.ts';
import { costs } from '../../../server/src/runtime/limits/rows/rates.ts';
import { Counters } from '../../../server/src/runtime/metrics/counters.ts';
import { HandshakeError, Handshakes } from '../../../server/src/socket/handshake.ts';

describe('handshakes', () => {
  const stream = { revision: 0, revokedSince: () => [] } as unknown as ServerStream;
  const handshake = { auth: { token: 'a-wrong-token', v: 1 }, headers: {} };
  let lookUps: number;
  let handshakes: Handshakes;

  beforeEach(() => {
    lookUps = 0;
    const authenticator = {
      authenticateToken: async () => {
        lookUps++;
        throw new OrgError('unauthenticated', 'Invalid token');
      },
      authenticateSession: async () => {
        lookUps++;
        return null;
      },
      readSessionToken: () => null,
      isExpired: () => false,
      confirmRefusal: async () => {},
    };
    const limits = {
      requestsPerCredential: limitTable.requestsPerCredential.default,
      requestsPerAddress: limitTable.requestsPerAddress.default,
      memberRequests: limitTable.memberRequests.default,
      concurrentRequests: limitTable.concurrentRequests.default,
    };
    handshakes = new Handshakes(authenticator, stream, new RateLimits(limits, null, new Counters()));
  });

  const codeOf = (network: string, auth: object = handshake.auth) =>
    handshakes.authenticate({ ...handshake, auth }, { network, address: null }).then(
      () => 'accepted',
      (error: unknown) => (error instanceof HandshakeError ? error.data.code : String(error)),
    );

  it('[H-07] count refused tokens per network, and are refused without a lookup beyond the limit', async () => {
    const free = limitTable.requestsPerAddress.default / costs.refusedCredential.value;
    const codes: string[] = [];
    for (let guess = 0; guess < 2 * free; guess++) codes.push(await codeOf('192.0.2.1', { token: `guess-${guess}`, v: 1 }));
    assert.ok(lookUps <= free + 1, `${lookUps} look-ups for ${2 * free} guesses`);
    assert.equal(codes.at(-1), 'overloaded');
    assert.equal(await codeOf('192.0.2.2'), 'unauthenticated', 'another network is not limited');
  });

  it('[H-03] count each token like a request', async () => {
    const codes = await Promise.all(
      Array.from({ length: limitTable.requestsPerCredential.default + 1 }, (_, number) => codeOf(`network-${number}`)),
    );
    assert.equal(codes.at(-1), 'overloaded');
  });

  it('[A5] read a credential again if the user got another identity in between, and refuse a disabled user', async () => {
    const actor = { kind: 'user', userId: '7', tokenScopes: null, boundOrgIds: null, bindings: null } as const;
    const authentication = { actor, credentialId: 'jwt:1', expiresAt: null, session: null, ofTrustedIssuer: { hasRecentLogin: true } };
    const limits = { requestsPerCredential: 10, requestsPerAddress: 10, memberRequests: 10, concurrentRequests: 10 };
    for (const [kind, code, reads] of [
      ['identity-changed', 'accepted', 2],
      ['user-disabled', 'unauthenticated', 1],
    ] as const) {
      const revocations = [[{ kind, userId: '7' }]];
      lookUps = 0;
      handshakes = new Handshakes(
        {
          authenticateToken: async () => {
            lookUps++;
            return authentication;
          },
          authenticateSession: async () => null,
          readSessionToken: () => null,
          isExpired: () => false,
          confirmRefusal: async () => {},
        },
        { revision: 0, revokedSince: () => revocations.shift() ?? [] } as unknown as ServerStream,
        new RateLimits(limits, null, new Counters()),
      );
      assert.deepEqual([await codeOf('192.0.2.1'), lookUps], [code, reads]);
    }
  });
});
