import assert from 'node:assert/strict';
import { ReaderSlots, streamLimits, waitLimits } from '../../../../server/src/http/changes/reader-slots.ts';

type Caller = Parameters<ReaderSlots['take']>[0];
const callerOf = (kind: 'user' | 'service', credentialId: string) => ({ credentialId, actor: { kind } }) as unknown as Caller;
const limited = { code: 'rate-limited' };

describe('the slots of readers', () => {
  it('[15.1] a credential has 5 slots for streams, also of several organizations, until one is released', () => {
    const slots = new ReaderSlots(streamLimits);
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

  it('[15.1] an organization has 50 slots for streams', () => {
    const slots = new ReaderSlots(streamLimits);
    for (let n = 0; n < 50; n++) slots.take(callerOf('user', String(n)), '1');
    assert.throws(() => slots.take(callerOf('user', 'x'), '1'), limited);
    slots.take(callerOf('user', 'x'), '2');
  });

  it('[15.1] a service token has 5 slots for streams of each organization, and 1,000 in all', () => {
    const slots = new ReaderSlots(streamLimits);
    const service = callerOf('service', 'a');
    for (let n = 0; n < 1_000; n++) slots.take(service, String(Math.floor(n / 5)));
    assert.throws(() => slots.take(service, '0'), limited);
    assert.throws(() => slots.take(service, 'another'), limited);
    slots.take(callerOf('service', 'b'), '0');
    assert.equal(slots.size, 1_001);
  });

  it('[15.1] a credential has 20 slots for waits, and an organization 200', () => {
    const slots = new ReaderSlots(waitLimits);
    const ofUser = (n: number) => slots.take(callerOf('user', String(Math.floor(n / 20))), '1');
    for (let n = 0; n < 20; n++) ofUser(n);
    assert.throws(() => slots.take(callerOf('user', '0'), '2'), limited);
    for (let n = 20; n < 200; n++) ofUser(n);
    assert.throws(() => ofUser(200), limited);
    slots.take(callerOf('user', '10'), '2');
  });
});
