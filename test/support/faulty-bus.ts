import type { Bus } from '../../server/src/bus/bus.ts';
import { type SeededRandom, seededRandom } from './seeds.ts';

const delayMsMax = 60;

export type Fault = 'drop' | 'duplicate' | 'delay';

/**
 * Determines the fate of each notice on its way to a listener: among five, one arrives at once, one
 * is dropped, one arrives twice, and two arrive late, after later ones.
 */
export class BusFaults {
  random: SeededRandom = seededRandom(1);
  readonly counts: Record<Fault, number> = { drop: 0, duplicate: 0, delay: 0 };

  /**
   * Wraps a whole bus, for `wrapBus`. Notices of the own process are affected too: the read path
   * must not depend on any of them.
   */
  wrap(inner: Bus): Bus {
    return {
      get status() {
        return inner.status;
      },
      publish: (notice) => inner.publish(notice),
      subscribe: (orgId, listener) => inner.subscribe(orgId, (notice) => this.#deliver(notice, listener)),
      broadcast: (topic, message) => inner.broadcast(topic, message),
      onBroadcast: (topic, listener) => inner.onBroadcast(topic, (message) => this.#deliver(message, listener)),
      onGap: (listener) => inner.onGap(listener),
      close: () => inner.close(),
    };
  }

  #deliver<Message>(notice: Message, listener: (notice: Message) => void): void {
    const late = () => setTimeout(() => listener(notice), this.random.int(delayMsMax)).unref();
    const fault = this.random.pick<Fault | null>([null, 'drop', 'duplicate', 'delay', 'delay']);
    if (fault) this.counts[fault]++;
    if (fault === 'drop') return;
    if (fault === 'delay') return void late();
    listener(notice);
    if (fault === 'duplicate') late();
  }
}
