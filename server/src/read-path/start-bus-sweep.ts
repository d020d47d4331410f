import type { Bus } from '../bus/bus.ts';
import type { Clock } from '../runtime/clock.ts';

/** Rule R2: half the bound of 400 ms in which access must end without Redis, with room for the reading. */
const sweepIntervalMs = 250;

/** Looks for what the bus did not tell, so long after each look and whenever the bus is in doubt. It must not reject. Dispose the result to stop. */
export function startBusSweep(clock: Clock, bus: Bus, sweep: () => Promise<void>): Disposable {
  let isOver = false;
  let cancel = () => {};
  const schedule = () => {
    if (!isOver) cancel = clock.after(sweepIntervalMs, () => void sweep().finally(schedule));
  };
  const doubt = bus.onDoubt(() => void sweep());
  schedule();
  return {
    [Symbol.dispose]() {
      isOver = true;
      cancel();
      doubt[Symbol.dispose]();
    },
  };
}
