import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { audienceOf, expandScopes, type Scope, type WebhookRecord } from '@rollcall/protocol';
import { openPostgres } from '../../server/src/database/connections/database-postgres.ts';
import type { Database } from '../../server/src/database/database.ts';
import { readEntries } from '../../server/src/database/records/read-log.ts';
import { readOrganization } from '../../server/src/database/records/records-read.ts';
import { outletEvents } from '../../server/src/domain/outlet-events.ts';
import { createLog } from '../../server/src/runtime/log.ts';
import { generateHistory } from '../faults/generated-history.ts';
import { eventually } from '../support/eventually.ts';
import { canRun } from '../support/executables.ts';
import { freePort } from '../support/free-port.ts';
import { findHistory, writesOf } from '../support/history.ts';
import { anOrgWithOwner, type OrgWithOwner } from '../support/logged-in.ts';
import { sharedPostgres, type TestDatabase } from '../support/postgres.ts';
import { type StartedProcess, startProcess } from '../support/process.ts';
import { sharedRedis } from '../support/redis.ts';
import { doNotCheckResponsesOf } from '../support/response-checks.ts';
import { endWithRun, makeTemporaryDirectory } from '../support/run-directory.ts';
import { type Api, apiOf } from '../support/server.ts';
import { aWebhook, callWebhooks } from '../support/webhooks.ts';

/** The number of changes in the history. */
const changes = Number(process.env.CHANGES ?? 2_000);
/** Requests that fail, for each webhook. The waits after them take 0.6 s on average. */
const failures = 150;
/** Each kill delays the webhooks of an instance until their leases end. */
const killsMax = 8;
const script = fileURLToPath(new URL('../support/python/receive_webhooks.py', import.meta.url));

/** The last one fails until it is disabled, and is switched on after half of the history. */
const endpoints: readonly { readonly path: string; readonly scopes?: readonly Scope[] }[] = [
  { path: '/manager' },
  { path: '/teams', scopes: ['team:read'] },
  { path: '/members', scopes: ['member:read'] },
  { path: '/failing' },
];

interface Request {
  readonly path: string;
  readonly message: string;
  readonly id: string;
  readonly type: string;
  readonly signed: boolean;
  /** Whether the body contains an address of a member. */
  readonly addresses: boolean;
  readonly outcome: string;
}

