import type { Target } from './attack.ts';
import { attacks } from './attacks/index.ts';
import { Pace, type Rates } from './pace.ts';

/** One attacker in a separate process, so that its cost doesn't delay the honest clients. */

export interface Order {
  readonly names: readonly string[];
  readonly target: Target;
  readonly rates: Rates;
  readonly durationMs: number;
}

const order: Order = JSON.parse(process.argv[2]!);
const signal = AbortSignal.timeout(order.durationMs);
const chosen = attacks.filter(({ name }) => order.names.includes(name));
// Simultaneous attacks share the attacker's bandwidth.
const rates = {
  requestsPerSecond: order.rates.requestsPerSecond / chosen.length,
  bytesPerSecond: order.rates.bytesPerSecond / chosen.length,
};

// A connection that the server resets must not end the attack.
process.on('uncaughtException', (error) => console.error(String(error)));

const paces = chosen.map((attack) => {
  const pace = new Pace(rates, signal);
  attack.run(order.target, pace).catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
  return pace;
});

// An attack may wait for a connection that the server never accepts, so the exit doesn't wait for
// the attacks.
signal.addEventListener('abort', () => {
  console.log(`sent ${paces.reduce((sum, pace) => sum + pace.sent, 0)}`);
  process.exit(0);
});
// The signal's timer alone does not keep the process alive.
setTimeout(() => {}, order.durationMs + 1_000);
