import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { sql } from 'kysely';
import { pipeline, transact } from '../../../server/src/database/transact.ts';
import { version } from '../../../server/src/runtime/version.ts';
import { eventually } from '../../support/eventually.ts';
import { onPath } from '../../support/executables.ts';
import { anAccount, codeOf, goodPassword, logIn } from '../../support/log-in.ts';
import { readMetric, readMetrics, readMetricsText } from '../../support/metrics.ts';
import { anOrganizationOf, aPerson, type Person } from '../../support/provision.ts';
import { startServer, type TestServer } from '../../support/server.ts';
import { skipBecause } from '../../support/skip.ts';

/**
 * Returns the findings of `promtool check metrics` for a text. The output is empty without a
 * finding.
 */
function lint(promtool: string, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = execFile(promtool, ['check', 'metrics'], (error, stdout, stderr) => {
      if (error && typeof error.code !== 'number') reject(error);
      else resolve(`${error ? `exit code ${error.code}\n` : ''}${stdout}${stderr}`);
    });
    child.stdin!.end(text);
  });
}

describe('the Prometheus endpoint', () => {
  let server: TestServer;
  let owner: Person;
  before(async () => {
    server = await startServer({ LOG_LEVEL: 'silent' });
    owner = await aPerson(server);
  });
  after(() => server.stop());

  const durations = (method: string, route: string, status: number) =>
    readMetric(server, `rollcall_http_request_duration_seconds_count{method="${method}",route="${route}",status="${status}"}`);

  it('[H-36] passes promtool, after requests, rejections and a failed statement', async function () {
    const promtool = onPath('promtool');
    if (!promtool && process.env.CI !== 'true') skipBecause(this, 'promtool is not installed');
    assert.ok(promtool, 'promtool is missing: apt-get install prometheus');
    const org = await anOrganizationOf(server, owner);
    for (const path of [`/api/0/organizations/${org.slug}/`, '/nowhere/', '/healthz'])
      await server.request('GET', path, { token: owner.token });
    await server.request('POST', '/api/0/auth/login/', { body: { username: 'unknown@example.com', password: 'wrong' } });
    assert.equal(await lint(promtool, await readMetricsText(server)), '');
  });

  it('[H-36] measures requests by the template of their route, so that clients cannot create series', async () => {
    const org = await anOrganizationOf(server, owner);
    const seen = await durations('GET', '/api/0/organizations/:org/', 200);
    for (const team of ['one', 'two', 'three']) {
      await server.request('GET', `/api/0/organizations/${org.slug}/`, { token: owner.token });
      await server.request('GET', `/api/0/teams/${org.slug}/${team}/`, { token: owner.token });
    }
    const unknown = await durations('GET', 'unmatched', 404);
    for (let number = 0; number < 20; number++) await server.request('GET', `/nowhere-${number}/`);
    await eventually(async () => assert.equal(await durations('GET', 'unmatched', 404), unknown + 20));
    await eventually(async () => assert.equal(await durations('GET', '/api/0/organizations/:org/', 200), seen + 3));
    await eventually(async () => assert.equal(await durations('GET', '/api/0/teams/:org/:team/', 404), 3));
    const text = await readMetricsText(server);
    assert.doesNotMatch(text, /nowhere|="[^"]*\/one\b/);
    assert.ok(!text.includes(`"${org.slug}"`) && !text.includes(`/${org.slug}/`));
  });

  it('[H-36] contains the metrics of Node, the process and the database, and the version', async () => {
    const text = await readMetricsText(server);
    for (const name of [
      'process_cpu_seconds_total',
      'process_resident_memory_bytes',
      'process_open_fds',
      'process_max_fds',
      'nodejs_heap_size_used_bytes',
      'nodejs_gc_duration_seconds_count',
      'nodejs_eventloop_lag_seconds',
      'rollcall_pool_connections',
      'rollcall_database_statement_seconds_count',
    ])
      assert.match(text, new RegExp(`^${name}[{ ]`, 'm'), name);
    assert.ok(text.includes(`rollcall_info{version="${version}"} 1\n`));
    assert.ok((await readMetric(server, 'process_open_fds')) > 3);
    assert.ok((await readMetric(server, 'rollcall_database_statement_seconds_count')) > 10);
  });

  it('[H-36] counts failed statements by the class of their SQLSTATE', async () => {
    const before = await readMetric(server, 'rollcall_database_errors_total{class="22"}');
    await assert.rejects(server.services.db.selectNoFrom(({ cast, val }) => cast<number>(val('x'), 'integer').as('one')).execute());
    assert.equal(await readMetric(server, 'rollcall_database_errors_total{class="22"}'), before + 1);
  });

  it('[H-36] counts only the statement that failed, not those that PostgreSQL refuses after it', async () => {
    const errors = async () =>
      new Map([...(await readMetrics(server))].filter(([name]) => name.startsWith('rollcall_database_errors_total{')));
    const before = await errors();
    const failing = transact(server.services.db, async (tx) => {
      for (const divisor of [0, 1, 1]) pipeline(sql`SELECT 1 / ${divisor}::integer`.execute(tx));
    });
    await assert.rejects(failing, /division by zero/);
    const name = 'rollcall_database_errors_total{class="22"}';
    assert.deepEqual(await errors(), new Map([...before, [name, (before.get(name) ?? 0) + 1]]));
  });

  it('[H-36] counts failed logins', async () => {
    const name = 'rollcall_logins_failed_total{reason="password"}';
    const before = await readMetric(server, name);
    await server.request('POST', '/api/0/auth/login/', { body: { username: owner.email, password: 'not the password' } });
    assert.equal(await readMetric(server, name), before + 1);
  });

  it('[H-36] counts refused second-factor codes: a wrong code, an unknown recovery code, and codes that were used before', async () => {
    const account = await anAccount(server);
    const enrol = async (type: 'totp' | 'recovery') =>
      (await server.operate('POST', `/users/${account.id}/authenticators/`, { type })).body;
    const { secret } = await enrol('totp');
    const { codes } = await enrol('recovery');
    const name = 'rollcall_logins_failed_total{reason="second-factor"}';
    const before = await readMetric(server, name);
    const used = codeOf(secret, 1);
    await logIn(server, account, used);
    await logIn(server, account, codes[0]);
    assert.equal(await readMetric(server, name), before, 'correct codes were counted');
    const refused = ['000000', 'not-a-recovery-code', codes[0], used];
    for (const [index, otp] of refused.entries()) {
      const { status } = await server.request('POST', '/api/0/auth/login/', {
        body: { username: account.email, password: goodPassword, otp },
      });
      assert.deepEqual([status, await readMetric(server, name)], [401, before + index + 1], otp);
    }
  });
});
