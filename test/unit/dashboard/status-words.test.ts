import assert from 'node:assert/strict';
import type { ClientStatus, OrganizationStatus } from '../../../client-sdk/src/index.ts';
import { describeStatus } from '../../../dashboard/src/shell/status-words.ts';

const live: OrganizationStatus = { phase: 'live', revision: 7, fresh: true, loading: null, reason: null };
const connected: ClientStatus = { phase: 'connected', reason: null, redisDown: false };
const lost: ClientStatus = { phase: 'reconnecting', reason: 'transport close', redisDown: false };
const labelOf = (org: Partial<OrganizationStatus>, client = connected, isOnline = true, retryInMs: number | null = null) =>
  describeStatus({ org: { ...live, ...org }, client, isOnline, retryInMs }).label;

describe('the words of the status pill', () => {
  it('say live only of what is', () => {
    assert.equal(labelOf({}), 'Live');
    assert.notEqual(labelOf({ phase: 'stale', fresh: false }), 'Live');
  });

  it('say of a page that is live when its server goes without Redis, and of no other', () => {
    const withoutRedis: ClientStatus = { ...connected, redisDown: true };
    assert.equal(labelOf({}, withoutRedis), 'Live without Redis');
    assert.equal(labelOf({ phase: 'stale', fresh: false }, withoutRedis), 'Stale');
    assert.equal(labelOf({ phase: 'revoked', revision: null }, withoutRedis), 'No access');
  });

  it('count down to the next try, and say when what is shown is stale meanwhile', () => {
    assert.equal(labelOf({ phase: 'reconnecting' }, lost, true, 2_100), 'Reconnecting in 3 s');
    assert.equal(labelOf({ phase: 'reconnecting' }, lost), 'Reconnecting');
    assert.equal(labelOf({ phase: 'stale', fresh: false }, lost, true, 900), 'Stale · reconnecting in 1 s');
  });

  it('tell a computer that is offline from a server that is away', () => {
    assert.equal(labelOf({ phase: 'reconnecting' }, lost, false), 'Offline');
  });

  it('say how much of a new copy has come', () => {
    assert.equal(labelOf({ phase: 'loading', revision: null, loading: { part: 1, parts: 4 } }), 'Catching up 25 %');
  });

  it('say that access has ended, whatever the connection', () => {
    assert.equal(labelOf({ phase: 'revoked', revision: null }, lost, false), 'No access');
  });
});
