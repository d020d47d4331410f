import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import express, { type ErrorRequestHandler, type RequestHandler } from 'express';
import { aResourceGuard, readsJson } from '../../support/resource-guard.ts';

describe('a request whose connection ends before its body is read', () => {
  it('[W5] fails, and is not treated as a request with an empty body', async () => {
    const app = express();
    // Takes until the connection closes, like a slow check before the body, such as that of the
    // caller's limits.
    app.use((request, _response, next) => void request.socket.once('close', () => next()));
    const outcome = new Promise<string>((resolve) => {
      const refused: ErrorRequestHandler = (error, _request, _response, _next) => resolve(`refused as ${error.code}`);
      const handled: RequestHandler = (request) => resolve(`handled with ${JSON.stringify(request.body ?? null)}`);
      app.use(readsJson(aResourceGuard(), 1_000), handled, refused);
    });
    const server = app.listen(0, '127.0.0.1');
    await once(server, 'listening');
    try {
      const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
      socket.on('error', () => {});
      const reached = once(server, 'request');
      socket.write('PUT / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 20\r\n\r\n');
      await reached;
      socket.resetAndDestroy();
      assert.equal(await outcome, 'refused as invalid');
    } finally {
      server.close();
    }
  });
});
