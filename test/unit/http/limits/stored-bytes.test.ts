import assert from 'node:assert/strict';
import type { Actor } from '../../../../server/src/domain/actor.ts';
import { StoredBytes } from '../../../../server/src/http/limits/stored-bytes.ts';
import { ownerOfStoredBytes } from '../../../../server/src/identity/caller.ts';
import { Counters } from '../../../../server/src/runtime/metrics/counters.ts';

const hourMs = 3_600_000;

describe('the limit on bytes that a caller stores', () => {
  let now: number;
  let stored: StoredBytes;

  beforeEach(() => {
    now = 1_000;
    stored = new StoredBytes({ storedBytesPerCaller: 3_600 }, new Counters(), () => now);
  });

  it('refuses writes of a caller that has used more than the bytes of an hour, until the excess is refilled', () => {
    stored.count('user:1', 3_600);
    stored.assertWithin('user:1', false);
    stored.count('user:1', 90);
    assert.throws(() => stored.assertWithin('user:1', false), { code: 'rate-limited', retryAfterSeconds: 90 });
    stored.assertWithin('user:2', false);
    now += 89_000;
    assert.throws(() => stored.assertWithin('user:1', false), { retryAfterSeconds: 1 });
    now += 1_000;
    stored.assertWithin('user:1', false);
  });

  it('gives a caller that has waited for an hour no more than the bytes of an hour', () => {
    stored.count('user:1', 3_600);
    now += 10 * hourMs;
    stored.count('user:1', 3_601);
    assert.throws(() => stored.assertWithin('user:1', false), { retryAfterSeconds: 1 });
  });

  it('lets writes that end access use twice as much', () => {
    stored.count('user:1', 7_200);
    stored.assertWithin('user:1', true);
    stored.count('user:1', 1);
    assert.throws(() => stored.assertWithin('user:1', true), { retryAfterSeconds: 1 });
  });

  it('counts users, the tokens of an organization, its identity provider, and a service per organization', () => {
    const rights = { tokenScopes: new Set<never>(), address: null, at: 0 };
    const orgToken = { ...rights, kind: 'org-token', tokenId: '5', orgId: '9' } as const;
    const actors: Actor[] = [
      { ...rights, kind: 'user', userId: '7', boundOrgIds: null, bindings: null },
      { ...orgToken, isForScim: false },
      { ...orgToken, isForScim: true },
      { ...rights, kind: 'service', tokenId: '5', collections: null, allowedFrom: null },
      { kind: 'operator', name: 'bootstrap' },
      { kind: 'system' },
    ];
    assert.deepEqual(
      actors.map((actor) => ownerOfStoredBytes(actor, '9')),
      ['user:7', 'organization:9', 'scim:9', 'service:5 9', null, null],
    );
  });
});
