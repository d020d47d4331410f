import type { Marker } from '../marker.ts';
import { Latencies, type SparseLatencies } from '../subscribers/latencies.ts';

/** The events of the raw subscribers of one or all processes since the last call of `take`. */
export interface LoadReceived {
  /** One change that reached one subscriber. */
  readonly deliveries: number;
  readonly messages: number;
  readonly bytes: number;
  /** Latencies since the time just before the request was sent. */
  readonly sinceSent: SparseLatencies;
  /** Latencies since the change's log entry. */
  readonly sinceCommit: SparseLatencies;
  /** Times from the loss of a connection until the replica was complete and current again. */
  readonly outages: SparseLatencies;
  readonly counts: Readonly<Record<LoadCount, number>>;
}

export const loadCounts = {
  losses: 'connections lost',
  resumes: 'replicas resumed from their cursor',
  snapshots: 'snapshots sent to subscribers that already had a replica',
  resyncs: 'replicas dropped by the server',
  gaps: 'steps after a gap',
  deniedOrRevoked: 'ends of access for users who have it',
  refusals: 'handshakes refused with a delay',
} as const;
export type LoadCount = keyof typeof loadCounts;

/** The commit time of a version, by the clock of `nowUs`. */
export type Commit = readonly [version: number, committedUs: number];

/**
 * A commit is read from the log some time after its delivery. Until then its deliveries wait here.
 */
export class LoadReception {
  readonly #sinceSent = new Latencies();
  readonly #sinceCommit = new Latencies();
  readonly #outages = new Latencies();
  readonly #committedUs = new Map<number, number>();
  readonly #waiting = new Map<number, number[]>();
  #counts = new Map<LoadCount, number>();
  #deliveries = 0;
  #messages = 0;
  #bytes = 0;

  countMessage(bytes: number, markers: readonly Marker[], receivedUs: number): void {
    this.#messages++;
    this.#bytes += bytes;
    this.#deliveries += markers.length;
    for (const { version, sentUs } of markers) {
      this.#sinceSent.record(receivedUs - sentUs);
      const committedUs = this.#committedUs.get(version);
      if (committedUs !== undefined) {
        this.#sinceCommit.record(receivedUs - committedUs);
        continue;
      }
      const waiting = this.#waiting.get(version);
      if (waiting) waiting.push(receivedUs);
      else this.#waiting.set(version, [receivedUs]);
    }
  }

  count(what: LoadCount): void {
    this.#counts.set(what, (this.#counts.get(what) ?? 0) + 1);
  }

  countOutage(us: number): void {
    this.#outages.record(us);
  }

  learn(commits: readonly Commit[]): void {
    for (const [version, committedUs] of commits) {
      this.#committedUs.set(version, committedUs);
      for (const receivedUs of this.#waiting.get(version) ?? []) this.#sinceCommit.record(receivedUs - committedUs);
      this.#waiting.delete(version);
    }
  }

  /** The deliveries since the last call. */
  take(): LoadReceived {
    const received = {
      deliveries: this.#deliveries,
      messages: this.#messages,
      bytes: this.#bytes,
      sinceSent: this.#sinceSent.sparse(),
      sinceCommit: this.#sinceCommit.sparse(),
      outages: this.#outages.sparse(),
      counts: Object.fromEntries(Object.keys(loadCounts).map((what) => [what, this.#counts.get(what as LoadCount) ?? 0])),
    };
    for (const latencies of [this.#sinceSent, this.#sinceCommit, this.#outages]) latencies.clear();
    this.#counts = new Map();
    this.#deliveries = this.#messages = this.#bytes = 0;
    return received as LoadReceived;
  }
}
