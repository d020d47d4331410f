import type { Subscribe } from '@rollcall/protocol';
import type { ExpiringMap } from '../../runtime/collections/expiring-map.ts';
import type { Log } from '../../runtime/log.ts';
import type { Counters } from '../../runtime/metrics/counters.ts';
import type { Metrics } from '../../runtime/metrics/metrics.ts';

/**
 * The reports of one client about its replicas. They serve only the operator: no decision depends
 * on them (rules F2 and F3).
 */

/** Any client can report a problem several times a second. The counters count every report. */
const logEveryMs = 60_000;

export interface StaleReplicasDeps {
  readonly counters: Counters;
  readonly metrics: Metrics;
  readonly log: Log;
  /** The reports of all connections that were logged lately, by organization and reason. */
  readonly loggedReports: ExpiringMap<true>;
}

export class StaleReplicas {
  readonly #deps: StaleReplicasDeps;
  /**
   * The last reported time for which a replica has been stale, by organization id. Null if none was
   * reported yet, because every connection would need the memory of an empty map.
   */
  #staleMs: Map<string, number> | null = null;

  constructor(deps: StaleReplicasDeps) {
    this.#deps = deps;
  }

  get count(): number {
    return this.#staleMs?.size ?? 0;
  }

  /** Records why a client subscribes again, and for how long its previous replica was unusable. */
  recordSubscribe(orgId: string, { because, staleMs }: Pick<Subscribe, 'because' | 'staleMs'>): void {
    if (because) {
      this.#deps.counters.increment('resubscribes', 1, because);
      this.#log(orgId, because);
    }
    if (staleMs !== undefined) this.#add(orgId, staleMs);
  }

  /** Writes at most one line per organization, reason and minute. */
  #log(orgId: string, because: NonNullable<Subscribe['because']>): void {
    const { log, loggedReports } = this.#deps;
    const report = `${orgId} ${because}`;
    if (loggedReports.get(report)) return;
    loggedReports.set(report, true, logEveryMs);
    if (because === 'checksum') log.warn({ orgId }, "a client's replica did not match its checksum; the client gets a new snapshot");
    else log.info({ orgId, because }, 'a client found a problem with its replica and subscribed again');
  }

  /**
   * Records the stale replicas that a ping lists. A ping lists all of them, so any other replica is
   * fresh again.
   */
  recordPing(staleMs: Readonly<Record<string, number>>, isSubscribed: (orgId: string) => boolean): void {
    for (const orgId of [...(this.#staleMs?.keys() ?? [])]) if (!Object.hasOwn(staleMs, orgId)) this.#end(orgId);
    for (const [orgId, ms] of Object.entries(staleMs)) if (isSubscribed(orgId)) this.#add(orgId, ms);
  }

  forget(orgId: string): void {
    this.#staleMs?.delete(orgId);
  }

  #add(orgId: string, ms: number): void {
    this.#staleMs ??= new Map();
    if (!this.#staleMs.has(orgId)) this.#deps.counters.increment('copiesGoneStale');
    this.#staleMs.set(orgId, ms);
  }

  #end(orgId: string): void {
    this.#deps.metrics.observeStale(this.#staleMs!.get(orgId)! / 1_000);
    this.#staleMs!.delete(orgId);
  }
}
