import assert from 'node:assert/strict';
import { PacedEnds } from '../../../server/src/socket/paced-ends.ts';
import { HandClock } from '../../support/hand-clock.ts';

describe('paced ends', () => {
  it('[R11] leaves the event loop to others after a few closes, and closes all in their order', async () => {
    const clock = new HandClock();
    const ends = new PacedEnds(clock);
    const closed: number[] = [];
    for (let n = 0; n < 500; n++) ends.add(() => closed.push(n));
    const perTurn: number[] = [];
    for (let before = 0; closed.length < 500; before = closed.length) {
      await clock.turn();
      perTurn.push(closed.length - before);
    }
    assert.deepEqual(
      closed,
      Array.from({ length: 500 }, (_, n) => n),
    );
    assert.ok(Math.max(...perTurn) < 50, `${perTurn}`);
    await clock.turn();
    ends.add(() => closed.push(500));
    assert.equal(closed.at(-1), 500, 'a connection that ends alone is closed at once');
  });
});
