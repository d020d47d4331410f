/** What the process has counted since its start. Names are words, so that a log line or a metric reads by itself. */
export type CounterName =
  | 'publishFailures'
  | 'noticesDropped'
  | 'logReads'
  | 'snapshotBuilds'
  | 'gapsFoundBySweep'
  | 'resyncs'
  | 'framesSent'
  | 'revocations'
  | 'feedFailures';

export class Counters {
  readonly #values = new Map<CounterName, number>();

  increment(name: CounterName, by = 1): void {
    this.#values.set(name, this.get(name) + by);
  }

  get(name: CounterName): number {
    return this.#values.get(name) ?? 0;
  }
}
