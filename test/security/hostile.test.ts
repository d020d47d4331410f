import assert from 'node:assert/strict';
import http from 'node:http';
import { sql } from 'kysely';
import { collectGarbage } from '../support/collect-garbage.ts';
import { eventually } from '../support/eventually.ts';
import { isEventStream } from '../support/is-event-stream.ts';
import { readMetric } from '../support/metrics.ts';
import { seededRandom } from '../support/seeds.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { WireReplica } from '../support/wire-replica.ts';
import { type HostileRequest, hostileRequests } from './hostile-requests.ts';
import { sendRaw } from './raw-requests.ts';
import { anOwnerAccount, aWholeOrganization, type WholeOrganization } from './whole-organization.ts';

const requests = 9_000;
const rawRequests = 1_000;
/** Concurrent requests: enough to keep the server busy. */
const hands = 16;
/** After this many requests, permanent allocations such as compiled code exist. */
const warmUp = 1_500;
/**
 * The noise between two measurements of the heap after a collection. A leak of one byte for each of
 * a request's kilobytes would exceed it by far.
 */
const heapMbMax = 8;

const seed = Number(process.env.SEED ?? 1);
const unlimited = { RATE_LIMIT_PER_CREDENTIAL: '1000000', RATE_LIMIT_PER_ADDRESS: '1000000', RATE_LIMIT_CONCURRENT: '1000000' };

describe('a minute of hostile requests', function () {
  this.timeout(300_000);
  let server: TestServer;
  let org: WholeOrganization;
  let replica: WireReplica;
  const agent = new http.Agent({ keepAlive: true, maxSockets: hands });

  before(async () => {
    server = await startServer({ TRUSTED_PROXIES: 'loopback', ...unlimited });
    org = await aWholeOrganization(server, await anOwnerAccount(server));
    // The mails of the setup are still being sent, and their rows change.
    await eventually(async () => assert.equal(await readMetric(server, 'rollcall_mails_waiting'), 0), { timeoutMs: 15_000 });
    replica = await WireReplica.open(server.url, org.owner.token, org.slug);
  });
  after(async () => {
    agent.destroy();
    replica?.close();
    await server?.stop();
  });

  it(`[V2.2.2] [V4.2.1] [V13.4.4] rejects 10,000 requests in the contract’s formats, writes and pushes nothing and leaks no memory (SEED=${seed})`, async () => {
    console.log(`      SEED=${seed}`);
    const random = seededRandom(seed);
    const port = Number(new URL(server.url).port);
    const rowsBefore = await readRows();
    const framesBefore = replica.frames.length;
    const statuses = new Map<number, number>();
    const problems: string[] = [];
    const check = ({ status, type, text }: Answer, mayBeEmpty: boolean, describeRequest: () => string) => {
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
      const problem = problemOf(status, type, text, mayBeEmpty);
      if (problem) problems.push(`${describeRequest()} got ${status} ${text.slice(0, 200)}, which ${problem}`);
    };

    const hostile = hostileRequests(requests, random, org);
    let heapBefore = 0;
    let sent = 0;
    await atOnce(hands, async () => {
      const { value: request, done } = hostile.next();
      if (done) return false;
      if (++sent === warmUp) heapBefore = heapMb();
      const answer = await send(request);
      // Every value sent as a password is a guess, and guesses stay limited.
      const isGuess = request.path.startsWith('/api/0/auth/');
      if (answer.status === 429 && !isGuess) problems.push(`${inShort(request)} was limited, and not checked`);
      const isAnswered = answer.status === 200 || answer.status === 204;
      if (!isAnswered || !request.mayBeAnswered) check(answer, isEmptyByContract(request), () => inShort(request));
      return true;
    });
    let raw = 0;
    await atOnce(hands, async () => {
      if (raw === rawRequests) return false;
      const answer = await sendRaw(port, raw++, random);
      check(answer, false, () => JSON.stringify(answer.sent));
      return true;
    });
    console.log(`      ${[...statuses].map(([status, count]) => `${count} × ${status}`).join(', ')}`);

    assert.deepEqual(problems, []);
    assert.deepEqual(await readRows(), rowsBefore);
    const own = replica.frames.slice(framesBefore).filter(({ event }) => event !== 'pong');
    assert.deepEqual(own, [], 'something was pushed');
    await eventually(() => assert.ok(heapMb() < heapBefore + heapMbMax, `${Math.round(heapMb() - heapBefore)} MB were kept`), {
      intervalMs: 500,
    });
    assert.equal((await server.request('GET', `/api/0/organizations/${org.slug}/`, { token: org.owner.token })).status, 200);
    assert.equal(await readMetric(server, 'rollcall_feed_failures_total'), 0);
  });

  function heapMb(): number {
    collectGarbage();
    return process.memoryUsage().heapUsed / 1_000_000;
  }

  interface Answer {
    readonly status: number;
    readonly type: string | null;
    readonly text: string;
  }

  function send({ method, path, headers, body }: HostileRequest): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const length = body === undefined ? {} : { 'Content-Length': String(Buffer.byteLength(body)) };
      // `Link` repeats the query twice, at any length.
      const limits = { timeout: 8_000, maxHeaderSize: 64 * 1024 };
      const request = http.request(server.url, { method, path, headers: { ...headers, ...length }, agent, ...limits });
      request.on('timeout', () => request.destroy(new Error(`no response after 8 s: ${method} ${path.slice(0, 200)}`)));
      request.on('error', reject);
      request.on('response', (response) => {
        const type = response.headers['content-type'] ?? null;
        let text = '';
        response.setEncoding('utf8').on('data', (part) => {
          text += part;
          if (isEventStream(type)) response.destroy();
        });
        response.on('close', () => isEventStream(type) && resolve({ status: response.statusCode!, type, text }));
        response.on('end', () => resolve({ status: response.statusCode!, type, text }));
      });
      request.end(body);
    });
  }

  /**
   * Rows of all tables, without the times at which credentials were last used and the counts of
   * guesses.
   */
  async function readRows(): Promise<Record<string, string>> {
    const { db } = server.services;
    const { rows } = await sql<{ name: string }>`
      SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public' AND table_name NOT IN ('attempt_limits', 'instances', 'security_events') ORDER BY 1`.execute(
      db,
    );
    const digests: Record<string, string> = {};
    for (const { name } of rows) {
      const digest = await sql<{ digest: string }>`
        SELECT count(*) || ':' || coalesce(md5(string_agg(row, ',' ORDER BY row)), '') AS digest
        FROM (SELECT (to_jsonb(t) - 'date_last_used')::text AS row FROM ${sql.table(name)} AS t) AS rows`.execute(db);
      digests[name] = digest.rows[0]!.digest;
    }
    return digests;
  }
});

