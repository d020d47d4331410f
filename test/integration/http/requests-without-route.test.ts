import assert from 'node:assert/strict';
import { eventually } from '../../support/eventually.ts';
import { headOf, openRaw, type RawConnection } from '../../support/raw-connection.ts';
import { startServer, type TestServer } from '../../support/server.ts';

const idleMax = 2;

describe('requests that no route receives', () => {
  let server: TestServer;

  before(async () => {
    server = await startServer({ LIMIT_IDLE_CONNECTIONS_PER_ADDRESS: String(idleMax), LIMIT_SOCKET_CONNECT_MS: '60000' });
  });
  after(() => server?.stop());

  const statusesOf = ({ received }: RawConnection) => [...received().matchAll(/HTTP\/1\.1 (\d+) /g)].map(([, status]) => Number(status));

  const requests = [
    { of: 'Socket.IO', head: headOf({ path: '/socket.io/?j=1' }), status: 400 },
    { of: 'an unknown Expect header', head: headOf({ path: '/api/0/', headers: { Expect: 'x' } }), status: 417 },
  ];

  for (const { of, head, status } of requests) {
    it(`[H-05] hold no bytes after their responses, a hundred per connection: those of ${of}`, async () => {
      const raw = await openRaw(server.url);
      raw.socket.write(head.repeat(1_000));
      await raw.closes(20_000);
      const statuses = statusesOf(raw);
      assert.deepEqual([statuses[0], statuses.at(-1)], [status, 429]);
      assert.ok(statuses.length < 200, `${statuses.length} responses`);
      await eventually(() => assert.deepEqual(server.services.buffered.use, { anonymous: 0, authenticated: 0 }));
    });
  }

  it('[H-05] keep their connection from counting as idle: a poll of Socket.IO', async () => {
    const from = '127.0.0.5';
    const polling = await openRaw(server.url, from);
    polling.socket.write(headOf({ path: '/socket.io/?EIO=4&transport=polling' }));
    const [, sid] = (await polling.receives(/"sid":"([^"]+)"/)).match(/"sid":"([^"]+)"/)!;
    polling.socket.write(headOf({ path: `/socket.io/?EIO=4&transport=polling&sid=${sid}` }));
    const others = await Promise.all(Array.from({ length: 10 }, () => openRaw(server.url, from)));
    await eventually(() => assert.ok(others.filter((raw) => !raw.isClosed()).length <= idleMax, 'more than two stay open'), {
      timeoutMs: 20_000,
    });
    assert.equal(polling.isClosed(), false);
    for (const raw of [polling, ...others]) raw.socket.destroy();
  });
});
