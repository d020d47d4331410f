import { setTimeout as sleep } from 'node:timers/promises';
import type { Cluster } from './cluster.ts';
import type { Verdicts } from './verdicts.ts';
import type { WatchedReplica } from './watched-replica.ts';

/**
 * Without Redis, access ends within 400 ms of the response. Two busy cores that run everything may
 * take longer.
 */
const evictionMsMax = 400 + 1_600;
const checkIntervalMs = 5;

/** Checks that access ends in time on every connection of a user who lost it. */
export class Evictions {
  readonly #cluster: Cluster;
  readonly #verdicts: Verdicts;
  readonly #underWay = new Set<Promise<void>>();
  /** The number of started checks. */
  count = 0;
  /** The times from the response to the end of access, for the removals that no fault delayed. */
  readonly tookMs: number[] = [];

  constructor(cluster: Cluster, verdicts: Verdicts) {
    this.#cluster = cluster;
    this.#verdicts = verdicts;
  }

  /** Call it when the removal has succeeded. */
  begin(replica: WatchedReplica): void {
    this.count++;
    const watching = this.#watch(replica).finally(() => this.#underWay.delete(watching));
    this.#underWay.add(watching);
  }

  async finish(): Promise<void> {
    await Promise.all(this.#underWay);
  }

  async #watch({ name, orgId, inspector }: WatchedReplica): Promise<void> {
    const connections = inspector.subscribedTo(orgId);
    const isOver = () => connections.every((connection) => connection.isOver || !connection.isSubscribedTo(orgId));
    const answeredAt = performance.now();
    let since = answeredAt;
    while (!isOver()) {
      if (this.#cluster.isBlocked) since = performance.now();
      if (performance.now() - since > evictionMsMax) {
        this.#verdicts.checked('eviction');
        this.#verdicts.violated('eviction', `the access of ${name} did not end within ${evictionMsMax} ms`);
        return;
      }
      await sleep(checkIntervalMs);
    }
    this.#verdicts.checked('eviction');
    if (since === answeredAt) this.tookMs.push(performance.now() - answeredAt);
  }
}
