import { startServer, type TestServer } from '../../support/server.ts';
import { assertSubscribed } from '../../support/service-subscriber.ts';

describe('a client with a service token and 1,150 organizations', function () {
  this.timeout(600_000);
  let server: TestServer;

  before(async () => {
    server = await startServer();
  });
  after(() => server?.stop());

  it('has all of them live within 10 s, one more within 1 s, none stale for a minute, and no reconnect', () =>
    assertSubscribed(server, { organizations: 1_150, liveWithinMs: 10_000, oneMoreWithinMs: 1_000, freshForMs: 60_000 }));
});
