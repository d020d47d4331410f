import { setTimeout as sleep } from 'node:timers/promises';
import type { Stage } from './stage.ts';
import type { Verdicts } from './verdicts.ts';
import type { WatchedReplica } from './watched-replica.ts';

/** Without Redis access ends within 400 ms of the answer; two busy cores that run everything may take a while more. */
const evictionMsMax = 400 + 1_600;
const lookIntervalMs = 5;

/** Watches that access ends on every line of whoever lost it, in time. */
export class Evictions {
  readonly #stage: Stage;
  readonly #verdicts: Verdicts;
  readonly #underWay = new Set<Promise<void>>();
  /** How many were begun. */
  count = 0;
  /** From the answer to the end, for those that no fault held up. */
  readonly tookMs: number[] = [];

  constructor(stage: Stage, verdicts: Verdicts) {
    this.#stage = stage;
    this.#verdicts = verdicts;
  }

  /** Call it when the removal was answered. */
  begin(replica: WatchedReplica): void {
    this.count++;
    const watching = this.#watch(replica).finally(() => this.#underWay.delete(watching));
    this.#underWay.add(watching);
  }

  async settle(): Promise<void> {
    await Promise.all(this.#underWay);
  }

  async #watch({ name, orgId, witness }: WatchedReplica): Promise<void> {
    const connections = witness.subscribedTo(orgId);
    const isOver = () => connections.every((connection) => connection.isOver || !connection.isSubscribedTo(orgId));
    const answeredAt = performance.now();
    let since = answeredAt;
    while (!isOver()) {
      if (this.#stage.isHeldUp) since = performance.now();
      if (performance.now() - since > evictionMsMax) {
        this.#verdicts.checked('eviction');
        this.#verdicts.violated('eviction', `${name} was not cut off within ${evictionMsMax} ms`);
        return;
      }
      await sleep(lookIntervalMs);
    }
    this.#verdicts.checked('eviction');
    if (since === answeredAt) this.tookMs.push(performance.now() - answeredAt);
  }
}