describe('webhooks of two instances that are killed, at a receiver that fails at random', function () {
  this.timeout(30 * 60_000);
  const requests: Request[] = [];
  const processes: StartedProcess[] = [];
  const ports: number[] = [];
  let empty: TestDatabase;
  let database: Database;
  let environment: Record<string, string>;
  let receiver: ReturnType<typeof spawn>;
  let receiverUrl: string;
  let isOver = false;

  before(async function () {
    if (!(await canRun('python3', ['-V'], { cwd: '/' }))) this.skip();
    empty = await (await sharedPostgres()).createDatabase();
    database = openPostgres(empty.url, createLog('silent'));
    environment = {
      DATABASE_URL: empty.url,
      REDIS_URL: (await sharedRedis()).url,
      SECRET: randomBytes(24).toString('hex'),
      OPERATOR_TOKEN: randomBytes(24).toString('hex'),
      OUTBOUND_ALLOWED: '127.0.0.1',
      RATE_LIMIT_MEMBERS: '1000000',
      WEBHOOK_RETRY_SECONDS: '0.1 0.2 0.5 1 1 1 1 1 1 1',
    };
    for (const index of [0, 1]) {
      const port = await freePort();
      ports.push(port);
      doNotCheckResponsesOf(`http://127.0.0.1:${port}`);
      await start(index);
    }
    receiver = spawn('python3', ['-B', script, '17', String(Math.min(0.2, failures / changes))], { stdio: ['pipe', 'pipe', 'inherit'] });
    endWithRun(receiver, 'KILL');
    receiverUrl = await new Promise((resolve) => {
      createInterface(receiver.stdout!).on('line', (line) => {
        const report = JSON.parse(line);
        if (report.port) resolve(`http://127.0.0.1:${report.port}`);
        else requests.push(report);
      });
    });
  });
  after(async () => {
    isOver = true;
    receiver?.kill('SIGKILL');
    await Promise.all(processes.map((process) => process.kill('SIGKILL')));
    await database?.close();
    await empty?.drop();
  });

  async function start(index: number): Promise<void> {
    const own = { ...environment, PORT: String(ports[index]), DATA_DIR: makeTemporaryDirectory('data') };
    // The built server starts faster than the sources.
    processes[index] = startProcess(['start'], own, { script: 'server/dist/main.js' });
    // With other work on the machine, a start takes a minute.
    await processes[index].waitForLine(/is ready on/, 180_000);
  }

  /** Calls an instance that responds. */
  const alive: Api = {
    async request(...call) {
      for (let attempt = 0; ; attempt++) {
        try {
          const response = await apiOf(`http://127.0.0.1:${ports[attempt % 2]}`, environment.OPERATOR_TOKEN!).request(...call);
          if (response.status < 500 || attempt > 100) return response;
        } catch (error) {
          if (attempt > 100) throw error;
        }
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    },
    operate: (method, path, body) => alive.request(method, `/api/operator${path}`, { token: environment.OPERATOR_TOKEN!, body }),
  };

  async function killAtRandom(): Promise<number> {
    for (let kills = 0; ; kills++) {
      await new Promise((resolve) => setTimeout(resolve, 4_000 + 8_000 * Math.random()));
      if (isOver || kills === killsMax) return kills;
      await processes[kills % 2]!.kill('SIGKILL');
      await start(kills % 2);
    }
  }

  async function enableAgain(org: OrgWithOwner, ids: readonly string[]): Promise<void> {
    for (const id of ids) {
      const { body } = await callWebhooks(alive, org, 'GET', `${id}/`);
      if (body.status === 'disabled') await callWebhooks(alive, org, 'PUT', `${id}/`, { status: 'active' });
    }
  }

  /** The events that the webhook should get, in order. */
  async function expectedOf(orgId: string, { id, scopes }: WebhookRecord): Promise<string[]> {
    const organization = (await readOrganization(database.db, orgId))!;
    const entries = await readEntries(database.db, orgId, 0, Number.MAX_SAFE_INTEGER);
    const created = entries.findIndex((entry) =>
      entry.changes.some(({ kind, id: own, before }) => kind === 'webhook' && own === id && !before),
    );
    const audience = audienceOf(organization, new Set(expandScopes(scopes)), null);
    return entries
      .slice(created + 1)
      .flatMap((entry) => outletEvents(entry, organization, audience, () => true).map(({ data }) => data.id));
  }

  async function play(org: OrgWithOwner, part: string, writes: readonly string[][], enabledIds: readonly string[]): Promise<void> {
    for (const [index, lines] of writes.entries()) {
      const { status, body } = await alive.request('POST', `/api/operator/organizations/${org.id}/import/`, {
        token: environment.OPERATOR_TOKEN!,
        headers: { 'Content-Type': 'application/x-ndjson', 'Idempotency-Key': `${part} ${index}` },
        body: lines.join('\n'),
      });
      assert.equal(status, 200, JSON.stringify(body));
      if (index % 20 === 0) await enableAgain(org, enabledIds);
    }
  }

  it('every visible event arrives signed, in order and with its own id, and nothing else does', async () => {
    const org = await anOrgWithOwner(alive);
    const hidden = await alive.request('PUT', `/api/0/organizations/${org.slug}/`, { cookie: org.cookie, body: { enhancedPrivacy: true } });
    assert.equal(hidden.status, 200);
    const webhooks: (WebhookRecord & { secret: string })[] = [];
    for (const { path, scopes } of endpoints) {
      webhooks.push(await aWebhook(alive, org, { url: `${receiverUrl}${path}`, ...(scopes && { scopes }) }));
    }
    const accept = (index: number) => receiver.stdin!.write(`${endpoints[index]!.path} ${webhooks[index]!.secret}\n`);
    const failing = endpoints.length - 1;
    for (const index of endpoints.keys()) if (index !== failing) accept(index);
    const ids = webhooks.map(({ id }) => id);
    const writes = writesOf(findHistory() ?? generateHistory(17, { orgs: ['made'], merges: 1_200, firstMembers: 400 }), changes);
    const half = Math.ceil(writes.length / 2);
    const killing = killAtRandom();
    await play(org, 'first half', writes.slice(0, half), ids.slice(0, failing));
    await eventually(
      async () => {
        const { body } = await callWebhooks(alive, org, 'GET', `${ids[failing]}/`);
        assert.deepEqual([body.status, body.disabledReason], ['disabled', 'failed-too-long']);
      },
      { timeoutMs: 5 * 60_000, intervalMs: 500 },
    );
    assert.deepEqual(requestsTo(failing), []);
    accept(failing);
    await play(org, 'second half', writes.slice(half), ids);
    await eventually(
      async () => {
        await enableAgain(org, ids);
        for (const id of ids) assert.equal((await callWebhooks(alive, org, 'GET', `${id}/state/`)).body.behind, 0);
      },
      { timeoutMs: 20 * 60_000, intervalMs: 500 },
    );
    isOver = true;
    const kills = await killing;
    assert.ok(kills > 0, 'no instance was killed');
    for (const [index, webhook] of webhooks.entries()) await assertReceived(org, webhook, requestsTo(index), kills);
    const [all, teams, members] = endpoints.map((_, index) => requestsTo(index));
    assert.ok(all!.length > changes / 2 && all!.some(({ addresses }) => addresses));
    assert.ok(teams!.every(({ type, addresses }) => type.startsWith('team.') && !addresses));
    assert.ok(members!.every(({ type, addresses }) => /^(member|invite)\./.test(type) && !addresses));
  });

  function requestsTo(index: number): Request[] {
    return requests.filter(({ path }) => path === endpoints[index]!.path);
  }

  async function assertReceived(org: OrgWithOwner, webhook: WebhookRecord, own: readonly Request[], kills: number): Promise<void> {
    const expected = await expectedOf(org.id, webhook);
    assert.ok(
      own.every(({ signed, message, id }) => signed && message === `msg_${webhook.id}_${id.replaceAll('.', '_')}`),
      'a signature or an id is wrong',
    );
    const acknowledged = own.filter(({ outcome }) => outcome === '200').map(({ id }) => id);
    assert.deepEqual([...new Set(acknowledged)], expected);
    // A request is for the next event, or repeats the last acknowledged one after a death.
    let next = 0;
    for (const { id, outcome } of own) {
      assert.ok(id === expected[next] || id === expected[next - 1], `${id} was sent in place of ${expected[next]}`);
      if (id === expected[next] && outcome === '200') next++;
    }
    assert.ok(acknowledged.length <= expected.length + kills, `${acknowledged.length - expected.length} repetitions in ${kills} kills`);
  }
});
