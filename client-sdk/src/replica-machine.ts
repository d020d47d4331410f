import type { Change, ResubscribeReason, StepFrame } from '@rollcall/protocol';
import type {
  Ending,
  InputType,
  Phase,
  Position,
  ReplicaEffect,
  ReplicaInput,
  ReplicaState,
  StateBase,
  Transition,
} from './replica-state.ts';

/**
 * The client's subscription to one organization, as a pure state machine without timers, I/O or
 * records. The table below has a row for each phase and a column for each input. The compiler
 * rejects a missing cell.
 */

type StateIn<P extends Phase> = Extract<ReplicaState, { phase: P }>;
type InputOf<T extends InputType> = Extract<ReplicaInput, { type: T }>;
type Open = Exclude<ReplicaState, { phase: 'ended' }>;
type Row<P extends Phase> = { readonly [T in InputType]: (state: StateIn<P>, input: InputOf<T>) => Transition };

export const initialReplicaState: ReplicaState = { phase: 'offline', orgId: null, attempt: 0, failures: 0, position: null };

export function nextReplicaState(state: ReplicaState, input: ReplicaInput): Transition {
  const row = table[state.phase] as { readonly [type: string]: (state: ReplicaState, input: ReplicaInput) => Transition };
  return row[input.type]!(state, input);
}

const table: { readonly [P in Phase]: Row<P> } = {
  offline: {
    connected: (state) => subscribe(state, state.position),
    disconnected: stay,
    acknowledged: stay,
    'no-answer': stay,
    displaced: stay,
    snapshot: stay,
    'snapshot-end': stay,
    step: stay,
    pong: stay,
    revoked: revoke,
    resync: stay,
    'identity-changed': (state) => ({ state: { ...bare(state), phase: 'offline', position: null }, effects: [wipeOfOther] }),
    expelled: expel,
    refused: refuse,
    failed: stay,
    close: (state, { reason }) => end(state, { kind: 'closed', reason, revision: null }),
  },
  // The reply precedes every frame of its subscription, so earlier frames belong to the previous
  // one.
  subscribing: {
    connected: (state) => subscribe(state, state.position),
    disconnected: goOffline,
    acknowledged: takeAck,
    'no-answer': retryUnanswered,
    // The reply to this subscription is still to come, so on the server it is the later one.
    displaced: stay,
    snapshot: stay,
    'snapshot-end': stay,
    step: stay,
    pong: stay,
    revoked: revokeAndUnsubscribe,
    resync: stay,
    'identity-changed': beginAgain,
    expelled: expel,
    refused: refuse,
    failed: stay,
    close,
  },
  loading: {
    connected: (state) => subscribe(state, state.position),
    disconnected: goOffline,
    acknowledged: stay,
    'no-answer': stay,
    displaced: (state) => subscribe(state, state.position),
    snapshot: takePart,
    'snapshot-end': takeSnapshotEnd,
    step: (state) => startOver(state, 'broken-snapshot', 'A step arrived between the parts of a snapshot.'),
    pong: stay,
    revoked: revoke,
    resync: load,
    'identity-changed': beginAgain,
    expelled: expel,
    refused: refuse,
    failed: (state, { kind, detail }) => startOver(state, kind, detail),
    close,
  },
  live: {
    connected: (state) => subscribe(state, state.position),
    disconnected: goOffline,
    acknowledged: stay,
    'no-answer': stay,
    displaced: (state) => subscribe(state, state.position),
    snapshot: (state, input) => takePart({ ...bare(state), ...nothingTaken, position: state.position }, input),
    'snapshot-end': (state) => startOver(state, 'broken-snapshot', 'A snapshot ended that had not begun.'),
    step: takeStep,
    pong: takePong,
    revoked: revoke,
    resync: load,
    'identity-changed': beginAgain,
    expelled: expel,
    refused: refuse,
    failed: (state, { kind, detail }) => startOver(state, kind, detail),
    close,
  },
  ended: {
    connected: stay,
    disconnected: stay,
    acknowledged: stay,
    'no-answer': stay,
    displaced: stay,
    snapshot: stay,
    'snapshot-end': stay,
    step: stay,
    pong: stay,
    revoked: stay,
    resync: stay,
    'identity-changed': stay,
    expelled: stay,
    refused: stay,
    failed: stay,
    close: stay,
  },
};

