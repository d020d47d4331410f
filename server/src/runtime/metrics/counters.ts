/**
 * Counters of the process since its start, with their descriptions for operators. The names are
 * words, so that a log line or a metric is understandable by itself.
 */
export const counted = {
  publishFailures: 'Messages that could not be published to other instances; they find committed revisions in their next sweep',
  noticesDropped: 'Bus messages dropped because they were malformed, forged, repeated, too old or of an unknown version',
  sharedCountFailures: 'Counts for limits that Redis rejected or did not return in time; the instance used its own count',
  requestsLimited: 'Requests refused by a limit of requests, waiting reads, waiting writes or stored bytes; the reason is the limit',
  transfersCut: 'Connections closed because of unread responses, too many buffered bytes or inactivity, by reason',
  logReads: 'Pages of the change log read because their entries were neither in a notice nor in memory',
  headReads: 'Queries for the latest revisions of organizations; concurrent callers share a query. Queries of sweeps are not counted',
  sweeps: 'Sweeps for changes whose notices were lost; each uses one query, or two after a failover',
  feedReads: 'Transactions that read organizations whose feeds open; feeds that open at about the same time share one',
  feedsLetGo: 'Organizations without subscriptions that are no longer watched, by reason: time, or memory if idle ones took too much',
  credentialReads: 'Queries for the credentials of handshakes; concurrent handshakes share a query',
  nameReads: 'Queries for the organizations that subscriptions name; concurrent subscriptions share a query',
  snapshotBuilds: 'Snapshots encoded, each for one audience of one organization',
  gapsFoundBySweep: 'Changes that the sweep found before a notice arrived; with Redis, a notice has 25 ms more to arrive',
  resyncs: 'Snapshots sent to replace a replica, by reason',
  resubscribes: 'Subscriptions renewed because the client found a problem with its replica, by reason',
  copiesGoneStale: 'Times that a replica became older than its lease, as reported by clients',
  framesSent: 'Frames written to sockets',
  addressRefusals:
    'Requests and subscriptions refused because the organization does not allow the address, by reason: request or subscribe',
  revocations: 'Subscriptions ended because access to the organization ended',
  goodbyes: 'Sockets closed by the server, by reason',
  ssoLogins: 'Logins by single sign-on, by protocol and outcome',
  ssoEnds: 'Logouts from one organization, which ended the single sign-on of a session for it',
  loginsFailed: 'Wrong passwords, second-factor codes and passkeys, by reason: password, second-factor or passkey',
  breachLookups: 'New passwords compared with those of known breaches, by outcome: found, not-found or unavailable',
  handshakesRefused: 'Socket handshakes and renewals of credentials refused, by error code',
  pendingSocketsRefused: 'Socket connections refused or closed before they authenticated, by reason',
  feedFailures: 'Subscriptions or audiences that could not be served; the log has an error for each',
  domainLookups: 'DNS look-ups of the TXT records of domains, by reason: found, missing or unavailable',
  outboundRefused: 'Calls to servers chosen by organizations that were refused, by reason',
  directoryReads: 'Readings of people and teams at a provider, by provider and outcome',
  outletDeliveries: 'Attempts to deliver events to webhooks and integrations, by kind and outcome',
  historyPrunedRows: 'Rows of old data that were deleted or changed, by kind',
  outletsDisabled: 'Webhooks and integrations that the server disabled, by reason',
  jobStepsFailed: 'Failed steps of jobs, by kind; each is tried again after a pause',
  securityEventsDropped:
    'Security events that are only in the log, by reason: full (too many waited), stopped (the process stopped first) or invalid',
  mailsSent: 'Mails accepted by the mail server, or written to MAIL_DIR',
  mailAttemptsFailed: 'Failed attempts to send a mail, by reason',
  mailsGivenUp: 'Mails that will not be tried again; the log has an error for each',
} as const;

export type CounterName = keyof typeof counted;

export class Counters {
  /** Values by name, then by reason. The reason is '' if none was given. */
  readonly #values = new Map<CounterName, Map<string, number>>();

  /**
   * Makes the counts of these reasons 0 instead of absent. Prometheus doesn't see the increment
   * with which a series begins, so an alert on it would miss the first event.
   */
  startAtZero(name: CounterName, reasons: readonly string[]): void {
    for (const reason of reasons) this.increment(name, 0, reason);
  }

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
