import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { examineSetup } from '../../../server/src/compose/checks/examine-setup.ts';
import { findSecret } from '../../../server/src/config/keep-secret.ts';
import { parseConfig } from '../../../server/src/config.ts';
import { freePort } from '../../support/free-port.ts';
import { realPasswordCost } from '../../support/password-cost.ts';
import { writePermissionsFile } from '../../support/permissions.ts';
import { sharedPostgres, type TestDatabase } from '../../support/postgres.ts';
import { sharedRedis } from '../../support/redis.ts';
import { run } from '../../support/run-command.ts';
import { makeTemporaryDirectory } from '../../support/run-directory.ts';
import { startServer, type TestServer } from '../../support/server.ts';
import { startSmtp, type TestSmtp } from '../../support/smtp.ts';

const secret = 'the secret of the doctor test, long enough';

describe('rollcall doctor', () => {
  let database: TestDatabase;
  let server: TestServer;
  let smtp: TestSmtp;
  let valid: Readonly<Record<string, string>>;

  before(async () => {
    database = await (await sharedPostgres()).createDatabase();
    smtp = await startSmtp();
    server = await startServer({ DATABASE_URL: database.url, SECRET: secret });
    valid = {
      DATABASE_URL: database.url,
      SECRET: secret,
      REDIS_URL: (await sharedRedis()).url,
      SMTP_URL: smtp.url,
      MAIL_FROM: 'Rollcall <rollcall@example.com>',
      PUBLIC_URL: server.url,
    };
  });
  after(async () => {
    await server?.stop();
    await smtp?.stop();
    await database?.drop();
  });

  /** @param clockMs how much the clock of this machine is ahead */
  async function examine(settings: Readonly<Record<string, string>>, clockMs = 0): Promise<string> {
    const lines: string[] = [];
    const config = parseConfig({ ...valid, ...settings }, findSecret);
    const clock = { wallTime: () => Date.now() + clockMs };
    for await (const { state, subject, text } of examineSetup(config, clock)) lines.push(`${state} ${subject} ${text}`);
    return lines.join('\n');
  }

  it('passes with settings that work, without a warning', async () => {
    const { code, stdout, stderr } = await run(['doctor'], valid);
    assert.deepEqual([code, stderr], [0, ''], stdout);
    const lines = stdout.trim().split('\n');
    for (const line of lines) assert.match(line, /^ok {7}\S/);
    for (const subject of ['settings', 'HOST', 'DATABASE_URL', 'migrations', 'SECRET', 'clock', 'REDIS_URL', 'SMTP_URL', 'PUBLIC_URL'])
      assert.ok(
        lines.some((line) => line.includes(` ${subject} `)),
        subject,
      );
  });

  it('lists the settings that level 2 of ASVS needs, without a call to a server', async () => {
    const folder = makeTemporaryDirectory('doctor');
    const servers = { PUBLIC_URL: 'https://closed.invalid', REDIS_URL: 'rediss://closed.invalid', SMTP_URL: 'smtps://closed.invalid' };
    const met = { REQUIRE_2FA: 'true', BREACHED_PASSWORDS_URL: 'https://closed.invalid/range/', ...servers, ...realPasswordCost };
    const good = await run(['doctor', '--asvs'], met, folder);
    assert.deepEqual([good.code, good.stderr], [0, ''], good.stdout);
    assert.match(good.stdout, /^ok {7}PUBLIC_URL {11}V12\.2\.1: https:\/\/closed\.invalid has TLS$/m);
    const issuer = { JWT_ISSUER: 'https://issuer.invalid', JWT_AUDIENCE: 'rollcall', JWT_JWKS_URL: 'https://issuer.invalid/keys' };
    const lacking = await run(['doctor', '--asvs'], { ...met, ...issuer }, folder);
    assert.deepEqual([lacking.code, lacking.stderr], [1, 'rollcall: 4 of 14 checks failed.\n'], lacking.stdout);
    assert.match(lacking.stdout, /^warning +JWT_TYPE +V9\.2\.2: /m);
    for (const setting of ['JWT_USER', 'JWT_SCOPES', 'JWT_ACR', 'JWT_AUTH_TIME'])
      assert.match(lacking.stdout, new RegExp(`^failed +${setting} +V10\\.3\\.[234]: `, 'm'));
    assert.deepEqual(readdirSync(folder), []);
  });

  it('creates nothing in an empty folder', async () => {
    const folder = makeTemporaryDirectory('doctor');
    const { code, stdout } = await run(['doctor'], {}, folder);
    assert.match(stdout, /^ok +DATA_DIR +the first start creates an embedded database/m);
    assert.match(stdout, /^warning +SMTP_URL +not set: mails are written to files/m);
    assert.deepEqual([code, readdirSync(folder)], [0, []]);
  });

  it('warns of UV_THREADPOOL_SIZE in a .env, where Node does not read it', async () => {
    const folder = makeTemporaryDirectory('doctor');
    writeFileSync(path.join(folder, '.env'), 'UV_THREADPOOL_SIZE=16\n');
    const { code, stdout } = await run(['doctor'], {}, folder);
    assert.match(stdout, /^warning +settings +UV_THREADPOOL_SIZE has no effect in a \.env file/m);
    const inProcess = await run(['doctor'], { UV_THREADPOOL_SIZE: '16' }, folder);
    assert.deepEqual([code, inProcess.code], [0, 0]);
    assert.doesNotMatch(inProcess.stdout, /UV_THREADPOOL_SIZE/);
  });

  it('names each setting that does not work', async () => {
    const closed = await freePort();
    const other = createServer((_request, response) => response.end('{}')).listen(0, '127.0.0.1');
    await once(other, 'listening');
    const otherUrl = `http://127.0.0.1:${(other.address() as AddressInfo).port}`;
    const issuer = { JWT_ISSUER: 'https://issuer.example', JWT_AUDIENCE: 'rollcall', JWT_JWKS_URL: `${otherUrl}/keys` };
    const gitlab = { GITLAB_CLIENT_ID: 'id', GITLAB_CLIENT_SECRET: 'hunter2' };
    const folder = makeTemporaryDirectory('doctor');
    const planted: readonly [string, Readonly<Record<string, string>>, RegExp][] = [
      ['a closed database', { DATABASE_URL: `postgres://someone:hunter2@127.0.0.1:${closed}/x` }, /^failed DATABASE_URL .*ECONNREFUSED/m],
      [
        'a missing database',
        { DATABASE_URL: database.url.replace(/\/[^/]+$/, '/absent') },
        /^failed DATABASE_URL .*"absent" does not exist/m,
      ],
      [
        'another secret',
        { SECRET: secret.toUpperCase() },
        /^failed SECRET SECRET is not the one with which the stored secrets were encrypted/m,
      ],
      ['a closed Redis', { REDIS_URL: `redis://:hunter2@127.0.0.1:${closed}` }, /^failed REDIS_URL 127\.0\.0\.1:\d+: .*ECONNREFUSED/m],
      ['a closed mail server', { SMTP_URL: `smtp://me:hunter2@127.0.0.1:${closed}` }, /^failed SMTP_URL 127\.0\.0\.1:\d+: .*ECONNREFUSED/m],
      ['a mail server without TLS', { SMTP_URL: 'smtp://me:hunter2@mail.invalid' }, /^warning SMTP_URL .*mail\.invalid has TLS only if/m],
      ['a public URL without TLS', { PUBLIC_URL: 'http://rollcall.invalid' }, /^warning PUBLIC_URL http:\/\/rollcall\.invalid has no TLS/m],
      ['a mail folder below a file', { SMTP_URL: '', MAIL_DIR: '/dev/null' }, /^failed MAIL_DIR MAIL_DIR \/dev\/null is not writable/m],
      ['a closed public URL', { PUBLIC_URL: `http://127.0.0.1:${closed}` }, /^failed PUBLIC_URL .*ECONNREFUSED/m],
      ['the public URL of another server', { PUBLIC_URL: otherUrl }, /^failed PUBLIC_URL .*is not a Rollcall server/m],
      ['an issuer without keys', issuer, /^failed JWT_JWKS_URL .*returns no keys/m],
      ['an absent organization', { DEFAULT_ORGANIZATION: 'absent' }, /^warning DEFAULT_ORGANIZATION .*no such organization exists/m],
      ['a misspelt setting', { REDIS_ULR: 'redis://127.0.0.1' }, /^warning settings .*REDIS_ULR/m],
      ['an address of another machine', { HOST: '203.0.113.9' }, /^failed HOST .*EADDRNOTAVAIL/m],
      [
        'a data folder below a file',
        { DATABASE_URL: '', DATA_DIR: '/dev/null/data' },
        /^failed DATA_DIR \/dev\/null\/data cannot be created: \/dev\/null is not a folder/m,
      ],
      [
        'a mail folder that cannot be created',
        { SMTP_URL: '', MAIL_DIR: '/dev/null/mail' },
        /^failed MAIL_DIR \/dev\/null\/mail cannot be created/m,
      ],
      [
        'a closed DNS server',
        { DNS_SERVERS: `127.0.0.1:${closed}` },
        /^failed DNS_SERVERS 127\.0\.0\.1:\d+ does not respond: ECONNREFUSED/m,
      ],
      ['a private GitLab', { ...gitlab, GITLAB_URL: otherUrl }, /^failed GITLAB_URL .*Add its host to OUTBOUND_ALLOWED/m],
      [
        'a closed GitLab',
        { ...gitlab, GITLAB_URL: `http://127.0.0.1:${closed}`, OUTBOUND_ALLOWED: '127.0.0.1' },
        /^failed GITLAB_URL .*The server can’t be reached/m,
      ],
      [
        'a data folder without a secret',
        { SECRET: '', DATA_DIR: path.join(folder, 'data') },
        /^warning SECRET not set: the first start creates one/m,
      ],
    ];
    try {
      for (const [what, settings, pattern] of planted) {
        const lines = await examine(settings);
        assert.match(lines, pattern, what);
        assert.doesNotMatch(lines, /hunter2/, what);
      }
    } finally {
      other.close();
    }
  });

  it('exits with code 1 and one line if a check failed', async () => {
    const invalid = await run(['doctor'], { ...valid, PORT: 'http' });
    assert.match(invalid.stdout, /^failed +settings +PORT must be a number\n$/);
    assert.deepEqual([invalid.code, invalid.stderr], [1, 'rollcall: 1 of 1 checks failed.\n']);
  });

  it('fails for another secret, so that `rollcall doctor && rollcall start` does not start', async () => {
    const { code, stdout } = await run(['doctor'], { ...valid, SECRET: secret.toUpperCase() });
    assert.match(stdout, /^failed +SECRET +SECRET is not the one/m);
    assert.equal(code, 1);
  });

  it('[V16.2.2] fails for a clock that differs by more than 5 s from the database’s', async () => {
    for (const clockMs of [60_000, -60_000]) {
      assert.match(await examine({}, clockMs), /^failed clock this machine's clock differs by \d{5} ms from the database's: logins/m);
    }
    assert.match(await examine({}), /^ok clock /m);
  });

  it('compares PERMISSIONS_FILE with the permissions in force', async () => {
    const own = await (await sharedPostgres()).createDatabase();
    const fileOf = (version: number, ...orgRoles: string[]) =>
      writePermissionsFile({ version, scopes: { 'invoice:approve': { orgRoles } } });
    const first = fileOf(1, 'owner');
    const examineFile = (file: string) => examine({ DATABASE_URL: own.url, PERMISSIONS_FILE: file });
    try {
      const instance = await startServer({ DATABASE_URL: own.url, SECRET: secret, PERMISSIONS_FILE: first });
      await instance.stop();
      assert.match(await examineFile(first), /^ok PERMISSIONS_FILE version 1 is in force/m);
      assert.match(
        await examineFile(fileOf(2, 'manager')),
        /^ok PERMISSIONS_FILE the next start puts version 2 in force in place of version 1/m,
      );
      assert.match(
        await examineFile(fileOf(1, 'manager')),
        /^failed PERMISSIONS_FILE .*differs from the permissions in force, .* same version 1/m,
      );
      const withoutFile = await examine({ DATABASE_URL: own.url });
      assert.match(withoutFile, /^failed PERMISSIONS_FILE PERMISSIONS_FILE is not set, but version 1 of the permissions is in force/m);
    } finally {
      await own.drop();
    }
  });

  it('reports a database that accepts no writes, and one without tables', async () => {
    const empty = await (await sharedPostgres()).createDatabase();
    try {
      assert.match(await examine({ DATABASE_URL: empty.url }), /^warning migrations \d+ of \d+ are pending/m);
      const readOnly = `${empty.url}?options=-c%20default_transaction_read_only%3Don`;
      assert.match(await examine({ DATABASE_URL: readOnly }), /^failed DATABASE_URL .*accepts no writes/m);
    } finally {
      await empty.drop();
    }
  });
});
