import { Coverage, checkHistory } from '../../support/replica-consistency.ts';
import { forEachSeed } from '../../support/seeds.ts';
import { startServer, type TestServer } from '../../support/server.ts';

/** HISTORIES sets the number of random histories. */
const seedCount = Number(process.env.HISTORIES ?? 4);

describe('replica consistency', () => {
  let server: TestServer;
  const coverage = new Coverage();
  before(async () => {
    server = await startServer();
  });
  after(() => server.stop());

  it(`holds for every viewer at every revision, over ${seedCount} random histories`, async function () {
    this.timeout(600_000);
    await forEachSeed(seedCount, (random) => checkHistory([server], random, coverage));
    if (!process.env.SEED)
      coverage.assertSeen('step', 'view step', 'resume', 'snapshot', 'revoked', 'goodbye', 'denied', 'login', 'external id');
  });
});
