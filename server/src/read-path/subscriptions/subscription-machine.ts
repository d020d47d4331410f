import type { Audience } from '@rollcall/protocol';
import type { CatchUpStep } from './catch-up-steps.ts';
import type { Frame } from './frame.ts';
import type {
  InputType,
  Outdating,
  Phase,
  SubscribedGroup,
  SubscriptionEffect,
  SubscriptionInput,
  SubscriptionState,
  Transition,
} from './subscription-state.ts';

/**
 * The life of a subscription as a pure state machine: no I/O, no clock. The table below has a row
 * per phase and a column per input. The compiler refuses a missing cell.
 */

type StateIn<P extends Phase> = Extract<SubscriptionState, { phase: P }>;
type InputOf<T extends InputType> = Extract<SubscriptionInput, { type: T }>;
type Open = Exclude<SubscriptionState, { phase: 'ended' }>;
type Row<P extends Phase> = { readonly [T in InputType]: (state: StateIn<P>, input: InputOf<T>) => Transition };

export function initialSubscriptionState(audience: Audience): SubscriptionState {
  return { phase: 'pending', audience, outdatedBy: null };
}

export function nextSubscriptionState(state: SubscriptionState, input: SubscriptionInput): Transition {
  const row = table[state.phase] as { readonly [type: string]: (state: SubscriptionState, input: SubscriptionInput) => Transition };
  return row[input.type]!(state, input);
}

/**
 * Equal for all members of a group, so it is made once per step: a step goes to thousands of them.
 */
export function deliveryOf(group: SubscribedGroup, to: number, frame: Frame): Transition {
  return { state: { phase: 'live', audience: group.audience, group, revision: to }, effects: [{ type: 'send', frame }] };
}

const table: { readonly [P in Phase]: Row<P> } = {
  pending: {
    acknowledged: ({ audience }) => ({ state: { phase: 'loading', audience, outdatedBy: null }, effects: none }),
    'reading-events': ({ audience }) => ({ state: { phase: 'reading', audience }, effects: none }),
    'snapshot-frame': stay,
    'snapshot-abandoned': stay,
    joined: stay,
    loaded: stay,
    step: stay,
    'catch-up-frame': stay,
    'caught-up': stay,
    'access-changed': outdate,
    'history-changed': outdate,
    'replica-lost': stay,
    presence: stay,
    // The response denies the subscription, so no frame does.
    revoked: (state) => end(state),
    'credential-revoked': endCredential,
    failed: fail,
    unsubscribed: unsubscribe,
  },
  loading: {
    acknowledged: stay,
    'reading-events': stay,
    'snapshot-frame': (state, { frame }) => (state.outdatedBy ? stay(state) : send(state, frame)),
    'snapshot-abandoned': ({ audience, outdatedBy }) => ({
      state: { phase: 'loading', audience, outdatedBy: null },
      effects: [{ type: 'resync', reason: outdatedBy ?? 'fell-behind' }],
    }),
    joined: joinLoaded,
    loaded: catchUpLoaded,
    step: stay,
    'catch-up-frame': stay,
    'caught-up': stay,
    'access-changed': outdate,
    'history-changed': outdate,
    // A snapshot is already being sent.
    'replica-lost': stay,
    presence: stay,
    revoked: revoke,
    'credential-revoked': endCredential,
    failed: fail,
    unsubscribed: unsubscribe,
  },
  live: {
    acknowledged: stay,
    'reading-events': stay,
    'snapshot-frame': stay,
    'snapshot-abandoned': stay,
    joined: stay,
    loaded: stay,
    step: takeStep,
    'catch-up-frame': stay,
    'caught-up': stay,
    'access-changed': move,
    'history-changed': (state, { audience }) => restart({ ...state, audience }, 'history-changed'),
    'replica-lost': (state, { reason }) => restart(state, reason),
    presence: (state, { frame }) => send(state, frame),
    revoked: revoke,
    'credential-revoked': endCredential,
    failed: fail,
    unsubscribed: unsubscribe,
  },
  lagging: {
    acknowledged: stay,
    'reading-events': stay,
    'snapshot-frame': stay,
    'snapshot-abandoned': stay,
    joined: joinRecovered,
    loaded: stay,
    step: stay,
    'catch-up-frame': (state, { frame }) => (state.isOutdated ? stay(state) : send(state, frame)),
    'caught-up': takeCaughtUp,
    // The audience changes with the next catch-up step. Until then, nothing of the new revision is
    // sent.
    'access-changed': (state, { audience }) => ({ state: { ...state, audience }, effects: none }),
    'history-changed': (state, { audience }) => ({ state: { ...state, audience, isOutdated: true }, effects: none }),
    'replica-lost': (state, { reason }) => restart(state, state.isOutdated ? 'history-changed' : reason),
    presence: stay,
    revoked: revoke,
    'credential-revoked': endCredential,
    failed: fail,
    unsubscribed: unsubscribe,
  },
  // An event reader receives no steps, so only inputs that end it have an effect.
  reading: {
    acknowledged: stay,
    'reading-events': stay,
    'snapshot-frame': stay,
    'snapshot-abandoned': stay,
    joined: stay,
    loaded: stay,
    step: stay,
    'catch-up-frame': stay,
    'caught-up': stay,
    // The cursor of an event reader is valid for one audience only.
    'access-changed': (state) => end(state, false, [{ type: 'send-access-changed' }]),
    'history-changed': fail,
    'replica-lost': stay,
    presence: stay,
    revoked: revoke,
    'credential-revoked': endCredential,
    failed: fail,
    unsubscribed: unsubscribe,
  },
  ended: {
    acknowledged: stay,
    'reading-events': stay,
    'snapshot-frame': stay,
    'snapshot-abandoned': stay,
    joined: stay,
    loaded: stay,
    step: stay,
    'catch-up-frame': stay,
    'caught-up': stay,
    'access-changed': stay,
    'history-changed': stay,
    'replica-lost': stay,
    presence: stay,
    revoked: stay,
    'credential-revoked': stay,
    failed: stay,
    unsubscribed: stay,
  },
};

