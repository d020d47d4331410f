import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Audience } from '../../../../protocol/src/index.ts';
import type { CatchUpStep } from '../../../../server/src/read-path/subscriptions/catch-up-steps.ts';
import { encodeFrame } from '../../../../server/src/read-path/subscriptions/frame.ts';
import {
  deliveryOf,
  initialSubscriptionState,
  nextSubscriptionState,
} from '../../../../server/src/read-path/subscriptions/subscription-machine.ts';
import type {
  GroupStep,
  InputType,
  Phase,
  SubscribedGroup,
  SubscriptionEffect,
  SubscriptionInput,
  SubscriptionState,
} from '../../../../server/src/read-path/subscriptions/subscription-state.ts';
import { aGroup } from '../subscriptions.ts';

type Input<T extends InputType> = Extract<SubscriptionInput, { type: T }>;
type In<P extends Phase> = Extract<SubscriptionState, { phase: P }>;

const members: Audience = { key: 'members', sees: new Set(), hidesEmails: false };
const managers: Audience = { key: 'managers', sees: new Set(), hidesEmails: false };
const group = aGroup(members);

const pending: In<'pending'> = { phase: 'pending', audience: members, outdatedBy: null };
const loading: In<'loading'> = { phase: 'loading', audience: members, outdatedBy: null };
const live: In<'live'> = { phase: 'live', audience: members, group, revision: 10 };
const lagging: In<'lagging'> = { phase: 'lagging', audience: members, sentAudience: members, revision: 10, isOutdated: false };
const ended: In<'ended'> = { phase: 'ended', audience: members, wasAcknowledged: true, isDenied: false };
const reading: In<'reading'> = { phase: 'reading', audience: members };
const states = { pending, loading, live, lagging, reading, ended } satisfies { [P in Phase]: In<P> };

const frame = encodeFrame('step', 'a frame');

function aCatchUpStep(to: number, audience: Audience, frames = 1): CatchUpStep {
  return { frames: Array.from({ length: frames }, (_, index) => encodeFrame('step', `piece ${index}`)), to, audience };
}

function aGroupStep(from: number, after: number, to: number, of: SubscribedGroup = group, pieces = 1): GroupStep {
  const { frames } = aCatchUpStep(to, of.audience, pieces);
  return { group: of, frames, from, after, to, delivery: deliveryOf(of, to, frames[0]!) };
}

/** One of each, as they arrive while nothing is wrong. */
const inputs: { readonly [T in InputType]: Input<T> } = {
  acknowledged: { type: 'acknowledged' },
  'reading-events': { type: 'reading-events' },
  'snapshot-frame': { type: 'snapshot-frame', frame },
  'snapshot-abandoned': { type: 'snapshot-abandoned' },
  joined: { type: 'joined', group, revision: 10 },
  loaded: { type: 'loaded', revision: 10, first: aCatchUpStep(11, members) },
  step: { type: 'step', step: aGroupStep(10, 10, 11), isWritable: true },
  'catch-up-frame': { type: 'catch-up-frame', frame },
  'caught-up': { type: 'caught-up', step: aCatchUpStep(11, members), headRevision: 11 },
  'access-changed': { type: 'access-changed', audience: managers, step: aCatchUpStep(11, managers) },
  'history-changed': { type: 'history-changed', audience: members },
  'replica-lost': { type: 'replica-lost', reason: 'fell-behind' },
  presence: { type: 'presence', frame },
  revoked: { type: 'revoked', revision: 11, reason: 'removed' },
  'credential-revoked': { type: 'credential-revoked' },
  failed: { type: 'failed' },
  unsubscribed: { type: 'unsubscribed' },
};

/**
 * The outcome of each input in each phase, as `phase: effects`. A dash means that nothing changes.
 */
