import { seededRandom } from '../../../test/support/seeds.ts';
import { answerCalls } from '../subscribers/calls.ts';
import { type Commit, type LoadReceived, LoadReception } from './load-reception.ts';
import { LoadSubscriber } from './load-subscriber.ts';

/** One process with its share of the raw subscribers. */

export interface ConnectRequest {
  readonly urls: readonly string[];
  /** The users' tokens. Each subscriber takes the next one. */
  readonly tokens: readonly string[];
  readonly org: string;
  readonly collections: readonly string[] | null;
  readonly subscribers: number;
  readonly records: number;
  readonly seed: number;
}

export interface SubscriberCounts {
  readonly live: number;
  /** Live, with this version of this record or a later one. */
  readonly current: number;
}

/** The number of simultaneous connection attempts. */
const connectingMax = 16;

const reception = new LoadReception();
const subscribers: LoadSubscriber[] = [];

const methods = {
  async connect({ subscribers: wanted, tokens, seed, ...shared }: ConnectRequest): Promise<void> {
    const random = seededRandom(seed).float;
    const connectOneByOne = async () => {
      while (subscribers.length < wanted) {
        const first = subscribers.length;
        const token = tokens[first % tokens.length]!;
        const subscriber = new LoadSubscriber({ ...shared, token, first, reception, random });
        subscribers.push(subscriber);
        await subscriber.ready;
      }
    };
    await Promise.all(Array.from({ length: connectingMax }, connectOneByOne));
  },
  async take(commits: readonly Commit[]): Promise<LoadReceived> {
    reception.learn(commits);
    return reception.take();
  },
  async countSubscribers({ record, version }: { readonly record: number; readonly version: number }): Promise<SubscriberCounts> {
    const live = subscribers.filter(({ isLive }) => isLive);
    return { live: live.length, current: live.filter(({ versions }) => versions[record]! >= version).length };
  },
  /** The number of subscribers with a version of any record that differs from the truth. */
  async countStale(truth: readonly number[]): Promise<number> {
    return subscribers.filter(({ versions }) => truth.some((version, record) => versions[record] !== version)).length;
  },
  async close(): Promise<void> {
    for (const subscriber of subscribers) subscriber.close();
  },
};

export type LoadSubscriberMethods = typeof methods;

answerCalls(methods);
