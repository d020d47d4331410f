import type { Bus } from '../bus/bus.ts';
import { systemClock } from '../runtime/clock.ts';
import type { Log } from '../runtime/log.ts';
import type { LoopDelay } from '../runtime/loop-delay.ts';
import type { Metrics } from '../runtime/metrics.ts';
import { randomHex } from '../runtime/random.ts';
import { version } from '../runtime/version.ts';
import { Instances } from './instances.ts';
import { Meter } from './meter.ts';

export interface InstanceParts {
  readonly metrics: Metrics;
  readonly bus: Bus;
  readonly log: Log;
  /** Only the samples may read from it. */
  readonly loopDelay: LoopDelay;
}

/**
 * Publishes samples of this process and collects those of the others. Must be called after all
 * metrics are registered.
 */
export function openInstances(name: string, { metrics, bus, log, loopDelay }: InstanceParts): Promise<Instances> {
  const meter = new Meter({ metrics, bus, loopDelay, now: systemClock.now, wallNow: Date.now });
  const self = { id: randomHex(8), name, version, startedAt: new Date().toISOString() };
  return Instances.open({ bus, clock: systemClock, log, self, takeSample: () => meter.take() });
}
