import { forkProgram } from '../contestants/process.ts';
import { Calls } from '../subscribers/calls.ts';
import type { Commit, LoadReceived } from './load-reception.ts';
import type { ConnectRequest, LoadSubscriberMethods, SubscriberCounts } from './subscribers-process.ts';

/** All raw subscribers, spread over a few processes. */

const processesCount = 2;

export class LoadSubscribers {
  readonly #processes = Array.from({ length: processesCount }, () => forkProgram('load/subscribers-process.ts'));
  readonly #calls = this.#processes.map(({ child }) => new Calls<LoadSubscriberMethods>(child));

  /** Connects subscribers until there are `request.subscribers`, and waits for all replicas. */
  async connect(request: ConnectRequest): Promise<void> {
    const share = Math.ceil(request.subscribers / processesCount);
    await Promise.all(
      this.#calls.map((calls, index) => {
        const subscribers = Math.max(0, Math.min(share, request.subscribers - index * share));
        return calls.call('connect', { ...request, subscribers, seed: request.seed + index });
      }),
    );
  }

  /** The events since the last call, by process. */
  take(commits: readonly Commit[]): Promise<readonly LoadReceived[]> {
    return Promise.all(this.#calls.map((calls) => calls.call('take', commits)));
  }

  async countSubscribers(wanted: { readonly record: number; readonly version: number }): Promise<SubscriberCounts> {
    const counts = await Promise.all(this.#calls.map((calls) => calls.call('countSubscribers', wanted)));
    return { live: sum(counts.map(({ live }) => live)), current: sum(counts.map(({ current }) => current)) };
  }

  /** @param truth the version of each record */
  async countStale(truth: readonly number[]): Promise<number> {
    return sum(await Promise.all(this.#calls.map((calls) => calls.call('countStale', truth))));
  }

  async close(): Promise<void> {
    await Promise.all(this.#calls.map((calls) => calls.call('close')));
    await Promise.all(this.#processes.map((process) => process.kill('SIGTERM')));
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