const none: readonly SubscriptionEffect[] = [];

function stay(state: SubscriptionState): Transition {
  return { state, effects: none };
}

/** A change of rights in the new history does not hide that the history changed. */
function outdate<S extends StateIn<'pending' | 'loading'>>(state: S, { type, audience }: InputOf<Outdating>): Transition {
  const outdatedBy = state.outdatedBy === 'history-changed' ? state.outdatedBy : type;
  return { state: { ...state, audience, outdatedBy }, effects: none };
}

function send(state: SubscriptionState, frame: Frame): Transition {
  return { state, effects: [{ type: 'send', frame }] };
}

function goLive({ audience }: Open, { group, revision }: InputOf<'joined'>): Transition {
  return { state: { phase: 'live', audience, group, revision }, effects: [{ type: 'join', group, revision }] };
}

/** A replica that was made for another audience never becomes live. */
function joinLoaded(state: StateIn<'loading'>, input: InputOf<'joined'>): Transition {
  const fits = !state.outdatedBy && input.group.audience.key === state.audience.key;
  return fits ? goLive(state, input) : restart(state, state.outdatedBy ?? 'access-changed');
}

/** If the replica does not fit the group, recovery continues with the next catch-up step. */
function joinRecovered(state: StateIn<'lagging'>, input: InputOf<'joined'>): Transition {
  const fits = isCurrent(state) && input.group.audience.key === state.audience.key && input.revision === state.revision;
  return fits ? goLive(state, input) : stay(state);
}

function catchUpLoaded(state: StateIn<'loading'>, { revision, first }: InputOf<'loaded'>): Transition {
  if (state.outdatedBy) return restart(state, state.outdatedBy);
  return lag(state, revision, first);
}

