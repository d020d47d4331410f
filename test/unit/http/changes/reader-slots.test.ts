import assert from 'node:assert/strict';
import { ReaderSlots, snapshotLimits, streamLimits, waitLimits } from '../../../../server/src/http/changes/reader-slots.ts';

type Caller = Parameters<ReaderSlots['take']>[0];
const user = (userId: string, credentialId = userId) => ({ credentialId, actor: { kind: 'user', userId } }) as unknown as Caller;
const program = (kind: 'service' | 'org-token', credentialId: string) => ({ credentialId, actor: { kind } }) as unknown as Caller;
const limited = { code: 'rate-limited' };

describe('the slots of readers', () => {
  it('[15.1] a user has 5 slots for streams with all credentials and in all organizations, until one is released', () => {
    const slots = new ReaderSlots(streamLimits);
    const releases = Array.from({ length: 5 }, (_, index) => slots.take(user('a', `token ${index}`), String(index)));
    assert.throws(() => slots.take(user('a', 'another token'), '9'), limited);
    slots.take(user('b'), '9');
    releases[0]!();
    releases[0]!();
    slots.take(user('a'), '9');
    assert.throws(() => slots.take(user('a'), '9'), limited);
    assert.equal(slots.size, 6);
  });

  it('[15.1] an organization has 50 slots for streams, 40 of them for users', () => {
    const slots = new ReaderSlots(streamLimits);
    for (let n = 0; n < 40; n++) slots.take(user(String(n)), '1');
    assert.throws(() => slots.take(user('x'), '1'), limited);
    slots.take(user('x'), '2');
    for (let n = 0; n < 5; n++) slots.take(program('service', 'a'), '1');
    for (let n = 0; n < 5; n++) slots.take(program('org-token', 'b'), '1');
    assert.throws(() => slots.take(program('service', 'c'), '1'), limited);
    assert.throws(() => slots.take(program('org-token', 'd'), '1'), limited);
  });

  it('[15.1] an organization token has 5 slots for streams', () => {
    const slots = new ReaderSlots(streamLimits);
    for (let n = 0; n < 5; n++) slots.take(program('org-token', 'a'), '1');
    assert.throws(() => slots.take(program('org-token', 'a'), '1'), limited);
    slots.take(program('org-token', 'b'), '1');
  });

  it('[15.1] a service token has 5 slots for streams of each organization, and 1,000 in all', () => {
    const slots = new ReaderSlots(streamLimits);
    const service = program('service', 'a');
    for (let n = 0; n < 1_000; n++) slots.take(service, String(Math.floor(n / 5)));
    assert.throws(() => slots.take(service, '0'), limited);
    assert.throws(() => slots.take(service, 'another'), limited);
    slots.take(program('service', 'b'), '0');
    assert.equal(slots.size, 1_001);
  });

  it('[15.1] a user has 20 slots for waits, and an organization 160 for users and 200 in all', () => {
    const slots = new ReaderSlots(waitLimits);
    const ofUser = (n: number) => slots.take(user(String(Math.floor(n / 20))), '1');
    for (let n = 0; n < 20; n++) ofUser(n);
    assert.throws(() => slots.take(user('0'), '2'), limited);
    for (let n = 20; n < 160; n++) ofUser(n);
    assert.throws(() => ofUser(160), limited);
    slots.take(user('8'), '2');
    for (let n = 0; n < 40; n++) slots.take(program('service', String(n)), '1');
    assert.throws(() => slots.take(program('service', 'x'), '1'), limited);
  });

  it('[15.1] a user has 2 slots for snapshots, and an organization 10', () => {
    const slots = new ReaderSlots(snapshotLimits);
    for (let n = 0; n < 2; n++) slots.take(user('a'), '1');
    assert.throws(() => slots.take(user('a'), '2'), limited);
    for (let n = 0; n < 8; n++) slots.take(program('service', String(n)), '1');
    assert.throws(() => slots.take(program('service', 'x'), '1'), limited);
  });
});