const expected: { readonly [T in InputType]: { readonly [P in Phase]: string } } = {
  acknowledged: { pending: 'loading:', loading: '-', live: '-', lagging: '-', reading: '-', ended: '-' },
  'reading-events': { pending: 'reading:', loading: '-', live: '-', lagging: '-', reading: '-', ended: '-' },
  'snapshot-frame': { pending: '-', loading: 'loading: send', live: '-', lagging: '-', reading: '-', ended: '-' },
  'snapshot-abandoned': { pending: '-', loading: 'loading: resync', live: '-', lagging: '-', reading: '-', ended: '-' },
  joined: { pending: '-', loading: 'live: join', live: '-', lagging: 'live: join', reading: '-', ended: '-' },
  loaded: { pending: '-', loading: 'lagging: catch-up', live: '-', lagging: '-', reading: '-', ended: '-' },
  step: { pending: '-', loading: '-', live: 'live: send', lagging: '-', reading: '-', ended: '-' },
  'catch-up-frame': { pending: '-', loading: '-', live: '-', lagging: 'lagging: send', reading: '-', ended: '-' },
  'caught-up': { pending: '-', loading: '-', live: '-', lagging: 'lagging: rejoin', reading: '-', ended: '-' },
  'access-changed': {
    pending: 'pending:',
    loading: 'loading:',
    live: 'lagging: leave send rejoin',
    lagging: 'lagging:',
    reading: 'ended: unregister send-access-changed',
    ended: '-',
  },
  'history-changed': {
    pending: 'pending:',
    loading: 'loading:',
    live: 'loading: leave resync restart',
    lagging: 'lagging:',
    reading: 'ended: unregister fail-connection',
    ended: '-',
  },
  'replica-lost': {
    pending: '-',
    loading: '-',
    live: 'loading: leave resync restart',
    lagging: 'loading: resync restart',
    reading: '-',
    ended: '-',
  },
  presence: { pending: '-', loading: '-', live: 'live: send', lagging: '-', reading: '-', ended: '-' },
  revoked: {
    pending: 'ended: unregister',
    loading: 'ended: unregister send-revoked',
    live: 'ended: leave unregister send-revoked',
    lagging: 'ended: unregister send-revoked',
    reading: 'ended: unregister send-revoked',
    ended: '-',
  },
  'credential-revoked': {
    pending: 'ended: unregister end-credential',
    loading: 'ended: unregister end-credential',
    live: 'ended: leave unregister end-credential',
    lagging: 'ended: unregister end-credential',
    reading: 'ended: unregister end-credential',
    ended: '-',
  },
  failed: {
    pending: 'ended: unregister fail-connection',
    loading: 'ended: unregister fail-connection',
    live: 'ended: leave unregister fail-connection',
    lagging: 'ended: unregister fail-connection',
    reading: 'ended: unregister fail-connection',
    ended: '-',
  },
  unsubscribed: {
    pending: 'ended: unregister',
    loading: 'ended: unregister',
    live: 'ended: leave unregister',
    lagging: 'ended: unregister',
    reading: 'ended: unregister',
    ended: '-',
  },
};

function namesOf(effects: readonly SubscriptionEffect[]): string {
  return effects.map(({ type }) => type).join(' ');
}

