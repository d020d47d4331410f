import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { eventually } from '../../support/eventually.ts';
import { type StartedProcess, startProcess } from '../../support/process.ts';
import { anOrganizationOf, aPerson } from '../../support/provision.ts';
import { makeTemporaryDirectory } from '../../support/run-directory.ts';
import { startServer, type TestServer } from '../../support/server.ts';

describe('rollcall watch', function () {
  // A process takes seconds to start.
  this.timeout(60_000);
  let server: TestServer;
  let serviceToken: string;
  let person: Awaited<ReturnType<typeof aPerson>>;
  const started: StartedProcess[] = [];

  before(async () => {
    server = await startServer();
    person = await aPerson(server);
    serviceToken = (await server.operate('POST', '/service-tokens/', { name: 'watch' })).body.token;
  });
  after(async () => {
    await Promise.all(started.map((each) => each.kill('SIGKILL')));
    await server?.stop();
  });

  function watch(args: readonly string[], token = serviceToken): StartedProcess {
    const watching = startProcess(['watch', ...args], { ROLLCALL_URL: server.url, ROLLCALL_TOKEN: token });
    started.push(watching);
    return watching;
  }
  const aTeam = async (org: string, slug: string) => {
    const { status } = await server.request('POST', `/api/0/organizations/${org}/teams/`, { token: person.token, body: { slug } });
    assert.equal(status, 201);
  };
  interface Line {
    readonly type: string;
    readonly timestamp: string;
    readonly after?: string;
    // biome-ignore lint/suspicious/noExplicitAny: each type has a shape, which the test asserts
    readonly data: any;
  }
  const linesOf = ({ stdout }: StartedProcess): Line[] =>
    stdout
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line));

  it('reads the token from the file that ROLLCALL_TOKEN_FILE names', async () => {
    const file = path.join(makeTemporaryDirectory('token'), 'token');
    writeFileSync(file, `${serviceToken}\n`);
    const org = await anOrganizationOf(server, person);
    const watching = startProcess(['watch', org.slug, '--json'], { ROLLCALL_URL: server.url, ROLLCALL_TOKEN_FILE: file });
    started.push(watching);
    await watching.waitForLine(/"type":"state"/);
  });

  it('prints the state and each change of several organizations as JSON, and continues each after a cursor', async () => {
    const [first, second] = [await anOrganizationOf(server, person), await anOrganizationOf(server, person)];
    const watching = watch([first.slug, second.slug, '--json']);
    await eventually(() => assert.equal(linesOf(watching).length, 2), { timeoutMs: 30_000 });
    await aTeam(first.slug, 'one');
    await aTeam(second.slug, 'two');
    await watching.waitForLine(/"type":"team\.created".*"slug":"one"/);
    await watching.waitForLine(/"type":"team\.created".*"slug":"two"/);

    const lines = linesOf(watching);
    for (const { slug } of [first, second]) {
      const [state, created] = lines.filter(({ data }) => data.organization.slug === slug);
      assert.deepEqual([state!.type, state!.data.state.teams.length, created!.type], ['state', 0, 'team.created']);
      assert.equal(state!.data.state.members[0].user.email, person.email);
      assert.ok(created!.data.revision > state!.data.revision);
      for (const { timestamp } of [state!, created!]) assert.ok(Math.abs(Date.parse(timestamp) - Date.now()) < 600_000, timestamp);
    }
    assert.deepEqual(await watching.kill('SIGINT'), { code: 0, signal: null });
    const options = /^To continue, use (--after \S+ --after \S+)$/m.exec(watching.stderr)![1]!.split(' ');
    const cursors = Object.fromEntries(linesOf(watching).flatMap(({ data, after }) => (after ? [[data.organization.slug, after]] : [])));
    for (const { slug } of [first, second]) assert.ok(options.includes(`${slug}=${cursors[slug]}`), 'the cursor of the last line');

    await aTeam(first.slug, 'missed');
    const people = watch([first.slug, second.slug, ...options]);
    await people.waitForLine(new RegExp(` ${first.slug} +#\\d+ team\\.created +missed$`));
    await aTeam(second.slug, 'live');
    await people.waitForLine(new RegExp(` ${second.slug} +#\\d+ team\\.created +live$`));
    assert.doesNotMatch(people.stdout, /team\.created +(one|two)$/m);
    await people.kill('SIGINT');
  });

  it('watches all organizations with --all, those that are joined later, and none whose access has ended', async () => {
    const [present, later] = [await anOrganizationOf(server, person), await anOrganizationOf(server, person)];
    const member = await aPerson(server);
    const join = (org: string) => server.operate('PUT', `/organizations/${org}/members/${member.userId}/`, { orgRole: 'member' });
    await join(present.slug);
    const watching = watch(['--all', '--json'], member.token);
    await watching.waitForLine(/^Watching all 1 organizations/);
    await watching.waitForLine(new RegExp(`"type":"state".*"slug":"${present.slug}"`));
    await join(later.slug);
    await watching.waitForLine(new RegExp(`"type":"state".*"slug":"${later.slug}"`));
    await aTeam(later.slug, 'seen');
    await watching.waitForLine(/"type":"team\.created".*"slug":"seen"/);

    await server.operate('DELETE', `/organizations/${later.slug}/members/${member.userId}/`);
    await watching.waitForLine(new RegExp(`^rollcall: ${later.slug}: Access to the organization has ended`));
    await aTeam(present.slug, 'still-watched');
    await watching.waitForLine(/"type":"team\.created".*"slug":"still-watched"/);
    assert.deepEqual(await watching.kill('SIGTERM'), { code: 0, signal: null });
    assert.equal(watching.stderr.match(/has ended/g)!.length, 1);
  });

  it('names the one of several organizations that cannot be watched', async () => {
    const { slug } = await anOrganizationOf(server, person);
    const watching = watch([slug, 'nowhere']);
    assert.equal((await watching.exit).code, 1);
    assert.match(watching.stderr, /^rollcall: nowhere: .*do not have access to this organization/m);
  });
});
