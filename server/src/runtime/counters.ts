/**
 * Counters of the process since its start, with their descriptions for operators. The names are
 * words, so that a log line or a metric is understandable by itself.
 */
export const counted = {
  publishFailures: 'Committed revisions that could not be told to other instances; their sweep finds them',
  noticesDropped: 'Messages on the bus that were garbage, forged, repeated, too old or of an unknown version',
  sharedCountFailures: 'Counts for limits that Redis refused or was late with; this process counted by itself',
  requestsLimited: 'Requests answered 429, by the limit they were over',
  transfersCut: 'Connections closed because of what they hold: unread responses, too many bytes, or nothing for too long, by reason',
  logReads: 'Pages read from the log because notices, or the memory of the process, do not have what is in them',
  headReads: 'Queries for where organizations stand, each for all who asked meanwhile, the sweep included',
  sweeps: 'Looks at where all watched organizations stand, each served by one of the head reads',
  credentialReads: 'Queries for the credentials of handshakes, each for all who came meanwhile',
  nameReads: 'Queries for the organizations that subscribers name, each for all who asked meanwhile',
  snapshotBuilds: 'Copies of an organization encoded, each for one audience',
  gapsFoundBySweep: 'Organizations found further on than their feed by the sweep',
  resyncs: 'Copies given up and sent anew, by reason',
  doubts: 'Subscriptions begun anew because the client found something wrong with its copy, by what it found',
  copiesGoneStale: 'Copies that a client said were older than its lease, once a spell',
  framesSent: 'Frames written to sockets',
  revocations: 'Subscriptions ended because the rights to them ended',
  goodbyes: 'Sockets closed from our side with a reason',
  loginsFailed: 'Passwords and codes of second factors that were wrong, at a login or to confirm one, by which of the two',
  handshakesRefused: 'Handshakes refused, by code',
  pendingSocketsRefused: 'Socket connections refused or closed before they authenticated, by reason',
  feedFailures: 'Subscriptions or audiences that could not be served, with an error in the log',
  mailsSent: 'Mails that the mail server, or the folder for them, took',
  mailAttemptsFailed: 'Attempts to send a mail that failed, by reason; it is tried again',
  mailsGivenUp: 'Mails that will not be tried again, with an error in the log',
} as const;

export type CounterName = keyof typeof counted;

export class Counters {
  /** Values by name, then by reason. The reason is '' if none was given. */
  readonly #values = new Map<CounterName, Map<string, number>>();

  increment(name: CounterName, by = 1, reason = ''): void {
    const values = this.#values.get(name) ?? new Map<string, number>();
    this.#values.set(name, values.set(reason, (values.get(reason) ?? 0) + by));
  }

  /** The sum over all reasons. */
  get(name: CounterName): number {
    return [...this.byReason(name).values()].reduce((sum, value) => sum + value, 0);
  }

  byReason(name: CounterName): ReadonlyMap<string, number> {
    return this.#values.get(name) ?? new Map();
  }
}
