import { setTimeout as sleep } from 'node:timers/promises';
import { startProcess } from '../support/process.ts';
import { startAttackedServer } from './attacked-server.ts';
import type { AttackPlan } from './attacker.ts';
import { attacks } from './attacks/index.ts';
import { HonestClients } from './honest-clients.ts';
import { LiveMemory } from './live-memory.ts';
import type { AttackRunOptions } from './options.ts';
import { ResidentMemory } from './resident-memory.ts';
import { megabytes, ms, p99, violationsOf } from './verdicts.ts';

const memberCount = 12;
const warmUpMs = 3_000;
const calmMs = 4_000;
/** The pause between two attacks, in which buffers are freed and counts per second start again. */
const restMs = 1_500;
/** The time for two garbage collections, which is added to the duration of an attack. */
const collectionMs = 1_000;

/** Resolves to whether every verdict is good. */
export async function runAttacks(options: AttackRunOptions, print: (line: string) => void): Promise<boolean> {
  const server = await startAttackedServer(memberCount);
  const honest = await HonestClients.open(server);
  let isGood = true;
  try {
    using resident = new ResidentMemory(server.pid);
    using live = await LiveMemory.open(server.inspectorUrl);
    await sleep(warmUpMs);
    honest.take();
    await sleep(calmMs);
    const calm = honest.take();
    const residentBefore = resident.take().at(-1) ?? 0;
    print(
      `without an attack: requests ${ms(p99(calm.requestMs))} (p99), logins ${ms(p99(calm.loginMs))}, ${megabytes(residentBefore)} resident`,
    );
    for (const failure of calm.failures.slice(0, 3)) print(`        FAILED  ${failure}`);
    isGood = calm.failures.length === 0;

    const durationMs = options.duration * 1_000;
    const rounds = [...options.only.map((name) => [name]), ...(options.together ? [attacks.map(({ name }) => name)] : [])];
    for (const names of rounds) {
      const plan: AttackPlan = {
        names,
        target: server.target,
        rates: { requestsPerSecond: options.rate, bytesPerSecond: options.bytes },
        durationMs: durationMs * 1.5 + collectionMs,
      };
      const attacker = startProcess([JSON.stringify(plan)], {}, { script: 'test/attack/attacker.ts' });
      await attacker.waitForLine(/^attacking$/, 30_000);
      honest.take();
      resident.take();
      await sleep(durationMs);
      const attacked = honest.take();
      // This reading collects garbage, which delays honest requests. So it comes after `take`.
      const liveBefore = await live.read();
      await sleep(durationMs / 2);
      const liveAfter = await live.read();
      const memory = { residentBefore, residentMax: Math.max(...resident.take()), liveBefore, liveAfter };
      const [, sent] = await attacker.waitForLine(/^sent (\d+)$/, plan.durationMs + 30_000);
      await attacker.kill('SIGKILL');
      attacked.failures.push(...honest.take().failures);
      const observed = { calm, attacked, memory, end: server.end() };
      const violations = violationsOf(observed);
      isGood &&= violations.length === 0;
      const { requestMs, loginMs, subscribeMs } = observed.attacked;
      print(
        `${(names.length > 1 ? 'all together' : names[0]!).padEnd(24)}${String(sent).padStart(6)} sent; requests ${ms(p99(requestMs))}, ` +
          `logins ${ms(p99(loginMs))}, subscribing ${ms(p99(subscribeMs))} (p99), at most ${megabytes(memory.residentMax)} resident, ${megabytes(memory.liveBefore)} and then ${megabytes(memory.liveAfter)} live`,
      );
      for (const violation of violations) print(`        VIOLATED  ${violation}`);
      if (observed.end !== null) return false;
      await sleep(restMs);
    }
    print(isGood ? 'All checks passed.' : 'Some checks failed.');
    return isGood;
  } finally {
    await honest.close();
    await server.stop();
  }
}
