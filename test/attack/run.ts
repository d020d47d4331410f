import { loadavg } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { type StartedProcess, startProcess } from '../support/process.ts';
import { type AttackedServer, startAttackedServer } from './attacked-server.ts';
import type { AttackPlan } from './attacker.ts';
import { attacks } from './attacks/index.ts';
import { crowdSize, HonestClients, type Measurements } from './honest-clients.ts';
import { InstancesMemory } from './instances-memory.ts';
import type { AttackRunOptions } from './options.ts';
import { mediansOf, megabytes, ms, type Observed, p99, requestMsOf, violationsOf } from './verdicts.ts';

const memberCount = 12;
/** A job takes several seconds to change a user of 1,000 organizations. */
const manyOrgs = 1_000;
const warmUpMs = 3_000;
/** The pause between two attacks, in which buffers are freed and counts per second start again. */
const restMs = 1_500;
/** The time for two garbage collections, which is added to the duration of an attack. */
const collectionMs = 1_000;
/** The wait for the attacker's process, on a busy machine. */
const startMsMax = 120_000;

/** Resolves to whether every verdict is good. */
export async function runAttacks(options: AttackRunOptions, print: (line: string) => void): Promise<boolean> {
  const needsManyOrgs = options.together || options.only.includes('renames');
  const server = await startAttackedServer({ memberCount, manyOrgs: needsManyOrgs ? manyOrgs : 1, hasCluster: options.cluster });
  try {
    await using measuring = options.cold ? measureCold(server, options) : await measureWarm(server, options);
    let isGood = true;
    const rounds = [...options.only.map((name) => [name]), ...(options.together ? [attacks.map(({ name }) => name)] : [])];
    for (const names of rounds) {
      const round = await measuring.round(names);
      const violations = violationsOf(round);
      if (round.sent === 0) violations.push('the attack sent nothing, so the measures show nothing');
      isGood &&= violations.length === 0;
      print(lineOf(names, round));
      for (const violation of violations) print(`        VIOLATED  ${violation}`);
      if (round.end !== null) return false;
      await sleep(restMs);
    }
    print(isGood ? 'All checks passed.' : 'Some checks failed.');
    return isGood;
  } finally {
    await server.stop();
  }
}

interface Round extends Observed {
  readonly sent: number;
}

interface Measuring extends AsyncDisposable {
  round(names: readonly string[]): Promise<Round>;
}

function lineOf(names: readonly string[], { calm, attacked, memory, sent }: Round): string {
  const residents = memory.map(({ residentMax }) => megabytes(residentMax)).join(' and ');
  return (
    `${(names.length > 1 ? 'all together' : names[0]!).padEnd(24)}${String(sent).padStart(6)} sent; medians: ${mediansOf(attacked)} ` +
    `(before: ${mediansOf(calm)}); p99: requests ${ms(p99(requestMsOf(attacked)))} (before: ${ms(p99(requestMsOf(calm)))}), ` +
    `logins ${ms(p99(attacked.loginMs))}, subscribing ${ms(p99(attacked.subscribeMs))}; at most ${residents} resident; machine load ${loadavg()[0]!.toFixed(1)}`
  );
}

/** The same instances for all attacks. */
async function measureWarm(server: AttackedServer, options: AttackRunOptions): Promise<Measuring> {
  const honest = await HonestClients.open(server, crowdSize);
  const memory = await InstancesMemory.open(server.instances());
  const durationMs = options.duration * 1_000;
  await sleep(warmUpMs);
  return {
    async round(names) {
      // Other programs use the machine too, so each attack is compared with the time before it.
      honest.take();
      await sleep(durationMs);
      const calm = honest.take();
      memory.begin();
      const attacker = startAttacker(names, server, options, false);
      await attacker.waitForLine(/^attacking$/, startMsMax);
      honest.take();
      return measureAttack({ server, honest, memory, attacker, calm, durationMs });
    },
    async [Symbol.asyncDispose]() {
      memory[Symbol.dispose]();
      await honest.close();
    },
  };
}

/** Instances that have just started, once with and once without an attack. */
function measureCold(server: AttackedServer, options: AttackRunOptions): Measuring {
  const durationMs = options.duration * 1_000;
  const withHonest = async <T>(work: (honest: HonestClients) => Promise<T>): Promise<T> => {
    const honest = await HonestClients.open(server, 0);
    try {
      return await work(honest);
    } finally {
      await honest.close();
    }
  };
  return {
    async round(names) {
      await server.restart();
      const calm = await withHonest(async (honest) => {
        await sleep(durationMs);
        return honest.take();
      });
      const attacker = startAttacker(names, server, options, true);
      await attacker.waitForLine(/^waiting$/, startMsMax);
      await server.restart();
      using memory = await InstancesMemory.open(server.instances());
      memory.begin();
      return withHonest((honest) => measureAttack({ server, honest, memory, attacker, calm, durationMs }));
    },
    async [Symbol.asyncDispose]() {},
  };
}

function startAttacker(
  names: readonly string[],
  { target }: AttackedServer,
  { rate, bytes, duration }: AttackRunOptions,
  waitsUntilReady: boolean,
): StartedProcess {
  const durationMs = duration * 1_000 * 1.5 + collectionMs;
  const plan: AttackPlan = { names, target, rates: { requestsPerSecond: rate, bytesPerSecond: bytes }, durationMs, waitsUntilReady };
  return startProcess([JSON.stringify(plan)], {}, { script: 'test/attack/attacker.ts' });
}

interface Attacked {
  readonly server: AttackedServer;
  readonly honest: HonestClients;
  readonly memory: InstancesMemory;
  readonly attacker: StartedProcess;
  readonly calm: Measurements;
  readonly durationMs: number;
}

/** Measures from now on, while the attacker attacks. */
async function measureAttack({ server, honest, memory, attacker, calm, durationMs }: Attacked): Promise<Round> {
  await sleep(durationMs);
  const attacked = honest.take();
  // These readings collect garbage, which delays honest requests. So they come after `take`.
  await memory.readLive();
  await sleep(durationMs / 2);
  const uses = await memory.end();
  const [, sent] = await attacker.waitForLine(/^sent (\d+)$/, startMsMax);
  await attacker.kill('SIGKILL');
  attacked.failures.push(...calm.failures, ...honest.take().failures);
  return { calm, attacked, memory: uses, end: server.end(), sent: Number(sent) };
}
