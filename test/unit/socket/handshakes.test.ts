import assert from 'node:assert/strict';
import type { ServerStream } from '../../../server/src/read-path/server-stream.ts';
import { HandshakeError, Handshakes } from '../../../server/src/socket/handshake.ts';

describe('handshakes', () => {
  it('[R10] beyond what is answered in useful time are refused as overloaded, with a range to come back in', async () => {
    const never = {
      authenticateToken: () => new Promise<never>(() => {}),
      authenticateSession: () => new Promise<never>(() => {}),
      readSessionToken: () => null,
      isExpired: () => false,
    };
    const handshakes = new Handshakes(never, { revision: 0, endedSince: () => [] } as unknown as ServerStream);
    const handshake = { auth: { token: 'a-token', v: 1 }, headers: {} };
    for (let number = 0; number < 2_000; number++) void handshakes.judge(handshake);
    await assert.rejects(handshakes.judge(handshake), (error: unknown) => {
      assert.ok(error instanceof HandshakeError);
      assert.equal(error.data.code, 'overloaded');
      assert.ok(error.data.retryAfterMs);
      return true;
    });
  });
});
