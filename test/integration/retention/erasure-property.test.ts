import { assertErasure } from '../../support/erasure-world.ts';
import { forEachSeed } from '../../support/seeds.ts';
import { startServer, type TestServer } from '../../support/server.ts';

describe('the erasure of one of many people with similar names and addresses', function () {
  this.timeout(240_000);
  let server: TestServer;

  before(async () => {
    server = await startServer();
  });
  after(() => server?.stop());

  it('[13.17] [S-71] changes only what is theirs in all tables, leaves nothing of theirs, and changes nothing a second time', () =>
    forEachSeed(3, (random) => assertErasure(server, random)));
});
