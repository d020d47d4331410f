import { PendingReplica } from './pending-replica.ts';
import { initialReplicaState, nextReplicaState } from './replica-machine.ts';
import { type RecordChange, ReplicaRecords } from './replica-records.ts';
import type { Ending, ReplicaEffect, ReplicaInput, ReplicaState, ReportKind, SubscribeEffect } from './replica-state.ts';

/**
 * The source of a batch of changes: a step, a step that changed what is visible, or a new snapshot
 * that replaced an older replica.
 */
export type ChangeCause = 'step' | 'view' | 'snapshot';

/** The effects that a replica requests from its host, in order. */
export type ReplicaOutput =
  | SubscribeEffect
  | { readonly type: 'unsubscribe' }
  | { readonly type: 'changed'; readonly revision: number; readonly cause: ChangeCause; readonly changes: readonly RecordChange[] }
  | { readonly type: 'verified'; readonly sentAt: number }
  | { readonly type: 'distrusted' }
  /** The access ended, and the replica was dropped. */
  | { readonly type: 'ended'; readonly ending: Ending; readonly hadReplica: boolean }
  | { readonly type: 'report'; readonly kind: ReportKind; readonly detail: string };

/**
 * The records of one organization and the state machine that maintains them. It is synchronous and
 * has no sockets or timers: it receives inputs and returns outputs. The simulation runs this class.
 */
export class Replica {
  #machine: ReplicaState;
  #records = new ReplicaRecords();
  /** The replica that is being loaded, if any. */
  #pending: PendingReplica | null = null;
  #revision: number | null = null;

  constructor(machine: ReplicaState = initialReplicaState) {
    this.#machine = machine;
  }

  get machine(): ReplicaState {
    return this.#machine;
  }

  get records(): ReplicaRecords {
    return this.#records;
  }

  /**
   * The records contain all changes up to this revision. Null before the first snapshot and after
   * the access ended.
   */
  get revision(): number | null {
    return this.#revision;
  }

  receive(input: ReplicaInput): ReplicaOutput[] {
    const outputs: ReplicaOutput[] = [];
    this.#step(input, outputs);
    if (this.#machine.phase !== 'loading' || this.#machine.taken === 0) this.#pending = null;
    return outputs;
  }

  #step(input: ReplicaInput, outputs: ReplicaOutput[]): void {
    const { state, effects } = nextReplicaState(this.#machine, input);
    this.#machine = state;
    for (const effect of effects) {
      try {
        this.#carryOut(effect, outputs);
      } catch (error) {
        // Skipping the effect would corrupt the replica. A new snapshot corrects any error.
        this.#step({ type: 'failed', kind: 'handler-failed', detail: String(error) }, outputs);
        return;
      }
    }
  }

  #carryOut(effect: ReplicaEffect, outputs: ReplicaOutput[]): void {
    switch (effect.type) {
      case 'take-part':
        if (effect.isFirst) this.#pending = new PendingReplica(this.#revision === null ? null : this.#records);
        this.#pending!.take(effect.records);
        break;
      case 'replace':
        this.#replace(effect, outputs);
        break;
      case 'apply': {
        const changes = this.#records.apply(effect.changes);
        this.#revision = effect.revision;
        outputs.push({ type: 'changed', revision: effect.revision, cause: effect.isView ? 'view' : 'step', changes });
        break;
      }
      case 'verify':
        this.#revision = effect.revision;
        outputs.push({ type: 'verified', sentAt: effect.sentAt });
        break;
      case 'distrust':
        outputs.push({ type: 'distrusted' });
        break;
      case 'wipe':
        this.#wipe(effect.ending, outputs);
        break;
      default:
        outputs.push(effect);
    }
  }

  #replace(effect: ReplicaEffect & { type: 'replace' }, outputs: ReplicaOutput[]): void {
    const { changes, revision, expected } = effect;
    const pending = this.#pending ?? new PendingReplica(this.#revision === null ? null : this.#records);
    const differences = pending.finish(changes);
    const { records } = pending;
    if (records.checksum.count !== expected.count || records.checksum.sum !== expected.sum) {
      this.#step(
        { type: 'failed', kind: 'checksum', detail: `The snapshot at revision ${revision} does not match its checksum.` },
        outputs,
      );
      return;
    }
    this.#records = records;
    this.#revision = revision;
    outputs.push({ type: 'changed', revision, cause: 'snapshot', changes: differences });
  }

  #wipe(ending: Ending, outputs: ReplicaOutput[]): void {
    const hadReplica = this.#revision !== null;
    this.#records = new ReplicaRecords();
    this.#revision = null;
    outputs.push({ type: 'ended', ending, hadReplica });
  }
}
