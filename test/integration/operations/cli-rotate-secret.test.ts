import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { eventually } from '../../support/eventually.ts';
import { sharedPostgres, type TestDatabase } from '../../support/postgres.ts';
import { assertRefused } from '../../support/run-command.ts';
import { runInProcess } from '../../support/run-in-process.ts';
import { startServer, type TestServer } from '../../support/server.ts';

describe('rollcall rotate-secret', () => {
  let database: TestDatabase;
  let server: TestServer | undefined;
  const [former, next] = [randomBytes(24).toString('hex'), randomBytes(24).toString('hex')];

  before(async () => {
    database = await (await sharedPostgres()).createDatabase();
  });
  afterEach(async () => {
    await server?.stop();
    server = undefined;
  });
  after(() => database?.drop());

  async function startWith(secrets: Readonly<Record<string, string>>): Promise<TestServer> {
    server = await startServer({ DATABASE_URL: database.url, ...secrets });
    return server;
  }

  const rotate = (...options: string[]) =>
    runInProcess(['rotate-secret', ...options], { ROLLCALL_URL: server!.url, OPERATOR_TOKEN: server!.operatorToken });

  it('puts a new SECRET in use, and is refused without the former one', async () => {
    await startWith({ SECRET: former });
    assert.match((await rotate('--status')).stdout, /^SECRET was not rotated in the last week\. The key in use is [0-9a-f]{16}\.\n$/);
    assertRefused(await rotate(), /SECRET_PREVIOUS is not set, so there is no key to rotate to/);
    await server!.stop();

    await startWith({ SECRET: next, SECRET_PREVIOUS: former });
    // The former instance is listed until it has left.
    const { stdout } = await eventually(
      async () => {
        const result = await rotate();
        assert.equal(result.code, 0, result.stderr);
        return result;
      },
      { timeoutMs: 40_000 },
    );
    assert.match(stdout, /^The key [0-9a-f]{16} is in use\. Encrypted again: \d+\. SECRET_PREVIOUS can be removed after \S+\.\n$/);
    assert.equal((await rotate('--status')).stdout, stdout);

    // Another one only looks for texts that the former key has encrypted since.
    const again = await server!.operate('POST', '/secret-rotation/');
    assert.deepEqual([again.status, again.body.state], [202, 'running']);
    await eventually(async () => {
      const { body } = await server!.operate('GET', '/secret-rotation/');
      assert.deepEqual([body.state, body.left, body.lastError], ['finished', 0, null]);
    });
  });
});
