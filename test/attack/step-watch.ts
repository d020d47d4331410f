import { RawSubscriber } from './raw-subscriber.ts';

interface Waiting {
  readonly revision: number;
  readonly resolve: (at: number) => void;
}

/** A subscriber that notes when the steps of an organization arrive. */
export class StepWatch {
  readonly #subscriber: RawSubscriber;
  /** In ascending order. */
  #arrivals: { readonly revision: number; readonly at: number }[] = [];
  #waiting: Waiting[] = [];

  private constructor(subscriber: RawSubscriber) {
    this.#subscriber = subscriber;
    subscriber.onMessage = (text) => {
      if (!text.startsWith('42["step"')) return;
      const at = performance.now();
      const [, { to, more }] = JSON.parse(text.slice(2)) as ['step', { to: number; more?: boolean }];
      if (!more) this.#arrived(to, at);
    };
  }

  static async open(url: string, token: string, slug: string): Promise<StepWatch> {
    const subscriber = new RawSubscriber(url, token, slug);
    const watch = new StepWatch(subscriber);
    await subscriber.ready;
    return watch;
  }

  /**
   * When the step to this revision arrived or will arrive, by the clock of `performance`. Null if
   * it doesn't arrive within `ms`.
   */
  timeOf(revision: number, ms: number): Promise<number | null> {
    const arrived = this.#arrivals.find((one) => one.revision >= revision);
    if (arrived) return Promise.resolve(arrived.at);
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(null), ms);
      const settle = (at: number) => {
        clearTimeout(timer);
        resolve(at);
      };
      this.#waiting.push({ revision, resolve: settle });
    });
  }

  close(): void {
    this.#subscriber.close();
  }

  #arrived(revision: number, at: number): void {
    this.#arrivals = [...this.#arrivals.slice(-100), { revision, at }];
    const waiting = this.#waiting;
    this.#waiting = waiting.filter((one) => one.revision > revision);
    for (const one of waiting) if (one.revision <= revision) one.resolve(at);
  }
}
