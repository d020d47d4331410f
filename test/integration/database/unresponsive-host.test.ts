import assert from 'node:assert/strict';
import net, { type AddressInfo } from 'node:net';
import pg from 'pg';
import { poolOptions } from '../../../server/src/database/connections/pool/pool-options.ts';
import { WritableHost } from '../../../server/src/database/connections/writable-host.ts';
import { sharedPostgres } from '../../support/postgres.ts';

describe('a database host that vanishes after the login', () => {
  let proxy: net.Server;
  let url: string;
  before(async () => {
    const database = await (await sharedPostgres()).createDatabase();
    const { hostname, port } = new URL(database.url);
    // Passes nothing on once PostgreSQL is ready for the first query, as if the host's network
    // failed.
    proxy = net.createServer((client) => {
      const host = net.connect(Number(port), hostname);
      const pass = (data: Buffer) => host.write(data);
      client.on('data', pass).on('close', () => host.destroy());
      host.on('data', (data) => {
        client.write(data);
        if (data.includes('Z\0\0\0\x05I')) client.off('data', pass);
      });
      for (const socket of [client, host]) socket.on('error', () => {});
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    const through = new URL(database.url);
    through.host = `127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    url = through.href;
  });
  after(() => void proxy?.close());

  it('[H-32] fails the connection within seconds, so that another host is searched', async () => {
    const host = new WritableHost([url]);
    const pool = new pg.Pool({ ...poolOptions(host, null), max: 1, connectionTimeoutMillis: 3_000 });
    pool.on('error', () => {});
    await assert.rejects(pool.connect(), /Query read timeout/);
    void pool.end();
  });
});
