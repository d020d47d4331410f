import assert from 'node:assert/strict';
import type { Bus } from '../../../../server/src/bus/bus.ts';
import { startBusSweep } from '../../../../server/src/read-path/heads/start-bus-sweep.ts';
import { HandClock } from '../../../support/hand-clock.ts';

describe('the sweep for lost notices', () => {
  let clock: HandClock;
  let sweeps: number;
  let reportLoss: () => void;
  let sweeping: Disposable;

  beforeEach(() => {
    clock = new HandClock();
    sweeps = 0;
    const bus: Pick<Bus, 'onGap'> = {
      onGap(listener) {
        reportLoss = listener;
        return {
          [Symbol.dispose]() {
            reportLoss = () => {};
          },
        };
      },
    };
    sweeping = startBusSweep(clock, bus as Bus, async () => void sweeps++);
  });

  it('[R2] runs every 250 ms', async () => {
    await clock.pass(249);
    assert.equal(sweeps, 0);
    await clock.pass(1);
    await clock.pass(250);
    assert.equal(sweeps, 2);
  });

  it('[R3] runs at once when the bus may have lost notices', () => {
    reportLoss();
    assert.equal(sweeps, 1);
  });

  it('[R2] no longer runs after it was disposed', async () => {
    sweeping[Symbol.dispose]();
    reportLoss();
    await clock.pass(250);
    assert.equal(sweeps, 0);
  });
});
