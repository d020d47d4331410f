import assert from 'node:assert/strict';
import { StreamSlots } from '../../../../server/src/http/changes/stream-slots.ts';

type Caller = Parameters<StreamSlots['take']>[0];
const callerOf = (kind: 'user' | 'service', credentialId: string) => ({ credentialId, actor: { kind } }) as unknown as Caller;
const limited = { code: 'rate-limited' };

describe('the slots of streams', () => {
  it('[15.1] a credential has 5 slots, also of several organizations, until one is released', () => {
    const slots = new StreamSlots();
    const user = callerOf('user', 'a');
    const releases = Array.from({ length: 5 }, (_, index) => slots.take(user, String(index)));
    assert.throws(() => slots.take(user, '9'), limited);
    slots.take(callerOf('user', 'b'), '9');
    releases[0]!();
    releases[0]!();
    slots.take(user, '9');
    assert.throws(() => slots.take(user, '9'), limited);
    assert.equal(slots.size, 6);
  });

  it('[15.1] an organization has 50 slots', () => {
    const slots = new StreamSlots();
    for (let n = 0; n < 50; n++) slots.take(callerOf('user', String(n)), '1');
    assert.throws(() => slots.take(callerOf('user', 'x'), '1'), limited);
    slots.take(callerOf('user', 'x'), '2');
  });

  it('[15.1] a service token has 5 slots of each organization, and 1,000 in all', () => {
    const slots = new StreamSlots();
    const service = callerOf('service', 'a');
    for (let n = 0; n < 1_000; n++) slots.take(service, String(Math.floor(n / 5)));
    assert.throws(() => slots.take(service, '0'), limited);
    assert.throws(() => slots.take(service, 'another'), limited);
    slots.take(callerOf('service', 'b'), '0');
    assert.equal(slots.size, 1_001);
  });
});
