import assert from 'node:assert/strict';
import { forkProgram } from '../../../bench/src/contestants/process.ts';
import { makeOrganizations } from '../../../bench/src/many/make-organizations.ts';
import type { OpenerMethods } from '../../../bench/src/many/opener-process.ts';
import { Calls } from '../../../bench/src/subscribers/calls.ts';
import { type Greeting, rollcallGreeting } from '../../../bench/src/subscribers/greeting.ts';
import { LiveMemory } from '../../attack/live-memory.ts';
import { eventually } from '../../support/eventually.ts';
import { importLines, importMembers } from '../../support/large.ts';
import { readMetrics } from '../../support/metrics.ts';
import { anOrganizationOf, aPerson } from '../../support/provision.ts';
import { sharedRedis } from '../../support/redis.ts';
import { type SeparateServer, startSeparateServer } from '../../support/separate-server.ts';

const small = { organizations: 2_000, members: 11 };
const largeMembers = 5_000;
const openingMax = 200;
/** Long enough to measure, on a busy machine, what is kept in that time. */
const idleSeconds = 30;
/** The timer ends late on a busy machine, and the metrics are read one request after another. */
const lateSecondsMax = 10;
/** So the feeds that `LIMIT_IDLE_FEED_BYTES` allows take at most twice its value. */
const factorMax = 2;
/** A feed that stays in memory would keep nearly all. V8 keeps some 2 MB of compiled code. */
const keptShareMax = 0.2;
/** Two reads that differ less show that nothing else is being released. */
const settledBytes = 100_000;
/**
 * Beside other tests, code that is compiled or caches that are emptied during one measurement
 * change it by megabytes. A wrong estimate and a feed that stays are found by each.
 */
const measurementsMax = 3;
/** A snapshot stays for a second after its last use. */
const settlesMs = 1_500;

interface Opened {
  readonly orgId: string;
  readonly token: string;
}

/** The snapshot has one part, so it is not kept for long. */
function greetingOf({ orgId, token }: Opened): Greeting {
  const request = { org: orgId, collections: ['organization'] };
  return { ...rollcallGreeting(token, orgId), onConnect: `420${JSON.stringify(['subscribe', request])}` };
}

describe('organizations without subscriptions', function () {
  this.timeout(900_000);
  let server: SeparateServer;
  let memory: LiveMemory;
  let opener: ReturnType<typeof forkProgram>;
  let calls: Calls<OpenerMethods>;

  before(async () => {
    opener = forkProgram('many/opener-process.ts');
    calls = new Calls<OpenerMethods>(opener.child);
    const environment = {
      REDIS_URL: (await sharedRedis()).url,
      LIMIT_IDLE_FEED_SECONDS: String(idleSeconds),
      LIMIT_IDLE_FEED_BYTES: String(2 ** 30),
      LIMIT_SOCKETS_PER_CALLER: '100000',
      RATE_LIMIT_PER_ADDRESS: '1000000',
      RATE_LIMIT_PER_CREDENTIAL: '1000000',
    };
    server = await startSeparateServer(environment, ['--inspect=127.0.0.1:0']);
    const [, inspectorUrl = ''] = await server.waitForLine(/^Debugger listening on (ws:\S+)$/);
    memory = await LiveMemory.open(inspectorUrl);
  });
  after(async () => {
    memory?.[Symbol.dispose]();
    await opener?.kill('SIGTERM');
    await server?.stop();
  });

  /** Live memory, once nothing is released any more. */
  async function readSettled(): Promise<number> {
    let last = Number.POSITIVE_INFINITY;
    const read = async () => {
      const bytes = await memory.read();
      const change = Math.abs(bytes - last);
      last = bytes;
      assert.ok(change < settledBytes, `memory changes by ${change} bytes`);
      return bytes;
    };
    return eventually(read, { timeoutMs: 60_000, intervalMs: settlesMs });
  }

  const metric = async (name: string) => (await readMetrics(server)).get(name) ?? 0;

  /** Opens organizations with one subscriber each, who all leave at the same time. */
  async function openAndLeave(opened: readonly Opened[], whileOpen = async () => {}): Promise<void> {
    const openings = opened.map((one) => ({ url: server.url, greeting: greetingOf(one) }));
    await calls.call('open', { openings, openingMax });
    await whileOpen();
    await calls.call('close');
    await eventually(async () => assert.equal(await metric('rollcall_idle_feeds'), opened.length), { timeoutMs: 60_000 });
  }

  const untilLetGo = () =>
    eventually(async () => assert.equal(await metric('rollcall_idle_feeds'), 0), { timeoutMs: (idleSeconds + 30) * 1_000 });

  async function measure(warmUp: readonly Opened[], opened: readonly Opened[], whileOpen?: () => Promise<void>): Promise<void> {
    for (let left = measurementsMax; ; left -= 1)
      try {
        return await measureOnce(warmUp, opened, whileOpen);
      } catch (error) {
        if (left === 1 || !(error instanceof assert.AssertionError)) throw error;
      }
  }

  /** Organizations are opened twice, because the first use of code takes memory too. */
  async function measureOnce(warmUp: readonly Opened[], opened: readonly Opened[], whileOpen?: () => Promise<void>): Promise<void> {
    await openAndLeave(warmUp);
    await untilLetGo();
    const before = await readSettled();
    await openAndLeave(opened, whileOpen);
    const leftAt = performance.now();
    const used = (await readSettled()) - before;
    const estimated = await metric('rollcall_idle_feed_bytes');
    assert.equal(await metric('rollcall_idle_feeds'), opened.length, 'organizations were let go before the end of the measurement');
    await untilLetGo();
    const idleMs = performance.now() - leftAt;
    const kept = (await readSettled()) - before;
    assert.ok(used < estimated * factorMax && estimated < used * factorMax, `${used} bytes are used, and ${estimated} estimated`);
    assert.ok(idleMs < (idleSeconds + lateSecondsMax) * 1_000, `kept for ${idleMs} ms`);
    assert.ok(kept < used * keptShareMax, `${kept} of ${used} bytes are kept`);
  }

  it(`[R9] ${small.organizations} of ${small.members} members take the estimated memory, and give it back in time`, async () => {
    const { ids, token } = await makeOrganizations(server, server.databaseUrl, small.organizations, small.members);
    const opened = ids.map((orgId) => ({ orgId, token }));
    await measure(opened.slice(0, 200), opened);
  });

  it(`[R9] one of ${largeMembers} members takes the estimated memory, and gives it back in time`, async () => {
    const opened = [await createLarge()];
    await measure(opened, opened);
  });

  it(`[R9] one whose ${largeMembers} members all changed takes the estimated memory, and gives it back in time`, async () => {
    const one = await createLarge();
    const roles = ['owner', 'member', 'owner', 'member'];
    const linesOf = (role: string) =>
      Array.from({ length: largeMembers }, (_, number) => JSON.stringify({ op: 'member.role', login: `member-${number}`, role }));
    await measure([one], [one], async () => {
      for (const role of roles) await importLines(server, one.orgId, linesOf(role));
    });
  });

  async function createLarge(): Promise<Opened> {
    const person = await aPerson(server);
    const org = await anOrganizationOf(server, person);
    await importMembers(server, org, largeMembers);
    return { orgId: org.id, token: person.token };
  }
});
