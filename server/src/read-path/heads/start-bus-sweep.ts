import type { Bus } from '../../bus/bus.ts';
import type { Clock } from '../../runtime/clock.ts';

/**
 * Rule R2: well below the 400 ms within which access must end without Redis, with time left for the
 * read.
 */
const sweepIntervalMs = 250;

/**
 * Runs the sweep regularly, and whenever the bus reports a gap, to find the changes whose notices
 * were lost. The interval begins after each sweep. `sweep` must not reject. Dispose the result to
 * stop.
 */
export function startBusSweep(clock: Clock, bus: Bus, sweep: () => Promise<void>): Disposable {
  let isOver = false;
  let cancel = () => {};
  const schedule = () => {
    if (!isOver) cancel = clock.after(sweepIntervalMs, () => void sweep().finally(schedule));
  };
  const gapListener = bus.onGap(() => void sweep());
  schedule();
  return {
    [Symbol.dispose]() {
      isOver = true;
      cancel();
      gapListener[Symbol.dispose]();
    },
  };
}
