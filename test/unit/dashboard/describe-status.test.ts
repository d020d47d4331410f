import assert from 'node:assert/strict';
import type { ClientStatus, OrganizationStatus } from '../../../client-sdk/src/index.ts';
import { describeStatus } from '../../../dashboard/src/shell/describe-status.ts';

const live: OrganizationStatus = { phase: 'live', revision: 7, fresh: true, loading: null, reason: null };
const connected: ClientStatus = { phase: 'connected', reason: null, redisDown: false };
const lost: ClientStatus = { phase: 'reconnecting', reason: 'transport close', redisDown: false };
const labelOf = (org: Partial<OrganizationStatus>, client = connected, isOnline = true, retryInMs: number | null = null) =>
  describeStatus({ org: { ...live, ...org }, client, isOnline, retryInMs }).label;

describe('the status pill', () => {
  it('shows Live only for a live organization', () => {
    assert.equal(labelOf({}), 'Live');
    assert.notEqual(labelOf({ phase: 'stale', fresh: false }), 'Live');
  });

  it('shows that the server runs without Redis only for a live organization', () => {
    const withoutRedis: ClientStatus = { ...connected, redisDown: true };
    assert.equal(labelOf({}, withoutRedis), 'Live without Redis');
    assert.equal(labelOf({ phase: 'stale', fresh: false }, withoutRedis), 'Out of date');
    assert.equal(labelOf({ phase: 'revoked', revision: null }, withoutRedis), 'No access');
  });

  it('counts down to the next attempt, and shows when the page is out of date', () => {
    assert.equal(labelOf({ phase: 'reconnecting' }, lost, true, 2_100), 'Reconnecting in 3 s');
    assert.equal(labelOf({ phase: 'reconnecting' }, lost), 'Reconnecting');
    assert.equal(labelOf({ phase: 'stale', fresh: false }, lost, true, 900), 'Out of date · reconnecting in 1 s');
  });

  it('shows whether the browser is offline or the server is unreachable', () => {
    assert.equal(labelOf({ phase: 'reconnecting' }, lost, false), 'Offline');
  });

  it('shows how much of a snapshot was received', () => {
    assert.equal(labelOf({ phase: 'loading', revision: null, loading: { part: 1, parts: 4 } }), 'Catching up 25%');
  });

  it('shows that access has ended, even if the connection is lost', () => {
    assert.equal(labelOf({ phase: 'revoked', revision: null }, lost, false), 'No access');
  });
});
