import { answerCalls } from './calls.ts';
import type { Greeting } from './greeting.ts';
import { type Received, Reception } from './reception.ts';
import { Subscriber } from './subscriber.ts';

/** One process with many subscribers, controlled by the benchmark. */

export interface Connect {
  readonly urls: readonly string[];
  readonly subscribers: number;
  readonly teams: number;
  readonly greeting: Greeting;
}

export interface Staleness {
  /** Subscribers with an old version of any record. */
  readonly subscribers: number;
  /** Old versions, over all subscribers. */
  readonly records: number;
}

/** The number of simultaneous connection attempts. */
const connectingMax = 16;

const reception = new Reception();
const subscribers: Subscriber[] = [];

const methods = {
  async connect({ urls, subscribers: wanted, teams, greeting }: Connect): Promise<void> {
    const connectOneByOne = async () => {
      while (subscribers.length < wanted) {
        const subscriber = new Subscriber(urls, subscribers.length, teams, greeting, reception);
        subscribers.push(subscriber);
        await subscriber.ready;
      }
    };
    await Promise.all(Array.from({ length: connectingMax }, connectOneByOne));
  },
  async deliveries(): Promise<number> {
    return reception.deliveries;
  },
  async reset(): Promise<void> {
    reception.reset();
  },
  async read(): Promise<Received> {
    return reception.read();
  },
  /** @param truth by team; a negative version is ignored */
  async countStale(truth: readonly number[]): Promise<Staleness> {
    const stale = subscribers.map(({ versions }) => truth.filter((version, team) => version >= 0 && versions[team] !== version).length);
    return { subscribers: stale.filter((count) => count > 0).length, records: stale.reduce((sum, count) => sum + count, 0) };
  },
  async close(): Promise<void> {
    for (const subscriber of subscribers) subscriber.close();
  },
};

export type SubscriberMethods = typeof methods;

answerCalls(methods);
