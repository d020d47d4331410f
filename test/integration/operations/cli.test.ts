import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import path from 'node:path';
import { promisify } from 'node:util';
import { eventually } from '../../support/eventually.ts';
import { freePort } from '../../support/free-port.ts';
import { type StartedProcess, startProcess } from '../../support/process.ts';
import { assertRefused, run } from '../../support/run-command.ts';
import { makeTemporaryDirectory } from '../../support/run-directory.ts';
import { runInProcess } from '../../support/run-in-process.ts';

const operatorToken = 'operator-token-of-the-command-line-test';

describe('the command line', () => {
  describe('start, on an empty folder', () => {
    const folder = makeTemporaryDirectory('cli-start');
    let port: number;
    let server: StartedProcess;
    let token: string;
    let curl: string;

    const start = () => startProcess(['start'], { PORT: String(port), OPERATOR_TOKEN: operatorToken }, { cwd: folder });
    const environment = () => ({ ROLLCALL_URL: `http://127.0.0.1:${port}`, ROLLCALL_TOKEN: token, OPERATOR_TOKEN: operatorToken });
    const listMembers = async () => {
      const response = await fetch(`http://127.0.0.1:${port}/api/0/organizations/sample/members/`, {
        headers: { Authorization: `Bearer ${token}` },
      });
      assert.equal(response.status, 200);
      return (await response.json()) as { id: string; email: string; orgRole: string; pending: boolean }[];
    };

    before(async function () {
      this.timeout(180_000);
      port = await freePort();
      server = start();
      // All migrations run in this process, which takes a minute on a busy machine.
      [, token] = (await server.waitForLine(/token +(sntryu_[0-9a-f]{64})$/, 170_000)) as unknown as [string, string];
      [, curl] = (await server.waitForLine(/^ +(curl .*)$/)) as unknown as [string, string];
    });
    after(() => server.kill('SIGKILL'));

    it('prints the essentials: address, owner, password, token', async () => {
      // A migration that takes over a second prints lines before this one.
      assert.match(server.stderr, new RegExp(`^Rollcall \\S+ is ready on http://localhost:${port} `, 'm'));
      assert.match(server.stderr, /email +owner-1@example\.com/);
      assert.match(server.stderr, /password +\S{22}/);
      assert.equal((await fetch(`http://127.0.0.1:${port}/readyz`)).status, 200);
    });

    it('[H-36] writes only the log to stdout if it is not a terminal', () => {
      for (const line of server.stdout.split('\n').filter(Boolean)) assert.equal(typeof JSON.parse(line).level, 'number', line);
    });

    it('creates, lists and revokes a service token', async () => {
      const tokens = (...args: string[]) => runInProcess(['tokens', ...args], environment());
      assertRefused(await tokens('create', 'billing'), /Name the user of the token with --user, or add --service/);
      assertRefused(await tokens('create', 'billing', '--service', '--addresses', '10.1'), /addresses/);
      const made = await tokens('create', 'billing', '--service', '--collections', 'members', 'teams');
      assert.deepEqual([made.code, /^rcsvc_[0-9a-f]{64}\n$/.test(made.stdout)], [0, true], made.stderr);
      const [id] = /\d+/.exec(made.stderr)!;
      const listed = await tokens('list');
      assert.match(listed.stdout, new RegExp(`^${id} +billing +…${made.stdout.slice(-5, -1)} +members,teams +.* never +never +-$`, 'm'));
      assert.ok(!listed.stdout.includes(made.stdout.trim()));
      assertRefused(await tokens('revoke', id), /Add --yes to confirm/);
      assert.equal((await tokens('revoke', id, '--yes')).stdout, `Token ${id} was revoked.\n`);
      assertRefused(await tokens('revoke', id, '--yes'), /status 404/);
      assert.equal((await tokens('list')).stdout, '');
    });

    it('[H-36] continues after SIGHUP', async () => {
      process.kill(server.pid, 'SIGHUP');
      process.kill(server.pid, 'SIGHUP');
      assert.equal((await listMembers()).length, 13);
      assert.equal((await fetch(`http://127.0.0.1:${port}/readyz`)).status, 200);
    });

    it('switches the level of its log to debug and back on SIGUSR2', async () => {
      const switchesTo = async (level: string) => {
        process.kill(server.pid, 'SIGUSR2');
        await eventually(() => assert.match(server.stdout, new RegExp(`"logLevel":"${level}","msg":"SIGUSR2 changed the log level`)));
      };
      await switchesTo('debug');
      const before = server.stdout.length;
      await listMembers();
      await eventually(() => assert.ok(server.stdout.slice(before).includes('"requestId"'), 'the request is not in the log'));
      await switchesTo('warn');
      const after = server.stdout.length;
      await listMembers();
      await listMembers();
      assert.equal(server.stdout.length, after, `logged at the level warn: ${server.stdout.slice(after)}`);
    });

    it('creates members of all four roles, teams, projects, a pending invite and a changed flag', async () => {
      const members = await listMembers();
      assert.deepEqual(new Set(members.map(({ orgRole }) => orgRole)), new Set(['owner', 'manager', 'admin', 'member']));
      assert.equal(members.filter(({ pending }) => !pending).length, 12);
      assert.equal(members.filter(({ pending }) => pending).length, 1);
      const response = await fetch(`http://127.0.0.1:${port}/api/0/organizations/sample/?detailed=1`, {
        headers: { Authorization: `Bearer ${token}` },
      });
      const organization = (await response.json()) as { openMembership: boolean; teams: unknown[]; projects: unknown[] };
      assert.equal(organization.openMembership, false);
      assert.ok(organization.teams.length > 1 && organization.projects.length > 1);
    });

    it('prints a curl command that changes a role, and a watch command that shows the change', async () => {
      const watching = startProcess(['watch', 'sample'], environment());
      await watching.waitForLine(/^Watching sample at revision \d+/);
      const machine = startProcess(['watch', 'sample', '--json'], environment());
      await machine.waitForLine(/^\{"type":"state"/);

      await promisify(execFile)('sh', ['-c', `${curl} --silent --fail --output /dev/null`]);

      await watching.waitForLine(/#\d+ member\.roleChanged +Member One <member-1@example\.com>: member -> admin$/);
      const [line] = await machine.waitForLine(/^\{"type":"member.roleChanged".*\}$/);
      const { data } = JSON.parse(line);
      assert.deepEqual([data.organization.slug, data.before.orgRole, data.after.orgRole], ['sample', 'member', 'admin']);
      for (const watcher of [watching, machine]) assert.deepEqual(await watcher.kill('SIGINT'), { code: 0, signal: null });
    });

    it('[13.16] exports an organization to a file, and creates one from it', async () => {
      const cwd = makeTemporaryDirectory('cli-export');
      const exported = await run(['export', 'sample', '--out', 'sample.jsonl.gz'], environment(), cwd);
      assert.equal(exported.code, 0, exported.stderr);
      assert.match(exported.stdout, /^sample\.jsonl\.gz: \d+ bytes, revision \d+/);
      assert.match(exported.stdout, /^member: 13$/m);
      assert.match(exported.stdout, /^SHA-256 of the lines: [0-9a-f]{64}$/m);

      const again = await run(['export', 'sample', '--out', 'again.jsonl.gz'], environment(), cwd);
      assert.equal(again.code, 0, again.stderr);
      assert.match(again.stderr, /sample can be exported once an hour\. Downloading the file that was requested at/);
      assert.deepEqual(readFileSync(path.join(cwd, 'again.jsonl.gz')), readFileSync(path.join(cwd, 'sample.jsonl.gz')));

      assertRefused(
        await runInProcess(['export', 'sample', '--history', '--out', path.join(cwd, 'history.jsonl.gz')], environment()),
        /The export of sample that was requested at .* has no history/,
      );

      const imported = await run(['import-organization', 'sample.jsonl.gz', '--owner', 'owner-1@example.com'], environment(), cwd);
      assert.equal(imported.code, 0, imported.stderr);
      assert.match(imported.stdout, /^Created sample-2 \(id \d+\)\.$/m);
      assert.match(imported.stdout, /^member: 13$/m);

      const damaged = path.join(cwd, 'damaged.jsonl.gz');
      writeFileSync(damaged, readFileSync(path.join(cwd, 'sample.jsonl.gz')).subarray(0, 100));
      const own = environment();
      assertRefused(
        await runInProcess(['import-organization', damaged, '--owner', 'owner-1@example.com'], own),
        /was not imported: the server returned status 400/,
      );
      assertRefused(
        await runInProcess(['import-organization', damaged, '--owner', 'absent@example.com'], own),
        /no user with the address absent@example\.com/,
      );
      assertRefused(await runInProcess(['import-organization', 'absent.gz', '--owner', '1'], own), /absent\.gz cannot be read: ENOENT/);
      assertRefused(await runInProcess(['import-organization', cwd, '--owner', '1'], own), /cannot be read: it is not a file/);
      assertRefused(await runInProcess(['export', 'absent'], own), /absent cannot be exported: the server returned status 404/);
    });

    it('continues a watch after a cursor, and prints the one to continue with', async () => {
      const get = async (path: string) => {
        const response = await fetch(`http://127.0.0.1:${port}/api/0/organizations/sample/${path}`, {
          headers: { Authorization: `Bearer ${token}` },
        });
        return response.json() as Promise<{ readonly after: string }>;
      };
      const makeTeam = (slug: string) =>
        fetch(`http://127.0.0.1:${port}/api/0/organizations/sample/teams/`, {
          method: 'POST',
          headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
          body: JSON.stringify({ slug }),
        });
      const { after } = await get('changes/');
      await makeTeam('missed');
      const watching = startProcess(['watch', 'sample', '--after', after], environment());
      await watching.waitForLine(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d +#\d+ team\.created +missed$/);
      await makeTeam('arrived');
      await watching.waitForLine(/team\.created +arrived$/);
      assert.deepEqual(await watching.kill('SIGINT'), { code: 0, signal: null });
      const [, next] = /^To continue, use --after (\S+)$/m.exec(watching.stderr)!;
      assert.equal(watching.stdout.match(/team\.created/g)!.length, 2);

      await makeTeam('later');
      const machine = startProcess(['watch', 'sample', '--json', '--after', next!], environment());
      const [line] = await machine.waitForLine(/^\{.*"type":"team\.created".*\}$/);
      assert.equal(JSON.parse(line).data.after.slug, 'later');
      await machine.kill('SIGINT');
      assert.ok(!machine.stdout.includes('arrived'), 'an event was printed twice');

      const whole = startProcess(['watch', 'sample', '--after', 'floor'], environment());
      await whole.waitForLine(/organization\.|member\.added/);
      await whole.waitForLine(/team\.created +later$/);
      await whole.kill('SIGINT');
      const wrong = await run(['watch', 'sample', '--after', 'nonsense'], environment());
      assert.deepEqual([wrong.code, wrong.stdout], [1, '']);
      assert.match(wrong.stderr, /^rollcall: The changes can’t be read: The cursor is not valid\.$/m);
    });

    it('ends a watch with one line if the token is unknown or the organization does not exist', async () => {
      assertRefused(await run(['watch', 'nowhere'], environment()), /do not have access to this organization: .*\. Check the slug/);
      assertRefused(await run(['watch', 'sample'], { ...environment(), ROLLCALL_TOKEN: 'sntryu_0' }), /unauthenticated\. Check the token/);
    });

    it('rejects a second process on the same folder, and continues', async () => {
      const second = await run(['start'], { PORT: '0' }, folder);
      assertRefused(second, new RegExp(`${folder}/\\.rollcall is in use by process ${server.pid}`));
      assertRefused(await run(['migrate', 'status'], {}, folder), /is in use by process/);
      assert.equal((await listMembers()).length, 13);
    });

    it('imports a file, and lists the skipped lines', async () => {
      const file = path.join(makeTemporaryDirectory('import'), 'history.jsonl');
      const lines = [
        { op: 'team.create', team: 'imported' },
        { op: 'member.add', login: 'newcomer', role: 'member' },
        { op: 'team.join', team: 'nowhere', login: 'newcomer', role: 'contributor' },
        { op: 'team.join', team: 'imported', login: 'newcomer', role: 'admin' },
      ].map((line) => JSON.stringify(line));
      writeFileSync(file, `${[...lines, '{"op":'].join('\n')}\n`);
      const { code, stdout, stderr } = await run(['import', 'sample', file], environment());
      assert.match(stdout, /^sample: 3 of 5 lines applied, 2 skipped, now at revision \d+\.\nline 3: unknown-team\nline 5: bad-json\n/);
      assert.match(stdout, /^unknown-team: the team does not exist\.$/m);
      assert.deepEqual([code, stderr], [1, 'rollcall: 2 lines were skipped. With --allow-skipped, the exit code is 0.\n']);
      const allowed = await runInProcess(['import', 'sample', file, '--allow-skipped'], environment());
      assert.deepEqual([allowed.code, allowed.stderr, allowed.stdout.split('\n').length], [0, '', 6]);
      assert.ok((await listMembers()).some(({ email }) => email === 'newcomer@users.invalid'));

      assertRefused(await runInProcess(['import', 'nowhere', file], environment()), /404/);
      assertRefused(
        await runInProcess(['import', 'sample', file], { ...environment(), OPERATOR_TOKEN: 'x'.repeat(32) }),
        /rejected OPERATOR_TOKEN/,
      );
      assertRefused(await runInProcess(['import', 'sample', `${file}.gone`], environment()), /cannot be read/);
    });

    it('replays the history of several organizations at a chosen rate, and again into existing ones', async () => {
      const file = path.join(makeTemporaryDirectory('replay'), 'history.jsonl');
      const lines = Array.from({ length: 20 }, (_, index) => ({
        at: index,
        commit: `merge-${Math.floor(index / 2)}`,
        org: index < 10 ? 'first-org' : 'second-org',
        op: 'member.add',
        login: `login-${index}`,
        role: 'member',
      }));
      writeFileSync(file, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
      const startedAtMs = performance.now();
      const { code, stdout, stderr } = await run(['replay', file, '--rate', '20'], environment());
      const ms = performance.now() - startedAtMs;
      assert.match(stdout, /^20 lines in .*: 20 applied, 0 skipped\.\n10 requests, /);
      assert.match(stdout, /^first-org: 10 applied, 0 skipped, at revision 6$/m);
      assert.match(stdout, /^second-org: 10 applied, 0 skipped, at revision 6$/m);
      assert.deepEqual([code, stderr], [0, '']);
      assert.ok(ms > 900, `20 lines at 20 a second took ${ms} ms: the last two are due after 0.9 s`);

      const again = await runInProcess(['replay', file], environment());
      assert.match(again.stdout, /^first-org: 10 applied, 0 skipped, at revision 6$/m);
    });

    it('stops at SIGTERM with exit code 0, and starts again with the same data and no new sample', async () => {
      const before = await listMembers();
      assert.deepEqual(await server.kill('SIGTERM'), { code: 0, signal: null });
      // On a busy machine a migration takes over a second, which is reported.
      assert.doesNotMatch(server.stderr, /^rollcall: (?!Migration )/m);
      server = start();
      await server.waitForLine(/already exists/);
      assert.doesNotMatch(server.stderr, /sntryu_|password/);
      assert.deepEqual(await listMembers(), before);

      const [, tokenCommand] = (await server.waitForLine(/^ +(curl .*tokens.*)$/)) as unknown as [string, string];
      const env = { ...process.env, OPERATOR_TOKEN: operatorToken };
      const { stdout } = await promisify(execFile)('sh', ['-c', `${tokenCommand} --silent --fail`], { env });
      assert.match((JSON.parse(stdout) as { token: string }).token, /^sntryu_/);
    });
  });

  describe('rejects, in one line', () => {
    it('a wrong DATABASE_URL', async () => {
      assertRefused(await run(['start'], { DATABASE_URL: 'mysql://localhost' }), /DATABASE_URL must be a URL that starts with postgres:/);
    });

    it('a database that does not respond, after some seconds and without its password', async () => {
      const port = await freePort();
      const refused = await run(['start'], { PORT: '0', DATABASE_URL: `postgres://someone:hunter2@127.0.0.1:${port}/rollcall` });
      assertRefused(refused, new RegExp(`Could not use the database postgres://127\\.0\\.0\\.1:${port}/rollcall: .*ECONNREFUSED`));
      assert.doesNotMatch(refused.stderr, /hunter2/);
    });

    it('a used port, before it has created a database', async () => {
      const squatter = createServer().listen(0, '127.0.0.1');
      await eventually(() => assert.ok(squatter.address(), 'the server does not listen'));
      const { port } = squatter.address() as AddressInfo;
      const folder = makeTemporaryDirectory('port');
      try {
        assertRefused(
          await run(['start'], { PORT: String(port) }, folder),
          new RegExp(`Port ${port} of localhost is not available: another process uses it`),
        );
      } finally {
        squatter.close();
      }
      assert.equal(existsSync(path.join(folder, '.rollcall', 'pglite')), false);
    });

    for (const [what, text, pattern] of [
      ['cut in a name', 'PORT=0\nDATABASE_U', /\.env line 2: the line does not have the form NAME=value/],
      ['cut before a value', 'PORT=0\nDATABASE_URL=', /\.env line 2: the file ends in the middle of DATABASE_URL/],
      ['cut within quotes', 'SECRET="0123', /\.env line 1: the quotes around the value of SECRET are not closed/],
      ['full of zeros', 'PORT=0\n\0\0\0\0', /\.env line 2: the line contains bytes that are not text/],
    ] as const) {
      it(`a .env that is ${what}`, async () => {
        const folder = makeTemporaryDirectory('env');
        writeFileSync(path.join(folder, '.env'), text);
        assertRefused(await runInProcess(['start'], {}, folder), pattern);
      });
    }

    it('a data folder that cannot be created, or contains no database', async () => {
      const folder = makeTemporaryDirectory('data');
      writeFileSync(path.join(folder, 'file'), '');
      assertRefused(await run(['start'], { DATA_DIR: path.join(folder, 'file') }), /DATA_DIR .* cannot be used: ENOTDIR/);
      mkdirSync(path.join(folder, 'broken', 'pglite'), { recursive: true });
      writeFileSync(path.join(folder, 'broken', 'pglite', 'PG_VERSION'), 'no version');
      assertRefused(await run(['start'], { DATA_DIR: path.join(folder, 'broken') }), /Could not open the embedded database in .*: /);
    });

    it('an invalid REDIS_URL', async () => {
      const REDIS_URL = 'redis://127.0.0.1, 127.0.0.1:6379';
      assertRefused(await runInProcess(['start'], { REDIS_URL }), /REDIS_URL must be a URL that starts with redis:\/\/ or rediss:\/\//);
    });

    it('an unknown command, a missing token and a missing file', async () => {
      assertRefused(await runInProcess(['strat'], {}), /unknown command 'strat' \(Did you mean start\?\)/);
      assertRefused(await runInProcess(['watch', 'sample'], {}), /A token is required/);
      assertRefused(await runInProcess(['import', 'sample', 'file.jsonl'], {}), /cannot be read/);
    });
  });

  it('reads a .env, whose values the environment overrides', async () => {
    const folder = makeTemporaryDirectory('env');
    writeFileSync(path.join(folder, '.env'), '# what is set here\nexport LOG_LEVEL=loud\nREDIS_URL="localhost:6379" # a comment\n');
    assertRefused(await runInProcess(['start'], {}, folder), /LOG_LEVEL must be one of/);
    assertRefused(await run(['start'], { LOG_LEVEL: 'warn' }, folder), /REDIS_URL must be a URL/);
  });

  it('explains a command with --help', async () => {
    const { code, stdout, stderr } = await run(['migrate', '--help']);
    assert.match(stdout, /^Usage: rollcall migrate /);
    assert.deepEqual([code, stderr], [0, '']);
  });

  it('runs migrations with `migrate`, and lists those that have run', async () => {
    const folder = makeTemporaryDirectory('migrate');
    assert.match((await run(['migrate', 'status'], {}, folder)).stdout, /^pending +0001-organizations-and-their-log$/m);
    assert.deepEqual(readdirSync(folder), [], '`migrate status` created something');
    assert.match((await run(['migrate'], {}, folder)).stdout, /^ran 0001-organizations-and-their-log$/m);
    assert.equal((await run(['migrate', 'up'], {}, folder)).stdout, 'There are no pending migrations.\n');
    assert.match((await run(['migrate', 'status'], {}, folder)).stdout, /^ran \S+Z +0001-organizations-and-their-log$/m);
  });
});