/** The replica of another identity is dropped, and its cursor with it. */
const wipeOfOther: ReplicaEffect = { type: 'wipe', ending: { kind: 'closed', reason: 'identity-changed', revision: null } };

const nothingTaken = { phase: 'loading', taken: 0, parts: null } as const;

function bare({ orgId, attempt, failures }: StateBase): StateBase {
  return { orgId, attempt, failures };
}

function stay(state: ReplicaState): Transition {
  return { state, effects: [] };
}

function goOffline(state: Open): Transition {
  return { state: { ...bare(state), phase: 'offline', position: state.position }, effects: [] };
}

function subscribe(state: Open, position: Position | null, because?: ResubscribeReason, before: readonly ReplicaEffect[] = []): Transition {
  const attempt = state.attempt + 1;
  const failures = state.failures + (because ? 1 : 0);
  return {
    state: { phase: 'subscribing', orgId: state.orgId, attempt, failures, position },
    effects: [...before, { type: 'subscribe', attempt, cursor: position?.cursor ?? null, failures, ...(because && { because }) }],
  };
}

/** Subscribes without a cursor, because the replica may be wrong. */
function startOver(state: Open, kind: ResubscribeReason, detail: string): Transition {
  return subscribe(state, null, kind, [{ type: 'distrust' }, { type: 'report', kind, detail }]);
}

/** Subscribes with the cursor: the replica is correct, but a change after it was lost. */
function catchUp(state: Open, kind: ResubscribeReason, detail: string): Transition {
  return subscribe(state, state.position, kind, [{ type: 'report', kind, detail }]);
}

function takeAck(state: StateIn<'subscribing'>, { attempt, ack }: InputOf<'acknowledged'>): Transition {
  if (attempt !== state.attempt) return stay(state);
  if (ack.mode === 'denied') return end(state, { kind: 'denied', reason: ack.reason ?? 'denied', revision: null });
  if (ack.mode === 'refused') return end(state, { kind: 'refused', reason: ack.reason, revision: null });
  const named = { ...bare(state), orgId: ack.org };
  if (ack.mode === 'snapshot') return { state: { ...named, ...nothingTaken, position: state.position }, effects: [] };
  if (!state.position) return startOver(state, 'handler-failed', 'The server resumed a subscription that was made without a cursor.');
  return { state: { ...named, phase: 'live', position: state.position, held: [] }, effects: [] };
}

function retryUnanswered(state: StateIn<'subscribing'>, { attempt }: InputOf<'no-answer'>): Transition {
  if (attempt !== state.attempt) return stay(state);
  return catchUp(state, 'no-answer', 'The server did not reply to a subscription.');
}

function takePart(state: StateIn<'loading'>, { frame }: InputOf<'snapshot'>): Transition {
  const { part, parts, records } = frame;
  const isFirst = part === 0;
  const isNext = part < parts && (isFirst || (part === state.taken && parts === state.parts));
  if (!isNext)
    return startOver(
      state,
      'broken-snapshot',
      `Part ${part} of ${parts} of a snapshot arrived after ${state.taken} of ${state.parts} parts.`,
    );
  return {
    state: { ...state, taken: part + 1, parts },
    effects: [{ type: 'take-part', isFirst, records }],
  };
}

function takeSnapshotEnd(state: StateIn<'loading'>, { frame }: InputOf<'snapshot-end'>): Transition {
  if (state.taken !== (state.parts ?? 0)) {
    return startOver(state, 'broken-snapshot', `A snapshot of ${state.parts} parts ended after ${state.taken} parts.`);
  }
  const changes = frame.changes ?? [];
  if (!areKnown(changes)) return startOver(state, 'unknown-op', 'A snapshot ended with a change that this version does not know.');
  const { revision, cursor, count, sum } = frame;
  return {
    state: { ...bare(state), phase: 'live', position: { revision, cursor }, held: [] },
    effects: [{ type: 'replace', changes, revision, expected: { count, sum } }],
  };
}

