import type { Marker } from '../marker.ts';
import { Latencies, type SparseLatencies } from './latencies.ts';

/** The deliveries to the subscribers of one or all processes since the last reset. */
export interface Received {
  /** One change that reached one subscriber. */
  readonly deliveries: number;
  /** Messages with these changes. A message may contain several. */
  readonly messages: number;
  readonly bytes: number;
  readonly reconnects: number;
  readonly lastUs: number;
  readonly latencies: SparseLatencies;
}

export class Reception {
  readonly #latencies = new Latencies();
  #deliveries = 0;
  #messages = 0;
  #bytes = 0;
  #reconnects = 0;
  #lastUs = 0;

  get deliveries(): number {
    return this.#deliveries;
  }

  countMessage(bytes: number, markers: readonly Marker[], receivedUs: number): void {
    this.#messages++;
    this.#bytes += bytes;
    this.#deliveries += markers.length;
    this.#lastUs = receivedUs;
    for (const { sentUs } of markers) this.#latencies.record(receivedUs - sentUs);
  }

  countReconnect(): void {
    this.#reconnects++;
  }

  reset(): void {
    this.#latencies.clear();
    this.#deliveries = this.#messages = this.#bytes = this.#reconnects = this.#lastUs = 0;
  }

  read(): Received {
    return {
      deliveries: this.#deliveries,
      messages: this.#messages,
      bytes: this.#bytes,
      reconnects: this.#reconnects,
      lastUs: this.#lastUs,
      latencies: this.#latencies.sparse(),
    };
  }
}