/** The replica keeps its revision and its audience. A live subscription leaves its group. */
function lag(state: StateIn<'loading' | 'live'>, revision: number, first: CatchUpStep | null): Transition {
  const { audience } = state;
  return {
    state: { phase: 'lagging', audience, sentAudience: audience, revision, isOutdated: false },
    effects: [...leave(state), { type: 'catch-up', first }],
  };
}

/** Allocates nothing for a member that receives the step. */
function takeStep(state: StateIn<'live'>, { step, isWritable }: InputOf<'step'>): Transition {
  const { group, revision } = state;
  const { frames, from, after, to } = step;
  // The fan-out yields between its writes. A subscription that changed its audience, left, or
  // joined since then already has this step, or lacks only invisible changes of it.
  if (group !== step.group || revision >= to || revision < from) return stay(state);
  // A record that was added and removed within the step is absent from its net changes. A replica
  // of a revision in between may have that record, so it needs a step of its own.
  const needsOwnStep = revision > after;
  if (!isWritable || needsOwnStep) return lag(state, revision, null);
  if (frames.length > 1) return lag(state, revision, { frames, to, audience: group.audience });
  return step.delivery;
}

function isCurrent({ isOutdated, sentAudience, audience }: StateIn<'lagging'>): boolean {
  return !isOutdated && sentAudience.key === audience.key;
}

/** A step without frames leaves the replica where it is (rule R8). */
function takeCaughtUp(state: StateIn<'lagging'>, { step, headRevision }: InputOf<'caught-up'>): Transition {
  const revision = step.frames.length > 0 ? step.to : state.revision;
  const next = { ...state, revision, sentAudience: step.audience };
  const isLevel = isCurrent(next) && step.to === headRevision;
  return { state: next, effects: isLevel ? [{ type: 'rejoin', revision }] : none };
}

/**
 * Rule A3: one step with `view`, from the replica's revision to the head. A step of one frame is
 * sent immediately.
 */
function move(state: StateIn<'live'>, { audience, step }: InputOf<'access-changed'>): Transition {
  const [frame, ...more] = step?.frames ?? [];
  const lagging = { phase: 'lagging', audience, isOutdated: false } as const;
  if (!step || !frame || more.length > 0) {
    return {
      state: { ...lagging, sentAudience: state.audience, revision: state.revision },
      effects: [...leave(state), { type: 'catch-up', first: step }],
    };
  }
  return {
    state: { ...lagging, sentAudience: step.audience, revision: step.to },
    effects: [...leave(state), { type: 'send', frame }, { type: 'rejoin', revision: step.to }],
  };
}

function leave(state: SubscriptionState): readonly SubscriptionEffect[] {
  return state.phase === 'live' ? [{ type: 'leave', group: state.group }] : none;
}

function restart(state: StateIn<'loading' | 'live' | 'lagging'>, reason: string): Transition {
  return {
    state: { phase: 'loading', audience: state.audience, outdatedBy: null },
    effects: [...leave(state), { type: 'resync', reason }, { type: 'restart', reason }],
  };
}

function end(state: Open, isDenied = state.phase === 'pending', after: readonly SubscriptionEffect[] = none): Transition {
  return {
    state: { phase: 'ended', audience: state.audience, wasAcknowledged: state.phase !== 'pending', isDenied },
    effects: [...leave(state), { type: 'unregister' }, ...after],
  };
}

/** Rule A2: the end is the guarantee, the frame a courtesy. */
function revoke(state: StateIn<'loading' | 'live' | 'lagging' | 'reading'>, { revision, reason }: InputOf<'revoked'>): Transition {
  return end(state, false, [{ type: 'send-revoked', revision, reason }]);
}

/** Everything that the connection opened with the credential ends with it. */
function endCredential(state: Open): Transition {
  return end(state, false, [{ type: 'end-credential' }]);
}

/** Rule R11: an error costs this client a reconnect, and other clients nothing. */
function fail(state: Open): Transition {
  return end(state, false, [{ type: 'fail-connection' }]);
}

function unsubscribe(state: Open): Transition {
  return end(state, false);
}
