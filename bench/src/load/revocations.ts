import { setTimeout as sleep } from 'node:timers/promises';
import { addMember, type Person, revisionOf } from '../../../test/support/provision.ts';
import { nowUs } from '../marker.ts';
import { Latencies } from '../subscribers/latencies.ts';
import type { Violations } from './checked-replica.ts';
import type { Cluster } from './cluster.ts';
import { LoadReception } from './load-reception.ts';
import { LoadSubscriber } from './load-subscriber.ts';
import { recordCount } from './marked-records.ts';
import type { WindowName } from './options.ts';
import type { Population } from './people.ts';

/**
 * Removes members who are connected to every instance, and measures the time from the response
 * until their sockets close.
 */

/** The interval of the removals, rare enough for their cost to be small compared with the load. */
const intervalMs = 500;
/** A close that takes longer counts as lost. This limit is not a performance goal. */
const closeMsMax = 15_000;

export class Revocations {
  readonly #cluster: Cluster;
  readonly #population: Population;
  readonly #violations: Violations;
  readonly #closedAfter = new Map<WindowName, Latencies>();
  #removals = 0;

  constructor(cluster: Cluster, population: Population, violations: Violations) {
    this.#cluster = cluster;
    this.#population = population;
    this.#violations = violations;
  }

  get removals(): number {
    return this.#removals;
  }

  /**
   * The times from the response until the close of each socket. A socket that closed before the
   * response counts as zero.
   */
  closedAfter(window: WindowName): Latencies {
    const known = this.#closedAfter.get(window) ?? new Latencies();
    this.#closedAfter.set(window, known);
    return known;
  }

  /** Removes one member after the other until the signal, counted for this window of the run. */
  async run(window: WindowName, signal: AbortSignal): Promise<void> {
    const { leavers } = this.#population;
    for (let round = 0; !signal.aborted; round++) {
      const began = performance.now();
      // An instance that is stopped or killed during the removal also closes sockets, so the
      // measurement would be invalid.
      const before = this.#generation();
      const closed = await this.#remove(leavers[round % leavers.length]!, round, signal).catch((error: unknown) => {
        if (!signal.aborted && before === this.#generation()) this.#violations.add(`a removal failed: ${String(error)}`);
        return null;
      });
      if (closed && before === this.#generation()) for (const us of closed) this.closedAfter(window).record(us);
      await sleep(Math.max(0, began + intervalMs - performance.now()));
    }
  }

  #generation(): string {
    return this.#cluster.slots.map(({ instance }) => instance?.pid ?? 0).join();
  }

  async #remove(person: Person, round: number, signal: AbortSignal): Promise<number[] | null> {
    const { org } = this.#population;
    const { running } = this.#cluster;
    const api = this.#cluster.operator(running[round % running.length]!);
    // An interrupted round may have left them outside of the organization.
    if (person.memberId === null) await addMember(api, org, person, 'member');
    const sockets = running.map(({ url }) => this.#subscribe(url, person));
    try {
      await withinMs(Promise.all(sockets.map(({ ready }) => ready)), 'a replica was not complete');
      if (signal.aborted) return null;
      const closings = sockets.map((socket) => new Promise<number>((resolve) => (socket.onEnded = resolve)));
      const answer = await api.request('DELETE', `/api/0/organizations/${org.slug}/members/${person.memberId}/`, {
        token: org.owner.token,
      });
      const answeredUs = nowUs();
      // An overloaded instance responds with 503. No member was removed then.
      if (answer.status === 503) return null;
      if (answer.status !== 204) throw new Error(`the removal returned ${answer.status}`);
      person.memberId = null;
      this.#removals++;
      const closedUs = await withinMs(Promise.all(closings), 'a socket of a removed member stayed open');
      this.#check(sockets, revisionOf(answer));
      await addMember(api, org, person, 'member');
      return closedUs.map((us) => us - answeredUs);
    } finally {
      for (const socket of sockets) socket.close();
    }
  }

  #subscribe(url: string, { token }: Person): LoadSubscriber {
    const { org } = this.#population;
    const reception = new LoadReception();
    return new LoadSubscriber({
      ...{ urls: [url], token, org: org.slug, collections: null, first: 0, records: recordCount, reception, random: Math.random },
    });
  }

  #check(sockets: readonly LoadSubscriber[], revision: number): void {
    for (const { own, leaked, revokedAt } of sockets) {
      if (own >= revision || leaked > 0) this.#violations.add(`a member removed at ${revision} received later changes, up to ${own}`);
      if (revokedAt !== revision) this.#violations.add(`a member removed at ${revision} received the end of access at ${revokedAt}`);
    }
  }
}

async function withinMs<T>(promise: Promise<T>, complaint: string): Promise<T> {
  const timeUp = new AbortController();
  const late = sleep(closeMsMax, undefined, { signal: timeUp.signal }).then(() => {
    throw new Error(`${complaint} within ${closeMsMax / 1_000} s`);
  });
  late.catch(() => {});
  try {
    return await Promise.race([promise, late]);
  } finally {
    timeUp.abort();
  }
}
