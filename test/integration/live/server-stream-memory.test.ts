import assert from 'node:assert/strict';
import { noPermissions } from '@rollcall/protocol';
import pg from 'pg';
import { serverStreamId, userTokenEnded } from '../../../server/src/domain/server-stream.ts';
import { logReaderOf } from '../../../server/src/read-path/feed/log-reader-database.ts';
import { HeadChecks } from '../../../server/src/read-path/heads/head-checks.ts';
import { LivePermissions } from '../../../server/src/read-path/live-permissions.ts';
import { ServerStream } from '../../../server/src/read-path/server-stream.ts';
import { systemClock } from '../../../server/src/runtime/clock.ts';
import { eventually } from '../../support/eventually.ts';
import { logRevision } from '../../support/log-revision.ts';
import { startServer, type TestServer } from '../../support/server.ts';

/** Any user can cause revisions of the server's own log, for example by tokens that they revoke. */
describe("the server's own log in memory", () => {
  let server: TestServer;
  let client: pg.Client;
  before(async () => {
    server = await startServer();
    client = new pg.Client(server.config.databaseUrl!);
    await client.connect();
  });
  after(async () => {
    await client?.end();
    await server?.stop();
  });

  it('[R10] keeps the latest revisions only', async () => {
    const { bus, counters, log, failpoints } = server.services.writePath;
    const reader = logReaderOf(server.services.writePath.database, { clock: systemClock, counters });
    const deps = { reader, clock: systemClock, counters, metrics: {} as never, log, failpoints };
    const heads = new HeadChecks(deps, bus);
    const permissions = new LivePermissions(async () => noPermissions);
    const stream = await ServerStream.open(deps, bus, heads, permissions, { revoked: () => 0, hadGap() {} });
    try {
      const first = stream.revision;
      let last = first;
      for (let number = 1; number <= 2_100; number++)
        last = await logRevision(client, serverStreamId, [userTokenEnded(String(number), '1')]);
      await eventually(() => assert.equal(stream.revision, last));
      await eventually(() => assert.equal(stream.revokedSince(first), null));
      assert.equal(stream.revokedSince(last - 500)?.length, 500);
    } finally {
      await stream.close();
      heads.close();
    }
  });
});
