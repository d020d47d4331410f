import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { eventually } from '../../support/eventually.ts';
import { freePort } from '../../support/free-port.ts';
import { anAccount, logIn, personOf } from '../../support/log-in.ts';
import { aMigratedDatabase } from '../../support/migrated-database.ts';
import { anOrganizationOf } from '../../support/provision.ts';
import { sharedRedis } from '../../support/redis.ts';
import { makeTemporaryDirectory } from '../../support/run-directory.ts';
import { type Api, apiOf } from '../../support/server.ts';
import { skipBecause } from '../../support/skip.ts';
import { bootSystemd, canBootSystemd, isSystemdInstalled } from '../../support/systemd/systemd.ts';

describe('the unit for systemd', function () {
  // Booting and starting take half a minute on a busy machine.
  this.timeout(240_000);
  const text = readFileSync('deploy/systemd/rollcall.service', 'utf8');
  const log = '/run/rollcall.log';
  const succeeded = { Result: 'success', NRestarts: '0', ExecMainStatus: '0' };
  const strict = `
# A refused system call ends the process, by SIGSYS (31), so that the test notices it.
SystemCallErrorNumber=kill
StandardOutput=append:${log}
`;

  /** The lines of docs/operating/instances.md for a further secret. */
  function further(name: string): string {
    const [, lines] = /```ini\n(\[Service\]\nLoadCredential=[\s\S]*?)```/.exec(readFileSync('docs/operating/instances.md', 'utf8'))!;
    return lines!.replaceAll('SMTP_URL', name);
  }

  function assertInstalled(context: Mocha.Context): void {
    if (!isSystemdInstalled() && process.env.CI !== 'true') skipBecause(context, 'systemd is not installed');
    assert.ok(isSystemdInstalled(), 'systemd is not installed: apt-get install systemd');
  }

  /** Hashes a password, creates an organization, and invites a person, which writes a mail. */
  async function writeTo(api: Api): Promise<void> {
    const owner = await anAccount(api);
    const cookie = await logIn(api, owner);
    const { slug } = await anOrganizationOf(api, personOf(owner), { cookie });
    const body = { email: 'ada@example.com', role: 'member' };
    const invited = await api.request('POST', `/api/0/organizations/${slug}/members/`, { cookie, body });
    assert.equal(invited.status, 201, JSON.stringify(invited.body));
  }

  it('runs a server that becomes ready, writes and ends with exit code 0, without a system call that it refuses', async function () {
    assertInstalled(this);
    if (!(await canBootSystemd())) skipBecause(this, 'only root outside of containers can boot a systemd');
    const database = await aMigratedDatabase();
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const operatorToken = randomBytes(24).toString('hex');
    // Names, so that the server has to look them up.
    const secrets = {
      SECRET: randomBytes(24).toString('hex'),
      OPERATOR_TOKEN: operatorToken,
      DATABASE_URL: database.url.replace('127.0.0.1', 'localhost'),
      REDIS_URL: (await sharedRedis()).url.replace('127.0.0.1', 'localhost'),
    };
    const dropIn = [further('REDIS_URL'), strict].join('\n');
    const systemd = await bootSystemd({
      '/etc/systemd/system/rollcall.service': text,
      '/etc/systemd/system/rollcall.service.d/test.conf': dropIn,
      '/etc/rollcall/rollcall.env': `PORT=${port}\n`,
      ...Object.fromEntries(Object.entries(secrets).map(([name, value]) => [`/etc/rollcall/credentials/${name}`, `${value}\n`])),
    });
    const readLog = () => (existsSync(systemd.pathOf(log)) ? readFileSync(systemd.pathOf(log), 'utf8') : '');
    const readState = async () => {
      const shown = await systemd.run('systemctl', 'show', 'rollcall', '--property=ActiveState,Result,NRestarts,ExecMainStatus');
      return Object.fromEntries(
        shown
          .trim()
          .split('\n')
          .map((line) => line.split('=')),
      );
    };
    try {
      await systemd.run('systemctl', 'start', 'rollcall');
      const isReady = () =>
        fetch(`${url}/readyz`).then(
          ({ ok }) => ok,
          () => false,
        );
      await eventually(
        async () => assert.ok((await isReady()) || (await readState()).ActiveState !== 'active', `not ready: ${readLog()}`),
        {
          timeoutMs: 40_000,
          intervalMs: 250,
        },
      );
      assert.deepEqual(await readState(), { ...succeeded, ActiveState: 'active' }, readLog());
      assert.doesNotMatch(readLog(), /the bus is down/);

      const pid = await systemd.run('systemctl', 'show', 'rollcall', '--property=MainPID', '--value');
      const environment = await systemd.run('cat', `/proc/${pid.trim()}/environ`);
      for (const value of Object.values(secrets)) assert.ok(!environment.includes(value), 'a secret is in the environment');
      const status = await systemd.run('cat', `/proc/${pid.trim()}/status`);
      for (const restriction of [/^Seccomp:\t2$/m, /^NoNewPrivs:\t1$/m, /^CapBnd:\t0+$/m, /^Uid:\t[1-9]/m])
        assert.match(status, restriction);

      await writeTo(apiOf(url, operatorToken));
      const mails = () => readdirSync(systemd.pathOf('/var/lib/rollcall/mail')).filter((file) => file.endsWith('.eml'));
      await eventually(() => assert.equal(mails().length, 1, 'the mail was not written'));

      await systemd.run('systemctl', 'stop', 'rollcall');
      assert.deepEqual(await readState(), { ...succeeded, ActiveState: 'inactive' }, readLog());
    } finally {
      await systemd.stop();
      await database.drop();
    }
  });

  it('starts the server again for as long as the database is unavailable', () => {
    assert.match(text, /^StartLimitIntervalSec=0$/m);
    assert.match(text, /^Restart=always$/m);
  });

  it('passes systemd-analyze', function () {
    assertInstalled(this);
    const unit = text.replace('/usr/bin/node', process.execPath);
    const file = path.join(makeTemporaryDirectory('systemd'), 'rollcall.service');
    writeFileSync(file, unit);
    execFileSync('systemd-analyze', ['verify', '--man=no', file], { stdio: 'pipe' });
  });
});
