import assert from 'node:assert/strict';
import { DeliveryPace } from '../../../server/src/consumers/delivery-pace.ts';
import { HandClock } from '../../support/hand-clock.ts';

describe('the pacing of deliveries', () => {
  let clock: HandClock;
  let advancedAt: () => number;
  let begun: number;
  let pace: DeliveryPace;
  beforeEach(() => {
    clock = new HandClock();
    advancedAt = () => Number.NEGATIVE_INFINITY;
    begun = 0;
    pace = new DeliveryPace(clock, () => advancedAt());
  });

  const request = () => void pace.next().then(() => begun++);

  it('begins one delivery per event-loop turn', async () => {
    for (let count = 0; count < 3; count++) request();
    await Promise.resolve();
    for (let count = 1; count <= 3; count++) {
      await clock.turn();
      assert.equal(begun, count);
    }
  });

  it('begins a delivery 20 ms after a feed has advanced, when its subscribers have the change', async () => {
    const at = clock.now();
    advancedAt = () => at;
    request();
    await Promise.resolve();
    await clock.turn();
    await clock.pass(19);
    assert.equal(begun, 0);
    await clock.pass(1);
    assert.equal(begun, 1);
  });

  it('begins deliveries half of the time while feeds advance all the time', async () => {
    advancedAt = clock.now;
    let working = 0;
    for (let ms = 0; ms < 400; ms++) {
      const before = begun;
      request();
      await clock.turn();
      await clock.pass(1);
      if (begun > before) working++;
    }
    assert.ok(working > 150 && working < 250, `deliveries began in ${working} of 400 ms`);
  });
});