describe('subscription machine', () => {
  describe('each input in each phase', () => {
    for (const [type, byPhase] of Object.entries(expected)) {
      for (const [phase, outcome] of Object.entries(byPhase)) {
        it(`${type} while ${phase}: ${outcome}`, () => {
          const before = states[phase as Phase];
          const { state, effects } = nextSubscriptionState(before, inputs[type as InputType]);
          const isSame = state === before && effects.length === 0;
          assert.equal(isSame ? '-' : `${state.phase}: ${namesOf(effects)}`.trimEnd(), outcome);
        });
      }
    }
  });

  describe('a step of the group', () => {
    const stepped = (input: Partial<Input<'step'>>) => nextSubscriptionState(live, { ...inputs.step, ...input });

    it('[R7] causes one transition for all subscriptions that receive it', () => {
      const step = aGroupStep(10, 10, 11);
      assert.equal(stepped({ step }), step.delivery);
      assert.equal(nextSubscriptionState({ ...live, revision: 10 }, { type: 'step', step, isWritable: true }), step.delivery);
      assert.deepEqual(step.delivery.state, { ...live, revision: 11 });
    });

    it('has no effect on a subscription that already has it, lacks the steps before it, or is in another group', () => {
      for (const step of [aGroupStep(5, 5, 10), aGroupStep(11, 11, 12), aGroupStep(10, 10, 11, aGroup(members))]) {
        assert.equal(stepped({ step }).state, live);
      }
    });

    it('[R9] makes a subscription lag if its client reads too slowly', () => {
      const { state, effects } = stepped({ isWritable: false });
      assert.deepEqual(state, lagging);
      assert.deepEqual(effects, [
        { type: 'leave', group },
        { type: 'catch-up', first: null },
      ]);
    });

    it('[R7] makes a subscription lag if its revision is in the middle of the step', () => {
      const { effects } = stepped({ step: aGroupStep(8, 9, 12) });
      assert.deepEqual(effects.at(-1), { type: 'catch-up', first: null });
    });

    it('[R9] makes a subscription lag if the step has several frames', () => {
      const step = aGroupStep(10, 10, 11, group, 2);
      assert.deepEqual(stepped({ step }).effects.at(-1), { type: 'catch-up', first: { frames: step.frames, to: 11, audience: members } });
    });
  });

  describe('a change of rights', () => {
    it('[A3] updates a live replica with one frame', () => {
      const { state, effects } = nextSubscriptionState(live, inputs['access-changed']);
      assert.deepEqual(state, { ...lagging, audience: managers, sentAudience: managers, revision: 11 });
      assert.deepEqual(effects.at(-1), { type: 'rejoin', revision: 11 });
    });

    it('[A3] updates a live replica at the pace of its client if the step is long or the client reads too slowly', () => {
      for (const step of [null, aCatchUpStep(11, managers, 2)]) {
        const { state, effects } = nextSubscriptionState(live, { ...inputs['access-changed'], step });
        assert.deepEqual(state, { ...lagging, audience: managers });
        assert.deepEqual(effects, [
          { type: 'leave', group },
          { type: 'catch-up', first: step },
        ]);
      }
    });

    it('[R5] invalidates the snapshot that is being sent', () => {
      const { state } = nextSubscriptionState(loading, inputs['access-changed']);
      assert.deepEqual(state, { ...loading, audience: managers, outdatedBy: 'access-changed' });
      assert.deepEqual(nextSubscriptionState(state, inputs['snapshot-frame']).effects, []);
      assert.equal(namesOf(nextSubscriptionState(state, inputs.joined).effects), 'resync restart');
      assert.equal(namesOf(nextSubscriptionState(state, inputs.loaded).effects), 'resync restart');
      assert.deepEqual(nextSubscriptionState(state, inputs['snapshot-abandoned']).state, { ...loading, audience: managers });
    });
  });

  describe('a catch-up step that was sent', () => {
    const sent = (state: SubscriptionState, step: CatchUpStep, headRevision: number) =>
      nextSubscriptionState(state, { type: 'caught-up', step, headRevision });

    it('[R9] leaves the subscription lagging while it is below the head or lacks the step of its audience', () => {
      assert.deepEqual(sent(lagging, aCatchUpStep(11, members), 12).effects, []);
      const moved = sent({ ...lagging, audience: managers }, aCatchUpStep(11, members), 11);
      assert.deepEqual([moved.state, moved.effects], [{ ...lagging, audience: managers, revision: 11 }, []]);
      assert.equal(nextSubscriptionState(moved.state, { type: 'joined', group: aGroup(managers), revision: 11 }).state, moved.state);
    });

    it('[R8] leaves the replica at its revision if it has no frames', () => {
      const { state, effects } = sent(lagging, aCatchUpStep(15, members, 0), 15);
      assert.deepEqual([state, effects], [lagging, [{ type: 'rejoin', revision: 10 }]]);
    });
  });

  it('another history, and no later change of rights, is the reason for another snapshot', () => {
    const { state: replaced } = nextSubscriptionState(loading, inputs['history-changed']);
    const { state } = nextSubscriptionState(replaced, inputs['access-changed']);
    for (const type of ['snapshot-abandoned', 'joined', 'loaded'] as const) {
      const { effects } = nextSubscriptionState(state, inputs[type]);
      assert.deepEqual(effects[0], { type: 'resync', reason: 'history-changed' }, type);
    }
  });

  it('a lagging replica is sent nothing more when the history is replaced, and restarts with that reason', () => {
    const { state } = nextSubscriptionState(lagging, inputs['history-changed']);
    assert.deepEqual(nextSubscriptionState(state, inputs['catch-up-frame']).effects, []);
    assert.deepEqual(nextSubscriptionState(state, inputs['caught-up']).effects, []);
    assert.deepEqual(nextSubscriptionState(state, inputs['replica-lost']).effects.at(-1), { type: 'restart', reason: 'history-changed' });
  });

  it('[A6] a subscription is denied only if its rights ended before it was acknowledged', () => {
    const denied = (state: SubscriptionState, type: 'revoked' | 'failed' | 'unsubscribed') => {
      const next = nextSubscriptionState(state, inputs[type]).state;
      return next.phase === 'ended' && next.isDenied;
    };
    assert.deepEqual([denied(pending, 'revoked'), denied(pending, 'failed'), denied(pending, 'unsubscribed')], [true, false, false]);
    assert.deepEqual([denied(loading, 'revoked'), denied(live, 'revoked'), denied(lagging, 'revoked')], [false, false, false]);
  });

  it('any sequence of inputs keeps the invariants of the read path', () => {
    fc.assert(
      fc.property(fc.array(anEvent, { maxLength: 60 }), (events) => {
        const model = new Model();
        for (const event of events) model.take(event);
      }),
      { numRuns: 2_000 },
    );
  });
});

/** The choices for an input. The model turns them into an input that is valid for its state. */
const anEvent = fc.record({
  // Inputs that end a subscription are rare, so that most sequences are long.
  type: fc.oneof(
    { weight: 30, arbitrary: fc.constantFrom(...(Object.keys(inputs) as InputType[]).slice(0, 12)) },
    { weight: 1, arbitrary: fc.constantFrom(...(Object.keys(inputs) as InputType[]).slice(12)) },
  ),
  isManager: fc.boolean(),
  isWritable: fc.boolean(),
  isOtherGroup: fc.boolean(),
  pieces: fc.integer({ min: 0, max: 2 }),
  back: fc.integer({ min: 0, max: 2 }),
  ahead: fc.integer({ min: 0, max: 3 }),
});
type Event = typeof anEvent extends fc.Arbitrary<infer T> ? T : never;

