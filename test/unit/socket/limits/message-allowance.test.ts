import assert from 'node:assert/strict';
import { socketLimits } from '../../../../server/src/runtime/limits/rows/sockets.ts';
import { MessageAllowance } from '../../../../server/src/socket/limits/message-allowance.ts';

describe('the allowance of messages', () => {
  const takeAll = (allowance: MessageAllowance, now: number): number => {
    let taken = 0;
    while (allowance.take(now)) taken++;
    return taken;
  };

  it('[R10] starts with a full burst, refills over time, and never exceeds the burst', () => {
    const allowance = new MessageAllowance(0, 50, socketLimits.messageBurstSeconds.value);
    const burst = takeAll(allowance, 0);
    assert.ok(burst >= 200, 'a client that subscribes to 100 organizations at once is not a flood');
    const perSecond = takeAll(allowance, 1_000);
    assert.ok(perSecond > 0 && perSecond < burst);
    assert.equal(takeAll(allowance, 3_600_000), burst);
  });
});
