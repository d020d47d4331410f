import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Socket } from 'node:net';
import { sql } from 'kysely';
import { eventually } from '../../support/eventually.ts';
import { aPerson } from '../../support/provision.ts';
import { startEmbeddedServer, type TestServer } from '../../support/server.ts';

describe('the embedded database', () => {
  const { connect } = Socket.prototype;
  let sockets: Socket[];
  let server: TestServer;

  beforeEach(async () => {
    sockets = [];
    Socket.prototype.connect = function (this: Socket, ...args: unknown[]) {
      if (String(args[0]).includes('.s.PGSQL.')) sockets.push(this);
      return (connect as (...args: unknown[]) => Socket).apply(this, args);
    } as typeof connect;
    server = await startEmbeddedServer({ LOG_LEVEL: 'silent' });
    await aPerson(server);
  });
  afterEach(async () => {
    Socket.prototype.connect = connect;
    await server?.stop();
  });

  it('serves the same statements again after its connection was lost', async () => {
    for (let lost = 1; lost <= 2; lost++) {
      const count = sockets.length;
      sockets.at(-1)!.destroy();
      await eventually(async () => void (await aPerson(server)));
      assert.ok(sockets.length > count, 'the connection was not lost');
    }
  });

  it('does not end the process if a connection is lost between two statements of its user', async () => {
    await server.services.db.connection().execute(async (db) => {
      await sql`SELECT 1`.execute(db);
      const socket = sockets.at(-1)!;
      const closed = once(socket, 'close');
      socket.destroy();
      await closed;
      await assert.rejects(sql`SELECT 1`.execute(db));
    });
    await eventually(async () => void (await aPerson(server)));
  });
});