/** Performs the effects as a watched organization does, and checks each transition. */
class Model {
  state: SubscriptionState = initialSubscriptionState(members);
  readonly #groups = { members: [aGroup(members), aGroup(members)], managers: [aGroup(managers), aGroup(managers)] };
  readonly #joined = new Set<SubscribedGroup>();
  #isRegistered = true;

  take(event: Event): void {
    this.#apply(this.#inputOf(event));
  }

  #inputOf({ type, isManager, isWritable, isOtherGroup, pieces, back, ahead }: Event): SubscriptionInput {
    const revision = this.state.phase === 'live' || this.state.phase === 'lagging' ? this.state.revision : 10;
    const audience = isManager ? managers : members;
    const step = aCatchUpStep(revision + ahead, audience, pieces);
    switch (type) {
      case 'joined':
        return { type, group: this.#group(audience, isOtherGroup), revision };
      case 'loaded':
        return { type, revision, first: step };
      case 'step': {
        const after = revision - back + 1;
        return {
          type,
          step: aGroupStep(after - back, after, revision + ahead, this.#group(audience, isOtherGroup), Math.max(1, pieces)),
          isWritable,
        };
      }
      case 'caught-up':
        return { type, step, headRevision: revision + 1 };
      case 'access-changed':
        return { type, audience, step: isWritable ? step : null };
      case 'history-changed':
        return { type, audience };
      default:
        return inputs[type];
    }
  }

  #group({ key }: Audience, isOther: boolean): SubscribedGroup {
    return this.#groups[key as 'members' | 'managers'][isOther ? 1 : 0]!;
  }

  #apply(input: SubscriptionInput): void {
    const before = this.state;
    const { state, effects } = nextSubscriptionState(before, input);
    this.state = state;
    for (const effect of effects) {
      if (effect.type === 'join') this.#joined.add(effect.group);
      else if (effect.type === 'leave') assert.ok(this.#joined.delete(effect.group), 'it leaves a group that it is in');
      else if (effect.type === 'unregister') {
        assert.ok(this.#isRegistered, 'it is unregistered once');
        this.#isRegistered = false;
      } else if (effect.type === 'send') this.#checkFrame(before, input);
    }
    const names = new Set(effects.map(({ type }) => type));
    if (before.phase === 'pending' || before.phase === 'ended') {
      for (const type of ['send', 'resync', 'send-revoked'] as const) assert.ok(!names.has(type), `[A2] ${type} while ${before.phase}`);
    }
    if (before.phase === 'ended') assert.equal(state, before, 'nothing follows the end');
    assert.equal(this.#isRegistered, state.phase !== 'ended');
    const groups = state.phase === 'live' ? [state.group] : [];
    assert.deepEqual([...this.#joined], groups, 'it is in a group exactly while it is live');
    if (state.phase === 'live') assert.equal(state.group.audience.key, state.audience.key, '[A1] the group is of its audience');
    if (state.phase === 'lagging' && before.phase !== 'lagging') assert.ok(names.has('catch-up') || names.has('rejoin'), 'it recovers');
    if (state.phase === 'loading' && before.phase !== 'loading')
      assert.ok(before.phase === 'pending' || names.has('restart'), 'it is served');
    this.#checkRevision(before, state);
    const rejoin = effects.find((effect) => effect.type === 'rejoin');
    if (!rejoin) return;
    this.#apply({ type: 'joined', group: this.#group(state.audience, false), revision: rejoin.revision });
    assert.equal(this.state.phase, 'live', 'a replica at the head goes live');
  }

  /** A step continues the replica without a gap, and shows only what the viewer may see. */
  #checkFrame(before: SubscriptionState, input: SubscriptionInput): void {
    if (input.type === 'step') {
      assert.ok(before.phase === 'live' && before.group === input.step.group && input.isWritable);
      assert.ok(input.step.from <= before.revision && before.revision <= input.step.after, '[R6] the step continues the replica');
      assert.ok(before.revision < input.step.to && input.step.frames.length === 1);
    } else if (input.type === 'access-changed') assert.ok(input.step?.frames.length === 1);
    else if (input.type === 'presence') assert.equal(before.phase, 'live');
    else assert.ok(before.phase === 'loading' ? !before.outdatedBy : before.phase === 'lagging' && !before.isOutdated);
  }

  #checkRevision(before: SubscriptionState, state: SubscriptionState): void {
    if (!('revision' in before) || !('revision' in state)) return;
    assert.ok(state.revision >= before.revision, 'a replica never goes back');
  }
}
