import assert from 'node:assert/strict';
import { eventually } from '../../support/eventually.ts';
import { assertRefused } from '../../support/run-command.ts';
import { runInProcess } from '../../support/run-in-process.ts';
import { startServer, type TestServer } from '../../support/server.ts';

describe('rollcall security-events', () => {
  let server: TestServer;
  let environment: Readonly<Record<string, string>>;
  let userId: string;

  before(async () => {
    server = await startServer();
    environment = { ROLLCALL_URL: server.url, OPERATOR_TOKEN: server.operatorToken };
    const { body } = await server.operate('POST', '/users/', { email: 'ada@example.com', name: 'Ada' });
    userId = body.id;
    await eventually(async () => assert.match((await print()).stdout, /operator\.act createUser/));
  });
  after(() => server?.stop());

  const print = (...options: string[]) => runInProcess(['security-events', ...options], environment);

  it('prints a table, or JSON lines that continue after an id', async () => {
    const { code, stdout, stderr } = await print('--event', 'operator.act');
    assert.deepEqual([code, stderr], [0, '']);
    assert.match(stdout, /^ID +TIME +EVENT +OUTCOME +CALLER +ADDRESS +ORGANIZATION +TARGET\n/);
    assert.match(stdout, new RegExp(`operator\\.act createUser +success +operator:bootstrap +\\S+ +- +user:${userId}`));
    const [line] = (await print('--event', 'operator.act', '--json')).stdout.trimEnd().split('\n');
    const { id, kind, caller } = JSON.parse(line!);
    assert.deepEqual([kind, caller.id], ['createUser', 'bootstrap']);
    assert.equal((await print('--event', 'operator.act', '--after', id)).stdout, '');
  });

  it('refuses what names no event and no organization, in one line', async () => {
    assertRefused(await print('--after', 'yesterday'), /It must be the id of an event/);
    assertRefused(await print('--organization', 'unknown-one'), /The security events cannot be read: the server returned status 404/);
    assertRefused(await print('--outcome', 'perhaps'), /outcome: Must be success or failure/);
    assertRefused(await runInProcess(['security-events'], { ROLLCALL_URL: server.url }), /OPERATOR_TOKEN is not set/);
  });
});
