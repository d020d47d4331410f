import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { parse } from 'yaml';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../support/free-port.ts';
import { aDatabaseForInstances } from '../support/migrated-database.ts';
import { findNginx, type Nginx, nginxMissing, startNginx } from '../support/nginx.ts';
import type { TestDatabase } from '../support/postgres.ts';
import { type StartedProcess, startProcess } from '../support/process.ts';
import { anOrganizationOf, aPerson, type ProvisionedOrg, revisionOf } from '../support/provision.ts';
import { sharedRedis } from '../support/redis.ts';
import { makeTemporaryDirectory } from '../support/run-directory.ts';
import { type Api, apiOf } from '../support/server.ts';
import { skipBecause } from '../support/skip.ts';
import { readSource } from '../support/source-files.ts';

const writesMin = 1_000;
const writers = 6;
/** The time for which a transaction holds up the start of an instance. */
const heldStartMs = 6_000;

const stopDelay = String(parse(readSource('compose.yaml'), { merge: true })['x-instance'].environment.STOP_DELAY_SECONDS);

describe('a rolling restart behind deploy/nginx.conf', function () {
  this.timeout(240_000);
  let database: TestDatabase | undefined;
  let nginx: Nginx | undefined;
  const processes: StartedProcess[] = [];
  let ports: readonly [number, number];
  let start: (port: number) => StartedProcess;
  let api: Api;
  let org: ProvisionedOrg;

  before(async function () {
    const program = findNginx();
    if (!program && process.env.CI !== 'true') skipBecause(this, nginxMissing);
    assert.ok(program, nginxMissing);
    database = await aDatabaseForInstances();
    ports = [await freePort(), await freePort()];
    const shared = {
      DATABASE_URL: database.url,
      REDIS_URL: (await sharedRedis()).url,
      SECRET: randomBytes(24).toString('hex'),
      OPERATOR_TOKEN: randomBytes(24).toString('hex'),
      TRUSTED_PROXIES: 'loopback',
      STOP_DELAY_SECONDS: stopDelay,
    };
    start = (port) => {
      const started = startProcess(['start'], { ...shared, PORT: String(port), DATA_DIR: makeTemporaryDirectory('data') });
      processes.push(started);
      return started;
    };
    for (const port of ports) start(port);
    for (const port of ports) await isReady(port);
    nginx = await startNginx(program, [`127.0.0.1:${ports[0]}`, `127.0.0.1:${ports[1]}`]);
    api = apiOf(nginx.url, shared.OPERATOR_TOKEN);
    org = await anOrganizationOf(api, await aPerson(api));
  });
  after(async () => {
    await nginx?.stop();
    await Promise.all(processes.map((one) => one.kill('SIGKILL')));
    await database?.drop();
  });

  const readyz = (port: number) =>
    fetch(`http://127.0.0.1:${port}/readyz`).then(
      ({ status }) => status,
      () => 0,
    );
  const isReady = (port: number) => eventually(async () => assert.equal(await readyz(port), 200), { timeoutMs: 60_000, intervalMs: 100 });

  /** Restarts an instance as documented, while another transaction holds up its start. */
  async function restart(index: 0 | 1): Promise<void> {
    const exit = await processes[index]!.kill('SIGTERM');
    assert.deepEqual(exit, { code: 0, signal: null });
    const lock = new pg.Client({ connectionString: database!.url });
    await lock.connect();
    await lock.query('BEGIN');
    await lock.query('LOCK TABLE kysely_migration IN ACCESS EXCLUSIVE MODE');
    try {
      start(ports[index]);
      await eventually(async () => assert.equal(await readyz(ports[index]), 503), { timeoutMs: 60_000, intervalMs: 50 });
      assert.equal((await fetch(`http://127.0.0.1:${ports[index]}/healthz`)).status, 200);
      // The time in which nginx tries the instance again.
      await sleep(heldStartMs);
    } finally {
      await lock.query('ROLLBACK');
      await lock.end();
    }
    await isReady(ports[index]);
  }

  it('[H-91] fails none of 1,000 writes, and executes none twice', async () => {
    const { token } = org.owner;
    const path = `/api/0/organizations/${org.slug}/teams/`;
    const failed: string[] = [];
    let written = 0;
    let left = 0;
    let lastRevision = revisionOf(await api.request('POST', path, { token, body: { slug: 'first' } }));
    const before = lastRevision;
    let isRestarting = true;
    const write = async (method: string, to: string, expected: number, body?: object) => {
      try {
        const headers = { 'Idempotency-Key': `${method} ${to} ${JSON.stringify(body)}` };
        let answer = await api.request(method, to, { token, headers, ...(body && { body }) });
        // On a busy machine, the other instance may be slow. Clients repeat such a request.
        while (answer.status === 504) answer = await api.request(method, to, { token, headers, ...(body && { body }) });
        written++;
        if (answer.status === expected) lastRevision = Math.max(lastRevision, revisionOf(answer));
        else failed.push(`${method} ${answer.status} ${JSON.stringify(answer.body).slice(0, 60)}`);
      } catch (error) {
        written++;
        failed.push(`${method} ${String((error as Error).cause ?? error)}`);
      }
    };
    const run = async (writer: number) => {
      for (let count = 0; isRestarting || written < writesMin; count++) {
        const slug = `team-${writer}-${count}`;
        await write('POST', path, 201, { slug });
        await write('PUT', `/api/0/teams/${org.slug}/${slug}/`, 200, { name: `Team ${count} of ${writer}` });
        if (count % 2 === 0) await write('DELETE', `/api/0/teams/${org.slug}/${slug}/`, 204);
        else left++;
      }
    };
    const running = Promise.all(Array.from({ length: writers }, (_, writer) => run(writer)));
    try {
      await restart(0);
      await restart(1);
    } finally {
      isRestarting = false;
    }
    await running;
    const refused = nginx!
      .readLogs()
      .split('\n')
      .filter((line) => /\/ 50[0-9] |error\]/.test(line));
    assert.deepEqual(failed, [], `${failed.length} of ${written} writes failed:\n${refused.slice(0, 30).join('\n')}`);
    assert.equal(lastRevision - before, written, 'each write makes one revision');
    assert.equal(left > 0, true);
  });
});