async function atOnce(count: number, step: () => Promise<boolean>): Promise<void> {
  const repeat = async () => {
    while (await step()) {}
  };
  await Promise.all(Array.from({ length: count }, repeat));
}

const inShort = ({ kind, method, path, headers, body }: HostileRequest) =>
  `${kind}: ${method} ${path.slice(0, 200)} ${JSON.stringify(headers).slice(0, 300)} ${String(body ?? '').slice(0, 300)}`;

/** REST contract 8.5. */
const isEmptyByContract = ({ path }: HostileRequest) => path.includes('/access-requests/');

/**
 * Null if a rejection has one of the formats of the contract (REST contract 1, 1.1). Otherwise a
 * description of the error.
 */
function problemOf(status: number, type: string | null, text: string, mayBeEmpty: boolean): string | null {
  if (status < 400 || status > 499) return 'is not a rejection';
  if (text === '') return mayBeEmpty || status === 404 ? null : 'has no body';
  if (status === 404 && type?.startsWith('text/plain')) return null;
  if (type !== 'application/json') return `is of the type ${type}`;
  return isRefusal(JSON.parse(text)) ? null : 'has another shape';
}

function isRefusal(body: unknown): boolean {
  if (Array.isArray(body)) return body.length > 0 && body.every((one) => typeof one === 'string');
  if (typeof body !== 'object' || body === null) return false;
  const entries = Object.entries(body);
  return entries.length > 0 && entries.every(([key, value]) => isMessage(value) || (key === 'detail' && isCoded(value)));
}

/** A text or lists of texts. Errors of list fields are nested. */
function isMessage(value: unknown): boolean {
  if (typeof value === 'string') return value !== '';
  if (Array.isArray(value)) return value.length > 0 && value.every(isMessage);
  return typeof value === 'object' && value !== null && !('code' in value) && Object.values(value).every(isMessage);
}

function isCoded(value: unknown): boolean {
  const { code, message } = value as { code?: unknown; message?: unknown };
  // Sentry's clients recognize this error by its code alone.
  return typeof code === 'string' && (typeof message === 'string' || code === 'ignore');
}
