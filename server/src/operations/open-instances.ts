import type { InstanceIdentity } from '@rollcall/protocol';
import type { Bus } from '../bus/bus.ts';
import { systemClock } from '../runtime/clock.ts';
import type { Log } from '../runtime/log.ts';
import type { LoopDelay } from '../runtime/metrics/loop-delay.ts';
import type { Metrics } from '../runtime/metrics/metrics.ts';
import { Instances } from './instances.ts';
import { Meter } from './meter.ts';

export interface InstanceParts {
  readonly metrics: Metrics;
  readonly bus: Bus;
  readonly log: Log;
  /** A monitor of the event loop from which only the samples read. */
  readonly loopDelay: LoopDelay;
}

/** Collects the samples of other processes, and those of this one from `startSampling` on. */
export function openInstances(self: InstanceIdentity, { metrics, bus, log, loopDelay }: InstanceParts): Promise<Instances> {
  const meter = new Meter({ metrics, bus, loopDelay, now: systemClock.now, wallNow: Date.now });
  return Instances.open({ bus, clock: systemClock, log, self, takeSample: () => meter.take() });
}
