import assert from 'node:assert/strict';
import { OrgError } from '@rollcall/protocol';
import type { Actor } from '../../../../server/src/domain/actor.ts';
import { CallerWrites } from '../../../../server/src/http/limits/caller-writes.ts';
import { waitingLimits } from '../../../../server/src/runtime/limits/rows/waiting.ts';
import { Counters } from '../../../../server/src/runtime/metrics/counters.ts';

const actor: Actor = { kind: 'org-token', tokenId: '1', orgId: '1', tokenScopes: new Set(), isForScim: false, address: null, at: 0 };

describe('the limit on commands in progress', () => {
  it('refuses a command that has waited for too long, and runs the next one', async () => {
    let now = 0;
    const writes = new CallerWrites({ writesPerCaller: 1, writesWaitingPerCaller: 2 }, new Counters(), () => now);
    const run = (write: () => Promise<string>) => writes.run({ actor, owner: 'owner', endsAccess: false }, write);
    let end = () => {};
    const first = run(() => new Promise((resolve) => (end = () => resolve('first'))));
    const early = run(async () => 'early');
    now = waitingLimits.waitMs.value + 1;
    const late = run(async () => 'late');
    end();
    assert.equal(await first, 'first');
    await assert.rejects(early, (error) => error instanceof OrgError && error.code === 'rate-limited');
    assert.equal(await late, 'late');
  });
});
