import assert from 'node:assert/strict';
import { connectRefusalSchema } from '@rollcall/protocol';
import { HandshakeError } from '../../../server/src/socket/handshake.ts';

describe('a refused handshake', () => {
  it('[R10] contains the range for reconnecting, as goodbye does', () => {
    const { data } = new HandshakeError('draining', [100, 3_000]);
    assert.deepEqual(data, { code: 'draining', retryAfterMs: [100, 3_000] });
    assert.deepEqual(connectRefusalSchema.parse(data), data);
  });

  it('contains no range if reconnecting cannot help', () => {
    assert.deepEqual(new HandshakeError('unauthenticated').data, { code: 'unauthenticated' });
  });

  for (const retryAfterMs of [100, [100], [-1, 5], null]) {
    it(`contains no range for the invalid value ${JSON.stringify(retryAfterMs)}`, () => {
      assert.equal(connectRefusalSchema.safeParse({ code: 'overloaded', retryAfterMs }).success, false);
    });
  }
});
