import { RawSubscriber } from './raw-subscriber.ts';

/**
 * A process with many subscribers of one organization. Each change of the organization is sent to
 * all of them. They don't share a process with the clients that measure.
 */

export interface CrowdPlan {
  readonly urls: readonly string[];
  readonly tokens: readonly string[];
  readonly slug: string;
  readonly count: number;
}

/** The number of simultaneous connection attempts. */
const connectingMax = 16;

const plan: CrowdPlan = JSON.parse(process.argv[2]!);
let begun = 0;

async function connectOneByOne(): Promise<void> {
  while (begun < plan.count) {
    const number = begun++;
    const { urls, tokens, slug } = plan;
    const subscriber = new RawSubscriber(urls[number % urls.length]!, tokens[number % tokens.length]!, slug);
    await subscriber.ready;
    subscriber.onClose = () => console.log('a subscriber of the crowd was closed');
  }
}

await Promise.all(Array.from({ length: connectingMax }, connectOneByOne));
console.log('subscribed');
