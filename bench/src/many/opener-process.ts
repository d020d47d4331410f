import { answerCalls } from '../subscribers/calls.ts';
import type { Greeting } from '../subscribers/greeting.ts';
import { Reception } from '../subscribers/reception.ts';
import { Subscriber } from '../subscribers/subscriber.ts';

/** One process with all connections of an opening, controlled by the benchmark. */

/** A connection to open. */
export interface Opening {
  readonly url: string;
  readonly greeting: Greeting;
}

interface Openings {
  readonly openings: readonly Opening[];
  /** The number that open at the same time. */
  readonly openingMax: number;
}

interface OpeningTimings {
  /** Milliseconds of each opening, sorted. */
  readonly timings: readonly number[];
  readonly seconds: number;
}

const pingStepMs = 50;

const reception = new Reception();
let subscribers: Subscriber[] = [];
let pinging: NodeJS.Timeout | undefined;

const methods = {
  /** Opens connections. Each time includes the connection and the whole snapshot. */
  async open({ openings, openingMax }: Openings): Promise<OpeningTimings> {
    const waiting = [...openings];
    const timings: number[] = [];
    const openNext = async () => {
      for (let next = waiting.pop(); next; next = waiting.pop()) {
        const beganAt = performance.now();
        const subscriber = new Subscriber([next.url], 0, 0, next.greeting, reception);
        subscribers.push(subscriber);
        await subscriber.ready;
        timings.push(performance.now() - beganAt);
      }
    };
    const beganAt = performance.now();
    await Promise.all(Array.from({ length: openingMax }, openNext));
    const seconds = (performance.now() - beganAt) / 1_000;
    const { reconnects } = reception.read();
    if (reconnects > 0) throw new Error(`${reconnects} connections were lost while others were opened`);
    return { timings: timings.sort((a, b) => a - b), seconds };
  },
  /** Every connection pings once per interval, spread over it. */
  async startPings(intervalMs: number): Promise<void> {
    const steps = intervalMs / pingStepMs;
    let step = 0;
    pinging = setInterval(() => {
      for (let index = step % steps; index < subscribers.length; index += steps) subscribers[index]!.ping();
      step++;
    }, pingStepMs);
  },
  async stopPings(): Promise<void> {
    clearInterval(pinging);
  },
  async close(): Promise<void> {
    for (const subscriber of subscribers) subscriber.close();
    subscribers = [];
    reception.reset();
  },
};

export type OpenerMethods = typeof methods;

answerCalls(methods);
