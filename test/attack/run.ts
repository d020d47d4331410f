import { loadavg } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { startProcess } from '../support/process.ts';
import { startAttackedServer } from './attacked-server.ts';
import type { AttackPlan } from './attacker.ts';
import { attacks } from './attacks/index.ts';
import { HonestClients } from './honest-clients.ts';
import { InstancesMemory } from './instances-memory.ts';
import type { AttackRunOptions } from './options.ts';
import { mediansOf, megabytes, ms, p99, requestMsOf, violationsOf } from './verdicts.ts';

const memberCount = 12;
/** A job takes several seconds to change a user of 1,000 organizations. */
const manyOrgs = 1_000;
const warmUpMs = 3_000;
/** The pause between two attacks, in which buffers are freed and counts per second start again. */
const restMs = 1_500;
/** The time for two garbage collections, which is added to the duration of an attack. */
const collectionMs = 1_000;

/** Resolves to whether every verdict is good. */
export async function runAttacks(options: AttackRunOptions, print: (line: string) => void): Promise<boolean> {
  const needsManyOrgs = options.together || options.only.includes('renames');
  const server = await startAttackedServer({ memberCount, manyOrgs: needsManyOrgs ? manyOrgs : 1 });
  const honest = await HonestClients.open(server);
  let isGood = true;
  try {
    using memory = await InstancesMemory.open(server.instances);
    await sleep(warmUpMs);
    const durationMs = options.duration * 1_000;
    const rounds = [...options.only.map((name) => [name]), ...(options.together ? [attacks.map(({ name }) => name)] : [])];
    for (const names of rounds) {
      const plan: AttackPlan = {
        names,
        target: server.target,
        rates: { requestsPerSecond: options.rate, bytesPerSecond: options.bytes },
        durationMs: durationMs * 1.5 + collectionMs,
      };
      // Other programs use the machine too, so each attack is compared with the time before it.
      honest.take();
      await sleep(durationMs);
      const calm = honest.take();
      memory.begin();
      const attacker = startProcess([JSON.stringify(plan)], {}, { script: 'test/attack/attacker.ts' });
      await attacker.waitForLine(/^attacking$/, 120_000);
      honest.take();
      await sleep(durationMs);
      const attacked = honest.take();
      // These readings collect garbage, which delays honest requests. So they come after `take`.
      await memory.readLive();
      await sleep(durationMs / 2);
      const uses = await memory.end();
      const [, sent] = await attacker.waitForLine(/^sent (\d+)$/, plan.durationMs + 30_000);
      await attacker.kill('SIGKILL');
      attacked.failures.push(...calm.failures, ...honest.take().failures);
      const end = server.end();
      const violations = violationsOf({ calm, attacked, memory: uses, end });
      if (Number(sent) === 0) violations.push('the attack sent nothing, so the measures show nothing');
      isGood &&= violations.length === 0;
      const residents = uses.map(({ residentMax }) => megabytes(residentMax)).join(' and ');
      print(
        `${(names.length > 1 ? 'all together' : names[0]!).padEnd(24)}${String(sent).padStart(6)} sent; medians: ${mediansOf(attacked)} ` +
          `(before: ${mediansOf(calm)}); p99: requests ${ms(p99(requestMsOf(attacked)))} (before: ${ms(p99(requestMsOf(calm)))}), ` +
          `logins ${ms(p99(attacked.loginMs))}, subscribing ${ms(p99(attacked.subscribeMs))}; at most ${residents} resident; machine load ${loadavg()[0]!.toFixed(1)}`,
      );
      for (const violation of violations) print(`        VIOLATED  ${violation}`);
      if (end !== null) return false;
      await sleep(restMs);
    }
    print(isGood ? 'All checks passed.' : 'Some checks failed.');
    return isGood;
  } finally {
    await honest.close();
    await server.stop();
  }
}
