import { Copy, type RecordChange } from './copy.ts';
import { NextCopy } from './next-copy.ts';
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

/** What a batch of changes came from: a step, a step that widened or narrowed the view, or a new copy after an older one. */
export type ChangeCause = 'step' | 'view' | 'snapshot';

/** What a replica asks of its surroundings, or has to tell them, in order. */
export type ReplicaOutput =
  | SubscribeEffect
  | { readonly type: 'unsubscribe' }
  | { readonly type: 'changed'; readonly revision: number; readonly cause: ChangeCause; readonly changes: readonly RecordChange[] }
  | { readonly type: 'verified'; readonly sentAt: number }
  | { readonly type: 'distrusted' }
  | { readonly type: 'ended'; readonly ending: Ending; readonly hadCopy: boolean }
  | { readonly type: 'report'; readonly kind: ReportKind; readonly detail: string };

/**
 * One organization's copy and the machine that keeps it. Synchronous and without sockets or timers: feed it inputs, do
 * what the outputs say. That makes it the part to run in a simulation.
 */
export class Replica {
  #machine: ReplicaState;
  #copy = new Copy();
  /** What comes in to take the copy's place, while it does. */
  #next: NextCopy | null = null;
  #revision: number | null = null;

  constructor(machine: ReplicaState = initialReplicaState) {
    this.#machine = machine;
  }

  get machine(): ReplicaState {
    return this.#machine;
  }

  get copy(): Copy {
    return this.#copy;
  }

  /** All up to here is in the copy. Null before the first copy and after it was taken away. */
  get revision(): number | null {
    return this.#revision;
  }

  receive(input: ReplicaInput): ReplicaOutput[] {
    const outputs: ReplicaOutput[] = [];
    this.#step(input, outputs);
    if (this.#machine.phase !== 'loading' || this.#machine.taken === 0) this.#next = null;
    return outputs;
  }

  #step(input: ReplicaInput, outputs: ReplicaOutput[]): void {
    const { state, effects } = nextReplicaState(this.#machine, input);
    this.#machine = state;
    for (const effect of effects) {
      try {
        this.#carryOut(effect, outputs);
      } catch (error) {
        // Skipping would break the law: whatever went wrong, the next copy is a whole one.
        this.#step({ type: 'failed', kind: 'handler-failed', detail: String(error) }, outputs);
        return;
      }
    }
  }

  #carryOut(effect: ReplicaEffect, outputs: ReplicaOutput[]): void {
    switch (effect.type) {
      case 'take-part':
        if (effect.isFirst) this.#next = new NextCopy(this.#revision === null ? null : this.#copy);
        this.#next!.take(effect.records);
        break;
      case 'replace':
        this.#replace(effect, outputs);
        break;
      case 'apply': {
        const changes = this.#copy.apply(effect.changes);
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
    const next = this.#next ?? new NextCopy(this.#revision === null ? null : this.#copy);
    const differences = next.finish(changes);
    const { copy } = next;
    if (copy.checksum.count !== expected.count || copy.checksum.sum !== expected.sum) {
      this.#step({ type: 'failed', kind: 'checksum', detail: `The snapshot at ${revision} does not have its own checksum.` }, outputs);
      return;
    }
    this.#copy = copy;
    this.#revision = revision;
    outputs.push({ type: 'changed', revision, cause: 'snapshot', changes: differences });
  }

  #wipe(outputs: ReplicaOutput[]): void {
    const hadCopy = this.#revision !== null;
    this.#copy = new Copy();
    this.#revision = null;
    if (this.#machine.phase === 'ended') outputs.push({ type: 'ended', ending: this.#machine.ending, hadCopy });
  }
}
