import { setTimeout as sleep } from 'node:timers/promises';
import type { Target } from './attack.ts';
import { attacks } from './attacks/index.ts';
import { type Rates, TokenBucket } from './token-bucket.ts';

/** One attacker in a separate process, so that its cost doesn't delay the honest clients. */

export interface AttackPlan {
  readonly names: readonly string[];
  readonly target: Target;
  readonly rates: Rates;
  readonly durationMs: number;
  /** Whether to begin as soon as all instances are ready. */
  readonly waitsUntilReady: boolean;
}

/** The time between two looks at an instance that starts. */
const lookEveryMs = 5;

const plan: AttackPlan = JSON.parse(process.argv[2]!);
if (plan.waitsUntilReady) {
  console.log('waiting');
  await Promise.all(plan.target.ports.map(untilReady));
}
const signal = AbortSignal.timeout(plan.durationMs);
const chosen = attacks.filter(({ name }) => plan.names.includes(name));
// Simultaneous attacks share the attacker's bandwidth.
const rates = {
  requestsPerSecond: plan.rates.requestsPerSecond / chosen.length,
  bytesPerSecond: plan.rates.bytesPerSecond / chosen.length,
};

// A connection that the server resets must not end the attack.
process.on('uncaughtException', (error) => console.error(String(error)));

const buckets = chosen.map((attack) => {
  const requestsPerSecond = Math.min(rates.requestsPerSecond, attack.requestsPerSecondMax ?? Number.POSITIVE_INFINITY);
  const bucket = new TokenBucket({ ...rates, requestsPerSecond }, signal);
  attack.run(plan.target, bucket).catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
  return bucket;
});

// The start of this process uses a core for a second. It is not part of the attack.
console.log('attacking');

// An attack may wait for a connection that the server never accepts, so the exit doesn't wait for
// the attacks.
signal.addEventListener('abort', () => {
  console.log(`sent ${buckets.reduce((sum, bucket) => sum + bucket.sent, 0)}`);
  process.exit(0);
});
// The signal's timer alone does not keep the process alive.
setTimeout(() => {}, plan.durationMs + 1_000);

async function untilReady(port: number): Promise<void> {
  const isReady = () =>
    fetch(`http://127.0.0.1:${port}/readyz`).then(
      ({ ok }) => ok,
      () => false,
    );
  while (!(await isReady())) await sleep(lookEveryMs);
}
