import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Request, Response } from 'express';
import { type Listening, listen } from '../../../server/src/http/listen.ts';
import { whenClosed } from '../../../server/src/http/requests/parsed-request.ts';
import { limitsWith } from '../../support/limits.ts';
import { headOf, openRaw } from '../../support/raw-connection.ts';

describe('a response that is queued behind another when its connection closes', () => {
  let listening: Listening;
  let queued: Promise<Response>;

  before(async () => {
    listening = await listen('127.0.0.1', 0, limitsWith(), {});
    const app = listening.newApp();
    queued = new Promise((resolve) => {
      // The first request gets no response, so that the second one waits.
      app.get('/first', () => {});
      app.get('/second', (_request: Request, response: Response) => resolve(response));
    });
    listening.answerBy(app, () => {});
  });
  after(() => listening?.close());

  it('[H-05] appears closed to a handler that asks only later', async () => {
    const raw = await openRaw(listening.url);
    raw.socket.write(headOf({ path: '/first' }) + headOf({ path: '/second' }));
    const response = await queued;
    const closed = once(response, 'close');
    raw.socket.resetAndDestroy();
    await closed;
    assert.equal(response.closed, true);
    assert.equal(whenClosed(response).aborted, true);
  });
});
