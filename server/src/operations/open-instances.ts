import type { Bus } from '../bus/bus.ts';
import { systemClock } from '../runtime/clock.ts';
import type { Log } from '../runtime/log.ts';
import type { Metrics } from '../runtime/metrics.ts';
import { randomHex } from '../runtime/random.ts';
import { version } from '../runtime/version.ts';
import { Instances } from './instances.ts';
import { Meter } from './meter.ts';

/** This process among the others. Once all that is measured is exposed. */
export async function openInstances(name: string, { metrics, bus, log }: { metrics: Metrics; bus: Bus; log: Log }) {
  const meter = new Meter({ metrics, bus, now: systemClock.now, wallNow: Date.now });
  const self = { id: randomHex(8), name, version, startedAt: new Date().toISOString() };
  const instances = await Instances.open({ bus, clock: systemClock, log, self, takeSample: () => meter.take() });
  return {
    report: (seconds: number) => instances.report(seconds),
    async [Symbol.asyncDispose]() {
      await instances.close();
      meter[Symbol.dispose]();
    },
  };
}
