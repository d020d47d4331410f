import { assertErasure } from '../../support/erasure-world.ts';
import { forEachSeed } from '../../support/seeds.ts';
import { startServer, type TestServer } from '../../support/server.ts';

describe('many erasures of one of many people with similar names and addresses', function () {
  this.timeout(1_200_000);
  let server: TestServer;

  before(async () => {
    server = await startServer();
  });
  after(() => server?.stop());

  it('[13.17] [S-71] changes only what is theirs in all tables, leaves nothing of theirs, and changes nothing a second time', () =>
    forEachSeed(60, (random) => assertErasure(server, random)));
});
