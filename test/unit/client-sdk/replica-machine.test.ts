import assert from 'node:assert/strict';
import { initialReplicaState, nextReplicaState } from '../../../client-sdk/src/replica-machine.ts';
import type { Phase, ReplicaEffect, ReplicaInput, ReplicaState } from '../../../client-sdk/src/replica-state.ts';
import { aTeam, put, remove } from './records.ts';

type Input<T extends ReplicaInput['type']> = Extract<ReplicaInput, { type: T }>;
type In<P extends Phase> = Extract<ReplicaState, { phase: P }>;

const common = { orgId: '1', attempt: 3, failures: 0 };
const position = { revision: 10, cursor: 'at-10' };

const offline: In<'offline'> = { ...common, phase: 'offline', position };
const subscribing: In<'subscribing'> = { ...common, phase: 'subscribing', position };
const loading: In<'loading'> = { ...common, phase: 'loading', position: null, taken: 0, parts: null };
const live: In<'live'> = { ...common, phase: 'live', position, held: [] };
const ended: In<'ended'> = { ...common, phase: 'ended', ending: { kind: 'revoked', reason: 'removed', revision: 10 } };
const states = { offline, subscribing, loading, live, ended } satisfies { [P in Phase]: In<P> };

const team = put(aTeam('7'));

function aStep(from: number, to: number, more: Partial<Input<'step'>['frame']> = {}): Input<'step'> {
  return { type: 'step', frame: { org: '1', from, to, cursor: `at-${to}`, changes: [team], ...more } };
}

function aPart(part: number, parts: number): Input<'snapshot'> {
  return { type: 'snapshot', frame: { org: '1', part, parts, records: [aTeam(String(part))] } };
}

function aSnapshotEnd(revision: number): Input<'snapshot-end'> {
  return { type: 'snapshot-end', frame: { org: '1', revision, cursor: `at-${revision}`, count: 1, sum: 2 } };
}

function aPong(revision: number, server = { count: 4, sum: 40 }): Input<'pong'> {
  return { type: 'pong', sentAt: 123, server: { revision, cursor: `pong-${revision}`, ...server }, local: { count: 4, sum: 40 } };
}

function anAck(mode: 'snapshot' | 'resume', attempt = common.attempt): Input<'acknowledged'> {
  return { type: 'acknowledged', attempt, ack: { org: '1', mode, revision: 12 } };
}

/** One valid input of each type. */
const inputs: { readonly [T in ReplicaInput['type']]: Input<T> } = {
  connected: { type: 'connected' },
  disconnected: { type: 'disconnected' },
  acknowledged: anAck('snapshot'),
  'no-answer': { type: 'no-answer', attempt: common.attempt },
  displaced: { type: 'displaced' },
  snapshot: aPart(0, 1),
  'snapshot-end': aSnapshotEnd(12),
  step: aStep(10, 11),
  pong: aPong(10),
  revoked: { type: 'revoked', revision: 11, reason: 'removed' },
  resync: { type: 'resync', reason: 'slow' },
  'identity-changed': { type: 'identity-changed' },
  expelled: { type: 'expelled', reason: 'user-disabled' },
  refused: { type: 'refused', reason: 'too-many-records' },
  failed: { type: 'failed', kind: 'handler-failed', detail: 'a frame that could not be read' },
  close: { type: 'close', reason: 'closed' },
};

function namesOf(effects: readonly ReplicaEffect[]): string {
  return effects.map(({ type }) => type).join(' ');
}

function run(state: ReplicaState, ...received: ReplicaInput[]) {
  const effects: ReplicaEffect[] = [];
  for (const input of received) {
    const next = nextReplicaState(state, input);
    state = next.state;
    effects.push(...next.effects);
  }
  return { state, effects, names: namesOf(effects) };
}

