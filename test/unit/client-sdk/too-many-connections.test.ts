import assert from 'node:assert/strict';
import { tooManyConnectionsMs } from '../../../client-sdk/src/too-many-connections.ts';

describe('a connection that was refused because there are too many', () => {
  const polled = (status: number, retryAfter: string | null) =>
    Object.assign(new Error('xhr poll error'), { description: status, context: { getResponseHeader: () => retryAfter } });

  it('[H-03] over long polling, the response contains the delay in seconds', () => {
    assert.equal(tooManyConnectionsMs(polled(429, '3')), 3_000);
    assert.equal(tooManyConnectionsMs(polled(429, '86400')), 30_000);
  });

  it('[H-03] the client retries after a second if the delay is missing or invalid', () => {
    for (const retryAfter of [null, '', 'soon', '-1']) assert.equal(tooManyConnectionsMs(polled(429, retryAfter)), 1_000);
    const webSocket = Object.assign(new Error('websocket error'), { description: { message: 'Unexpected server response: 429' } });
    assert.equal(tooManyConnectionsMs(webSocket), 1_000);
  });

  it('any other failure is not treated as too many connections', () => {
    assert.equal(tooManyConnectionsMs(polled(400, '3')), null);
    assert.equal(tooManyConnectionsMs(new Error('websocket error')), null);
    assert.equal(
      tooManyConnectionsMs(Object.assign(new Error('websocket error'), { description: { message: 'connect ECONNREFUSED' } })),
      null,
    );
  });
});
