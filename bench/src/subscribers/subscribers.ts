import { setTimeout as sleep } from 'node:timers/promises';
import type { Pair } from '../contestants/contestant.ts';
import { forkProgram, type StartedProcess } from '../contestants/process.ts';
import { Calls } from './calls.ts';
import { Latencies } from './latencies.ts';
import type { Received } from './reception.ts';
import type { Connect, Staleness, SubscriberMethods } from './subscriber-process.ts';

/**
 * All subscribers of one contestant, spread over a few processes. Half of each process's
 * subscribers connect to each instance.
 */

const processesCount = 2;
/**
 * If no message arrives for this long, everything has arrived. It is longer than the sweep that
 * finds lost notices.
 */
const quietMs = 300;
const lookIntervalMs = 100;
const quietWaitMsMax = 8_000;

export interface ReceivedByAll extends Omit<Received, 'latencies'> {
  readonly latencies: Latencies;
}

export class Subscribers {
  readonly #processes: readonly StartedProcess[] = Array.from({ length: processesCount }, () =>
    forkProgram('subscribers/subscriber-process.ts'),
  );
  readonly #calls = this.#processes.map(({ child }) => new Calls<SubscriberMethods>(child));

  /** Connects more subscribers, up to this number. */
  async connect({ instances, greeting }: Pair, subscribers: number, teams: number): Promise<void> {
    const urls = instances.map(({ url }) => url);
    const share = Math.ceil(subscribers / processesCount);
    const connect = (index: number): Connect => ({
      urls,
      subscribers: Math.min(share, subscribers - index * share),
      teams,
      greeting,
    });
    await Promise.all(this.#calls.map((calls, index) => calls.call('connect', connect(index))));
  }

  async reset(): Promise<void> {
    await this.#callAll('reset');
  }

  async deliveries(): Promise<number> {
    return (await this.#callAll('deliveries')).reduce((sum, count) => sum + count, 0);
  }

  /** Resolves when no delivery is in progress. */
  async waitUntilQuiet(): Promise<void> {
    const start = performance.now();
    for (let before = -1, since = start; performance.now() - start < quietWaitMsMax; await sleep(lookIntervalMs)) {
      const now = await this.deliveries();
      if (now !== before) since = performance.now();
      else if (performance.now() - since >= quietMs) return;
      before = now;
    }
  }

  async read(): Promise<ReceivedByAll> {
    const latencies = new Latencies();
    const total = { deliveries: 0, messages: 0, bytes: 0, reconnects: 0, lastUs: 0 };
    for (const received of await this.#callAll('read')) {
      latencies.add(received.latencies);
      total.deliveries += received.deliveries;
      total.messages += received.messages;
      total.bytes += received.bytes;
      total.reconnects += received.reconnects;
      total.lastUs = Math.max(total.lastUs, received.lastUs);
    }
    return { ...total, latencies };
  }

  async countStale(truth: readonly number[]): Promise<Staleness> {
    const stale = await this.#callAll('countStale', truth);
    return {
      subscribers: stale.reduce((sum, { subscribers }) => sum + subscribers, 0),
      records: stale.reduce((sum, { records }) => sum + records, 0),
    };
  }

  async close(): Promise<void> {
    await this.#callAll('close');
    await Promise.all(this.#processes.map((process) => process.kill('SIGTERM')));
  }

  #callAll<M extends keyof SubscriberMethods>(method: M, argument?: Parameters<SubscriberMethods[M]>[0]) {
    return Promise.all(this.#calls.map((calls) => calls.call(method, argument)));
  }
}
