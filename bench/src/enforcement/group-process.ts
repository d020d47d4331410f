import { type Commit, type LoadReceived, LoadReception } from '../load/load-reception.ts';
import { LoadSubscriber } from '../load/load-subscriber.ts';
import { recordCount } from '../load/marked-records.ts';
import { answerCalls } from '../subscribers/calls.ts';

/** One process with the subscribers of one group of members, spread over the instances. */

export interface ConnectGroup {
  readonly urls: readonly string[];
  /** One subscriber each. */
  readonly tokens: readonly string[];
  readonly org: string;
}

export interface EndOfSubscriber {
  /** Null while the socket is open. */
  readonly closedUs: number | null;
  readonly revokedAt: number | null;
  /** Frames after the revision that ended the access. */
  readonly leaked: number;
}

/** The number of simultaneous connection attempts. */
const connectingMax = 16;

const reception = new LoadReception();
const closedUs = new Map<LoadSubscriber, number>();
let subscribers: LoadSubscriber[] = [];

const methods = {
  /** Replaces the subscribers, and waits until all replicas are complete. */
  async connect({ tokens, urls, org }: ConnectGroup): Promise<void> {
    for (const subscriber of subscribers) subscriber.close();
    subscribers = [];
    const connectOneByOne = async () => {
      while (subscribers.length < tokens.length) {
        const first = subscribers.length;
        const settings = { urls, org, collections: null, records: recordCount, reception, random: Math.random };
        const subscriber = new LoadSubscriber({ ...settings, token: tokens[first]!, first });
        subscriber.onEnded = (us) => closedUs.set(subscriber, us);
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
  /** The number of replicas that are live and have received this revision. */
  async countAt(revision: number): Promise<number> {
    return subscribers.filter(({ isLive, own }) => isLive && own >= revision).length;
  },
  async ends(): Promise<EndOfSubscriber[]> {
    return subscribers.map((subscriber) => {
      const { revokedAt, leaked } = subscriber;
      return { closedUs: closedUs.get(subscriber) ?? null, revokedAt, leaked };
    });
  },
};

export type GroupMethods = typeof methods;

answerCalls(methods);
