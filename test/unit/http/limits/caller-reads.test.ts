import assert from 'node:assert/strict';
import { OrgError } from '@rollcall/protocol';
import { CallerReads } from '../../../../server/src/http/limits/caller-reads.ts';
import type { Caller } from '../../../../server/src/identity/caller.ts';
import { waitingLimits } from '../../../../server/src/runtime/limits/rows/waiting.ts';
import { Counters } from '../../../../server/src/runtime/metrics/counters.ts';

const readsPerCaller = 3;
const attackersAddress = '192.0.2.1';

/** A token of an organization. */
const aCaller = (orgId: string, address: string): Caller => ({
  actor: { kind: 'org-token', tokenId: orgId, orgId, tokenScopes: new Set(), isForScim: false, address, at: 0 },
  credentialId: orgId,
  expiresAt: null,
  session: null,
});
const attackers = Array.from({ length: 20 }, (_, number) => aCaller(String(number), attackersAddress));
const other = aCaller('other', '198.51.100.1');

describe('the limit on reads in progress', () => {
  let reads: CallerReads;
  /** The callers whose reads have begun, and the function that ends each read. */
  let begun: { readonly by: Caller; end(): void }[];
  let all: Promise<void>[];

  beforeEach(() => {
    reads = new CallerReads({ readsPerCaller, readsWaitingPerCaller: 500 }, new Counters());
    begun = [];
    all = [];
  });
  afterEach(async () => {
    for (let index = 0; index < all.length; index++) {
      begun[index]!.end();
      await passTurn();
    }
    await Promise.all(all);
  });

  const passTurn = () => new Promise((resolve) => setImmediate(resolve));
  const readOf = (by: Caller) => () => new Promise<void>((end) => begun.push({ by, end }));
  const flood = () => {
    for (const attacker of attackers) for (let number = 0; number < 10; number++) all.push(reads.run(attacker, readOf(attacker)));
  };

  it('applies to all callers together, and serves the networks in turn', async () => {
    flood();
    all.push(reads.run(other, readOf(other)));
    await passTurn();
    assert.equal(begun.length, waitingLimits.reads.value);
    // The queue alternates between networks and callers, and the other network is the second one.
    for (let ended = 0; ended < 3; ended++) {
      begun[ended]!.end();
      await passTurn();
    }
    assert.equal(begun.length, waitingLimits.reads.value + 3);
    assert.ok(
      begun.some(({ by }) => by === other),
      'the read of another network waits for a flood',
    );
  });

  it('counts a request that waits for another server for its caller only', async () => {
    for (const attacker of attackers) all.push(reads.runLongRequest(attacker, readOf(attacker), () => false));
    all.push(reads.run(other, readOf(other)));
    await passTurn();
    assert.equal(begun.length, attackers.length + 1);
    for (let number = 0; number < readsPerCaller; number++)
      all.push(reads.runLongRequest(attackers[0]!, readOf(attackers[0]!), () => false));
    await passTurn();
    assert.equal(begun.length, attackers.length + readsPerCaller);
  });

  it('lets look-ups of writes wait neither for the reads of their caller nor for those that take long', async () => {
    const lookUp = reads.forRequest(other, () => false);
    for (let number = 0; number <= readsPerCaller; number++) {
      all.push(reads.runLongRequest(other, readOf(other), () => false));
      all.push(reads.runRequest(other, readOf(other), () => false));
    }
    await passTurn();
    all.push(lookUp(readOf(other)));
    await passTurn();
    assert.equal(begun.length, 2 * readsPerCaller + 1);
  });

  it('states that the server is busy to a caller who waited only for others', async () => {
    let now = 0;
    reads = new CallerReads({ readsPerCaller, readsWaitingPerCaller: 500 }, new Counters(), () => now);
    flood();
    const waiting = reads.runRequest(other, readOf(other), () => false);
    await passTurn();
    assert.equal(begun.length, waitingLimits.reads.value);
    waiting.catch(() => {});
    now = waitingLimits.waitMs.value + 1;
    for (let ended = 0; ended < 3; ended++) {
      begun[ended]!.end();
      await passTurn();
    }
    await assert.rejects(waiting, (error) => error instanceof OrgError && error.code === 'unavailable');
  });
});
