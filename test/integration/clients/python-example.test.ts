import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { TcpLink } from '../../faults/links/tcp-link.ts';
import { eventually } from '../../support/eventually.ts';
import { addMember, anOrganizationOf, aPerson, type Person, type ProvisionedOrg } from '../../support/provision.ts';
import { findPython, pythonMissing } from '../../support/python.ts';
import { endWithRun } from '../../support/run-directory.ts';
import { startServer, type TestServer } from '../../support/server.ts';
import { skipBecause } from '../../support/skip.ts';

/** Tests the connection. `python-client.test.ts` tests the modules that the example imports. */
describe('examples/python/subscribe.py', () => {
  let python: string;
  let server: TestServer;
  let link: TcpLink;
  let org: ProvisionedOrg;
  let member: Person;

  before(async function () {
    python = (await findPython()) ?? skipBecause(this, pythonMissing);
    server = await startServer();
    link = await TcpLink.open({ target: () => Number(new URL(server.url).port) });
  });
  after(async () => {
    await link?.close();
    await server?.stop();
  });
  beforeEach(async () => {
    org = await anOrganizationOf(server, await aPerson(server));
    member = await aPerson(server);
    await addMember(server, org, member, 'member');
  });

  function start(token: string) {
    // -B prevents a __pycache__ among the sources.
    const args = ['-B', 'examples/python/subscribe.py', `http://127.0.0.1:${link.port}`, org.slug];
    const child = spawn(python, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ROLLCALL_TOKEN: token } });
    endWithRun(child, 'KILL');
    const lines: string[] = [];
    let stderr = '';
    createInterface(child.stdout).on('line', (line) => lines.push(line));
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    const exit = new Promise<{ code: number | null; stderr: string }>((resolve) =>
      child.once('close', (code) => resolve({ code, stderr: stderr.trim() })),
    );
    const shows = (pattern: RegExp) => eventually(() => assert.match(lines.join('\n'), pattern), { timeoutMs: 10_000 });
    return { lines, shows, exit, stop: () => child.kill('SIGINT') };
  }

  async function asOwner(method: string, path: string, body?: unknown) {
    const answer = await server.request(method, `/api/0/organizations/${org.slug}${path}`, { token: org.owner.token, body });
    assert.ok(answer.status < 300, JSON.stringify(answer.body));
  }

  it('prints changes, and after a lost connection those that it missed', async () => {
    const example = start(member.token);
    await example.shows(/^#\d+ snapshot of \d+ records$/m);
    await asOwner('POST', '/teams/', { slug: 'before' });
    await example.shows(/^#\d+ put team \d+ .*'slug': 'before'/m);

    link.block();
    link.reset();
    await asOwner('POST', '/teams/', { slug: 'missed' });
    link.unblock();
    await example.shows(/^disconnected .*, trying again in/m);
    await example.shows(/^#\d+ put team \d+ .*'slug': 'missed'/m);
    assert.equal(example.lines.filter((line) => line.includes('snapshot of')).length, 1, 'the cursor resumes the replica');
    assert.ok(!example.lines.some((line) => line.startsWith('fetching a new snapshot')), example.lines.join('\n'));
    example.stop();
    assert.deepEqual(await example.exit, { code: 0, stderr: '' });
  });

  it('ends when its user is removed', async () => {
    const example = start(member.token);
    await example.shows(/ snapshot of /);
    await asOwner('DELETE', `/members/${member.memberId}/`);
    assert.deepEqual(await example.exit, { code: 1, stderr: 'access ended: removed' });
  });

  it('ends when the server refuses its token', async () => {
    assert.deepEqual(await start('sntryu_0000').exit, { code: 1, stderr: 'access ended: unauthenticated' });
  });
});