function takeStep(state: StateIn<'live'>, { frame }: InputOf<'step'>): Transition {
  const { position, held } = state;
  const first = held[0];
  if (first && (frame.from !== first.from || frame.to !== first.to)) {
    return catchUp(
      state,
      'broken-pieces',
      `A step from ${frame.from} to ${frame.to} arrived between the pieces of the step from ${first.from} to ${first.to}.`,
    );
  }
  if (frame.to <= position.revision) return stay(state);
  if (frame.from > position.revision) {
    return catchUp(state, 'gap', `A step began at ${frame.from}, but the replica is at ${position.revision}.`);
  }
  if (!areKnown(frame.changes)) return startOver(state, 'unknown-op', 'A step contained a change that this version does not know.');
  const pieces = [...held, frame];
  if (frame.more) return { state: { ...state, held: pieces }, effects: [] };
  const changes = pieces.flatMap((piece) => piece.changes) as unknown as Change[];
  const isView = pieces.some((piece) => piece.view === true);
  return {
    state: { ...state, position: { revision: frame.to, cursor: frame.cursor }, held: [] },
    effects: [{ type: 'apply', changes, revision: frame.to, isView }],
  };
}

/**
 * A pong follows the data that was sent before it. If its revision is at or above ours, nothing
 * visible happened in between.
 */
function takePong(state: StateIn<'live'>, { server, local, sentAt }: InputOf<'pong'>): Transition {
  const { position, held } = state;
  // The pieces of a step follow each other, so this pong proves nothing about a replica that lacks
  // some of them.
  if (held.length > 0) return stay(state);
  if (server.revision < position.revision) return { state, effects: [{ type: 'verify', revision: position.revision, sentAt }] };
  if (server.count !== local.count || server.sum !== local.sum) {
    return startOver(
      state,
      'checksum',
      `At revision ${server.revision}, the server has ${server.count} records with checksum ${server.sum}, and this replica has ${local.count} with ${local.sum}.`,
    );
  }
  return {
    state: { ...state, failures: 0, position: { revision: server.revision, cursor: server.cursor } },
    effects: [{ type: 'verify', revision: server.revision, sentAt }],
  };
}

/** The server sends a new snapshot, and gives the reason. */
function load(state: StateIn<'loading' | 'live'>, { reason }: InputOf<'resync'>): Transition {
  return {
    state: { ...bare(state), ...nothingTaken, position: null },
    effects: [{ type: 'distrust' }, { type: 'report', kind: 'resync', detail: reason }],
  };
}

function beginAgain(state: Open): Transition {
  return subscribe(state, null, undefined, [wipeOfOther]);
}

function end(state: Open, ending: Ending, before: readonly ReplicaEffect[] = []): Transition {
  return { state: { ...bare(state), phase: 'ended', ending }, effects: [...before, { type: 'wipe', ending }] };
}

function revoke(state: Open, { reason, revision }: InputOf<'revoked'>): Transition {
  return end(state, { kind: 'revoked', reason, revision });
}

/** The server may still grant the subscription that is under way, so it is ended explicitly. */
function revokeAndUnsubscribe(state: Open, { reason, revision }: InputOf<'revoked'>): Transition {
  return end(state, { kind: 'revoked', reason, revision }, [{ type: 'unsubscribe' }]);
}

function expel(state: Open, { reason }: InputOf<'expelled'>): Transition {
  return end(state, { kind: 'closed', reason, revision: null });
}

/** A limit of the client is reached. */
function refuse(state: Open, { reason }: InputOf<'refused'>): Transition {
  return end(state, { kind: 'refused', reason, revision: null }, [{ type: 'unsubscribe' }]);
}

function close(state: Open, { reason }: InputOf<'close'>): Transition {
  return end(state, { kind: 'closed', reason, revision: null }, [{ type: 'unsubscribe' }]);
}

/** Checked before anything is applied, so that a replica never contains half a step. */
function areKnown(changes: StepFrame['changes']): changes is (Change & StepFrame['changes'][number])[] {
  return changes.every(({ op, id, record }) => op === 'remove' || op === 'forget' || (op === 'put' && record?.id === id));
}