/** The result of each input in each phase, as `phase: effects`. A dash if nothing happens. */
const expected: { readonly [T in ReplicaInput['type']]: { readonly [P in Phase]: string } } = {
  connected: {
    offline: 'subscribing: subscribe',
    subscribing: 'subscribing: subscribe',
    loading: 'subscribing: subscribe',
    live: 'subscribing: subscribe',
    ended: '-',
  },
  disconnected: { offline: '-', subscribing: 'offline:', loading: 'offline:', live: 'offline:', ended: '-' },
  acknowledged: { offline: '-', subscribing: 'loading:', loading: '-', live: '-', ended: '-' },
  'no-answer': { offline: '-', subscribing: 'subscribing: report subscribe', loading: '-', live: '-', ended: '-' },
  displaced: { offline: '-', subscribing: '-', loading: 'subscribing: subscribe', live: 'subscribing: subscribe', ended: '-' },
  snapshot: { offline: '-', subscribing: '-', loading: 'loading: take-part', live: 'loading: take-part', ended: '-' },
  'snapshot-end': {
    offline: '-',
    subscribing: '-',
    loading: 'live: replace',
    live: 'subscribing: distrust report subscribe',
    ended: '-',
  },
  step: {
    offline: '-',
    subscribing: '-',
    loading: 'subscribing: distrust report subscribe',
    live: 'live: apply',
    ended: '-',
  },
  pong: { offline: '-', subscribing: '-', loading: '-', live: 'live: verify', ended: '-' },
  revoked: {
    offline: 'ended: wipe',
    subscribing: 'ended: unsubscribe wipe',
    loading: 'ended: wipe',
    live: 'ended: wipe',
    ended: '-',
  },
  resync: { offline: '-', subscribing: '-', loading: 'loading: distrust report', live: 'loading: distrust report', ended: '-' },
  'identity-changed': {
    offline: 'offline: wipe',
    subscribing: 'subscribing: wipe subscribe',
    loading: 'subscribing: wipe subscribe',
    live: 'subscribing: wipe subscribe',
    ended: '-',
  },
  refused: {
    offline: 'ended: unsubscribe wipe',
    subscribing: 'ended: unsubscribe wipe',
    loading: 'ended: unsubscribe wipe',
    live: 'ended: unsubscribe wipe',
    ended: '-',
  },
  expelled: { offline: 'ended: wipe', subscribing: 'ended: wipe', loading: 'ended: wipe', live: 'ended: wipe', ended: '-' },
  failed: {
    offline: '-',
    subscribing: '-',
    loading: 'subscribing: distrust report subscribe',
    live: 'subscribing: distrust report subscribe',
    ended: '-',
  },
  close: {
    offline: 'ended: wipe',
    subscribing: 'ended: unsubscribe wipe',
    loading: 'ended: unsubscribe wipe',
    live: 'ended: unsubscribe wipe',
    ended: '-',
  },
};

