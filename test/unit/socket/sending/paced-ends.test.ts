import assert from 'node:assert/strict';
import { PacedEnds } from '../../../../server/src/socket/sending/paced-ends.ts';
import { HandClock } from '../../../support/hand-clock.ts';

describe('paced ends', () => {
  it('[R11] pause after a few closes, so that the others have most of the time', async () => {
    const clock = new HandClock();
    const ends = new PacedEnds(clock);
    const startedAt = clock.now();
    let closed = 0;
    let spentMs = 0;
    const close = () => {
      clock.spend(0.2);
      spentMs += 0.2;
      closed++;
    };
    for (let n = 0; n < 250; n++) ends.add(close);
    while (closed < 250) await clock.pass(1);
    const tookMs = clock.now() - startedAt;
    assert.ok(tookMs > 2.5 * spentMs, `${tookMs} ms for ${spentMs} ms of work`);
    assert.ok(tookMs < 300, `${tookMs} ms`);
  });

  it('[R11] leave the event loop to other work after a few closes, and happen in their order', async () => {
    const clock = new HandClock();
    const ends = new PacedEnds(clock);
    const closed: number[] = [];
    for (let n = 0; n < 2_000; n++) ends.add(() => closed.push(n));
    const perTurn: number[] = [];
    for (let before = 0; closed.length < 2_000; before = closed.length) {
      await clock.turn();
      perTurn.push(closed.length - before);
    }
    assert.deepEqual(
      closed,
      Array.from({ length: 2_000 }, (_, n) => n),
    );
    assert.ok(Math.max(...perTurn) < 50, `${perTurn}`);
    await clock.turn();
    ends.add(() => closed.push(2_000));
    assert.equal(closed.at(-1), 2_000, 'a connection that ends alone is closed at once');
  });
});
