import { PendingReplica } from './pending-replica.ts';
import {
  type Ending,
  initialReplicaState,
  nextReplicaState,
  type ReplicaEffect,
  type ReplicaInput,
  type ReplicaState,
  type ReportKind,
  type SubscribeEffect,
} from './replica-machine.ts';
import { type RecordChange, ReplicaRecords } from './replica-records.ts';

/** What a batch of changes came from: a step, a step that widened or narrowed the view, or a new records after an older one. */
export type ChangeCause = 'step' | 'view' | 'snapshot';

/** What a replica asks of its surroundings, or has to tell them, in order. */
export type ReplicaOutput =
  | SubscribeEffect
  | { readonly type: 'unsubscribe' }
  | { readonly type: 'changed'; readonly revision: number; readonly cause: ChangeCause; readonly changes: readonly RecordChange[] }
  | { readonly type: 'verified'; readonly sentAt: number }
  | { readonly type: 'distrusted' }
  | { readonly type: 'ended'; readonly ending: Ending; readonly hadReplica: boolean }
  | { readonly type: 'report'; readonly kind: ReportKind; readonly detail: string };

/**
 * One organization's records and the machine that keeps it. Synchronous and without sockets or timers: feed it inputs, do
 * what the outputs say. That makes it the part to run in a simulation.
 */
export class Replica {
  #machine: ReplicaState;
  #records = new ReplicaRecords();
  /** What comes in to take the records's place, while it does. */
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

  /** All up to here is in the records. Null before the first records and after it was taken away. */
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
        // Skipping would break the law: whatever went wrong, the pending records is a whole one.
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
        this.#wipe(outputs);
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
      this.#step({ type: 'failed', kind: 'checksum', detail: `The snapshot at ${revision} does not have its own checksum.` }, outputs);
      return;
    }
    this.#records = records;
    this.#revision = revision;
    outputs.push({ type: 'changed', revision, cause: 'snapshot', changes: differences });
  }

  #wipe(outputs: ReplicaOutput[]): void {
    const hadReplica = this.#revision !== null;
    this.#records = new ReplicaRecords();
    this.#revision = null;
    if (this.#machine.phase === 'ended') outputs.push({ type: 'ended', ending: this.#machine.ending, hadReplica });
  }
}