describe('the replica machine', () => {
  describe('each input in each phase', () => {
    for (const [type, byPhase] of Object.entries(expected)) {
      for (const [phase, outcome] of Object.entries(byPhase)) {
        it(`${type} while ${phase}: ${outcome}`, () => {
          const before = states[phase as Phase];
          const { state, effects } = nextReplicaState(before, inputs[type as keyof typeof inputs]);
          const isSame = state === before && effects.length === 0;
          assert.equal(isSame ? '-' : `${state.phase}: ${namesOf(effects)}`.trimEnd(), outcome);
        });
      }
    }
  });

  describe('subscribing', () => {
    it('the machine first subscribes without a cursor, and reconnects with its last one', () => {
      assert.deepEqual(run(initialReplicaState, inputs.connected).effects, [{ type: 'subscribe', attempt: 1, cursor: null, failures: 0 }]);
      assert.deepEqual(run(live, inputs.disconnected, inputs.connected).effects, [
        { type: 'subscribe', attempt: 4, cursor: 'at-10', failures: 0 },
      ]);
    });

    it('the machine ignores the reply to an earlier subscription', () => {
      assert.equal(run(subscribing, anAck('snapshot', 2)).state, subscribing);
      assert.equal(run(subscribing, { type: 'no-answer', attempt: 2 }).state, subscribing);
    });

    it('the machine continues with its replica when the server resumes', () => {
      assert.deepEqual(run(subscribing, anAck('resume')).state, live);
    });

    it('the machine rejects a resumption without a cursor', () => {
      const { state, names } = run({ ...subscribing, position: null }, anAck('resume'));
      assert.equal(state.phase, 'subscribing');
      assert.equal(names, 'distrust report subscribe');
    });

    it('[A6] the machine wipes the replica when it is denied', () => {
      const { state, names } = run(subscribing, { type: 'acknowledged', attempt: 3, ack: { mode: 'denied' } });
      assert.deepEqual(state, { ...common, phase: 'ended', ending: { kind: 'denied', reason: 'denied', revision: null } });
      assert.equal(names, 'wipe');
    });

    it('the machine wipes the replica when it is refused because of a limit', () => {
      const ack = { mode: 'refused', reason: 'too-many-subscriptions' } as const;
      const { state, names } = run(subscribing, { type: 'acknowledged', attempt: 3, ack });
      const ending = { kind: 'refused', reason: 'too-many-subscriptions', revision: null };
      assert.deepEqual(state, { ...common, phase: 'ended', ending });
      assert.equal(names, 'wipe');
    });

    it('[R10] the machine subscribes again with its cursor if there is no reply, and waits longer each time', () => {
      const again = run(subscribing, inputs['no-answer'], { type: 'no-answer', attempt: 4 });
      assert.deepEqual(
        again.effects.filter((effect) => effect.type === 'subscribe'),
        [
          { type: 'subscribe', attempt: 4, cursor: 'at-10', failures: 1, because: 'no-answer' },
          { type: 'subscribe', attempt: 5, cursor: 'at-10', failures: 2, because: 'no-answer' },
        ],
      );
    });
  });

  describe('a snapshot', () => {
    it('[R5] a snapshot replaces the replica only when all its parts have arrived', () => {
      const parts = run(loading, aPart(0, 2), aPart(1, 2));
      assert.deepEqual(parts.effects, [
        { type: 'take-part', isFirst: true, records: [aTeam('0')] },
        { type: 'take-part', isFirst: false, records: [aTeam('1')] },
      ]);
      const { state, effects } = run(parts.state, aSnapshotEnd(12));
      assert.deepEqual(state, { ...common, phase: 'live', position: { revision: 12, cursor: 'at-12' }, held: [] });
      assert.deepEqual(effects, [{ type: 'replace', changes: [], revision: 12, expected: { count: 1, sum: 2 } }]);
    });

    it('a snapshot may have no parts if nothing is visible', () => {
      assert.equal(run(loading, aSnapshotEnd(12)).names, 'replace');
    });

    it('a snapshot starts again with part 0', () => {
      const { state } = run(loading, aPart(0, 2), aPart(0, 3));
      assert.deepEqual(state.phase === 'loading' && [state.taken, state.parts], [1, 3]);
    });

    for (const [what, received] of Object.entries({
      'a part is missing': [aPart(0, 3), aPart(2, 3)],
      'the first part is missing': [aPart(1, 2)],
      'parts do not agree on their number': [aPart(0, 3), aPart(1, 2)],
      'it ends early': [aPart(0, 2), aSnapshotEnd(12)],
    })) {
      it(`a snapshot is requested again when ${what}`, () => {
        const { state, effects, names } = run(loading, ...received);
        assert.equal(state.phase, 'subscribing');
        assert.match(names, /^(take-part )?distrust report subscribe$/);
        assert.deepEqual(effects.at(-1), { type: 'subscribe', attempt: 4, cursor: null, failures: 1, because: 'broken-snapshot' });
      });
    }

    it('the old replica remains for resuming when the connection is lost half-way', () => {
      const { effects } = run(subscribing, anAck('snapshot'), aPart(0, 2), inputs.disconnected, inputs.connected);
      assert.deepEqual(effects.at(-1), { type: 'subscribe', attempt: 4, cursor: 'at-10', failures: 0 });
    });
  });

  describe('a step', () => {
    it('the machine ignores a repeated step', () => {
      assert.equal(run(live, aStep(8, 10)).state, live);
      assert.equal(run(live, aStep(8, 10, { more: true })).state, live);
    });

    it('[R8] the machine applies a step that begins at or below its own revision and ends above it', () => {
      for (const from of [0, 9, 10]) {
        const { state, effects } = run(live, aStep(from, 12));
        assert.deepEqual(effects, [{ type: 'apply', changes: [team], revision: 12, isView: false }]);
        assert.deepEqual(state.phase === 'live' && state.position, { revision: 12, cursor: 'at-12' });
      }
    });

    it('[R8] the machine treats a step that begins above its own revision as a gap, and subscribes with its cursor', () => {
      const { effects } = run(live, aStep(11, 12));
      assert.deepEqual(
        effects.map((effect) => (effect.type === 'report' ? effect.kind : effect)),
        ['gap', { type: 'subscribe', attempt: 4, cursor: 'at-10', failures: 1, because: 'gap' }],
      );
    });

    it('[R7] the machine buffers the pieces of a step and applies them together with the last', () => {
      const gone = remove(aTeam('8'));
      const held = run(live, aStep(10, 12, { more: true, view: true }), aStep(10, 12, { more: true, changes: [gone] }));
      assert.equal(held.names, '');
      const { state, effects } = run(held.state, aStep(10, 12));
      assert.deepEqual(effects, [{ type: 'apply', changes: [team, gone, team], revision: 12, isView: true }]);
      assert.deepEqual(state, { ...live, position: { revision: 12, cursor: 'at-12' } });
    });

    it('the machine drops buffered pieces and catches up when another step arrives between them', () => {
      const { effects } = run(live, aStep(10, 12, { more: true }), aStep(12, 13));
      assert.deepEqual(effects.at(-1), { type: 'subscribe', attempt: 4, cursor: 'at-10', failures: 1, because: 'broken-pieces' });
    });

    it('the machine drops buffered pieces when the connection is lost', () => {
      const { state } = run(live, aStep(10, 12, { more: true }), inputs.disconnected);
      assert.deepEqual(state, offline);
    });

    for (const [what, change] of Object.entries({
      'an unknown op': { op: 'increment', kind: 'team', id: '7' },
      'a put without a record': { op: 'put', kind: 'team', id: '7' },
      'a put of another record than it names': { op: 'put', kind: 'team', id: '8', record: aTeam('7').record },
    })) {
      it(`the machine applies nothing of a step with ${what}, and starts over without a cursor`, () => {
        const { effects, names } = run(live, aStep(10, 11, { changes: [team, change] }));
        assert.equal(names, 'distrust report subscribe');
        assert.deepEqual(effects.at(-1), { type: 'subscribe', attempt: 4, cursor: null, failures: 1, because: 'unknown-op' });
      });
    }
  });

  describe('a pong', () => {
    it('[F1] a pong at or above its own revision raises it and proves the replica', () => {
      const { state, effects } = run({ ...live, failures: 2 }, aPong(15));
      assert.deepEqual(effects, [{ type: 'verify', revision: 15, sentAt: 123 }]);
      assert.deepEqual(state, { ...live, failures: 0, position: { revision: 15, cursor: 'pong-15' } });
    });

    it('[F1] a pong below its own revision also proves the replica, without a comparison', () => {
      const { state, effects } = run(live, aPong(9, { count: 1, sum: 1 }));
      assert.deepEqual(effects, [{ type: 'verify', revision: 10, sentAt: 123 }]);
      assert.equal(state, live);
    });

    for (const [what, server] of Object.entries({ count: { count: 5, sum: 40 }, sum: { count: 4, sum: 41 } })) {
      it(`[F3] a different ${what} at the same revision is reported, and it subscribes without a cursor`, () => {
        const { effects, names } = run(live, aPong(10, server));
        assert.equal(names, 'distrust report subscribe');
        assert.equal(effects[1]?.type === 'report' && effects[1].kind, 'checksum');
        assert.deepEqual(effects.at(-1), { type: 'subscribe', attempt: 4, cursor: null, failures: 1, because: 'checksum' });
      });
    }

    it('[F1] a pong proves nothing about a replica that still lacks pieces of a step', () => {
      const held = run(live, aStep(10, 12, { more: true })).state;
      assert.equal(run(held, aPong(12)).state, held);
    });
  });

  it('resync drops the position, so that only the following snapshot can replace the replica', () => {
    const { effects } = run(live, inputs.resync, inputs.disconnected, inputs.connected);
    assert.deepEqual(effects.at(-1), { type: 'subscribe', attempt: 4, cursor: null, failures: 0 });
  });

  it('[A2] the machine reports why and at which revision access ended', () => {
    const { state } = run(live, inputs.revoked);
    assert.deepEqual(state, { ...common, phase: 'ended', ending: { kind: 'revoked', reason: 'removed', revision: 11 } });
  });
});
