import assert from 'node:assert/strict';
import { Socket } from 'node:net';
import { eventually } from '../../support/eventually.ts';
import { aPerson } from '../../support/provision.ts';
import { startEmbeddedServer } from '../../support/server.ts';

describe('the embedded database', () => {
  it('serves the same statements again after its connection was lost', async () => {
    const sockets: Socket[] = [];
    const { connect } = Socket.prototype;
    Socket.prototype.connect = function (this: Socket, ...args: unknown[]) {
      if (String(args[0]).includes('.s.PGSQL.')) sockets.push(this);
      return (connect as (...args: unknown[]) => Socket).apply(this, args);
    } as typeof connect;
    const server = await startEmbeddedServer({ LOG_LEVEL: 'silent' });
    try {
      await aPerson(server);
      for (let lost = 1; lost <= 2; lost++) {
        const count = sockets.length;
        sockets.at(-1)!.destroy();
        await eventually(async () => void (await aPerson(server)));
        assert.ok(sockets.length > count, 'the connection was not lost');
      }
    } finally {
      Socket.prototype.connect = connect;
      await server.stop();
    }
  });
});
