import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { version } from '../version.ts';
import { type CounterName, type Counters, counted } from './counters.ts';
import { processRegistry } from './process-metrics.ts';

/**
 * The metrics that Prometheus reads from one server: counters, timings, and values that are read on
 * request. Each server has its own registry, so that two servers in one process never share a
 * number.
 */

/**
 * The buckets in seconds: from half a millisecond, which a quiet process needs, to 10 s, after
 * which a slow socket is closed.
 */
const buckets = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** One line of Prometheus' format. For a histogram, `name` identifies the part. */
export interface Measured {
  readonly name: string;
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
}

/** One value, or one for each label. */
export type Reading = number | ReadonlyMap<string, number>;

/**
 * The status of a request whose client closed the connection before the response, as in nginx's
 * log.
 */
export const clientClosedStatus = 499;

/**
 * A request with a response. `route` is a template and never an address, so that clients can't add
 * series.
 */
export interface CompletedRequest {
  readonly method: string;
  readonly route: string;
  readonly status: number;
}

export class Metrics {
  readonly registry = new Registry();
  readonly #requests: Histogram;
  readonly #statements: Histogram;
  readonly #databaseErrors: Counter;
  /**
   * For commits of other instances, the time starts with their arrival here and not with the
   * commit, because the clocks of two machines differ.
   */
  readonly #delivery: Histogram;
  readonly #endToClose: Histogram;
  readonly #stale: Histogram;
  readonly #receipts: Counter;
  readonly #scimRequests: Counter;
  readonly #receiptSeconds: Histogram;

  constructor(counters: Counters) {
    for (const name of Object.keys(counted) as CounterName[]) this.#exposeCounter(name, counters);
    this.#delivery = this.#histogram(
      'rollcall_delivery_seconds',
      'Time from the arrival of a revision at this instance (for its own commits, from the commit) until its step was written to the last live subscription',
    );
    this.#endToClose = this.#histogram(
      'rollcall_end_to_close_seconds',
      'Time from when this instance learned that access, a credential or a user ended until it closed the socket',
    );
    this.#stale = this.#histogram(
      'rollcall_copy_stale_seconds',
      'Time for which a replica was older than its lease, as reported by its client',
    );
    this.#scimRequests = new Counter({
      name: 'rollcall_scim_requests_total',
      help: 'Requests of identity providers to SCIM paths, by outcome',
      labelNames: ['outcome'],
      registers: [this.registry],
    });
    this.#receipts = new Counter({
      name: 'rollcall_receipts_total',
      help: 'Writes that waited until all instances applied them, by outcome: complete, partial, or refused because too many were waiting',
      labelNames: ['outcome'],
      registers: [this.registry],
    });
    this.#receiptSeconds = this.#histogram(
      'rollcall_receipt_seconds',
      'From a commit until all instances had confirmed that they applied it, for the writes that waited for that',
    );
    this.#requests = new Histogram({
      name: 'rollcall_http_request_duration_seconds',
      help: `Time from a request's headers to the end of its response, by route template; the route is "unmatched" if no route matched, and the status is ${clientClosedStatus} if the client disconnected`,
      labelNames: ['method', 'route', 'status'],
      buckets,
      registers: [this.registry],
    });
    this.#statements = this.#histogram(
      'rollcall_database_statement_seconds',
      'Time from sending a statement to PostgreSQL until its response',
    );
    this.#databaseErrors = new Counter({
      name: 'rollcall_database_errors_total',
      help: 'Failed statements and connections, by class of the SQLSTATE; the class "connection" means that a connection was lost or could not be opened',
      labelNames: ['class'],
      registers: [this.registry],
    });
    processRegistry();
    new Gauge({
      name: 'rollcall_info',
      help: 'Always 1; the label is the version of this server',
      labelNames: ['version'],
      registers: [this.registry],
    }).set({ version }, 1);
  }

  observeRequest({ method, route, status }: CompletedRequest, seconds: number): void {
    this.#requests.observe({ method, route, status }, seconds);
  }

  observeStatement(seconds: number): void {
    this.#statements.observe(seconds);
  }

  countDatabaseError(errorClass: string): void {
    this.#databaseErrors.inc({ class: errorClass });
  }

  countScimRequest(outcome: 'done' | 'limited' | 'refused' | 'failed'): void {
    this.#scimRequests.inc({ outcome });
  }

  countReceipt(outcome: 'complete' | 'partial' | 'refused'): void {
    this.#receipts.inc({ outcome });
  }

  observeReceipt(seconds: number): void {
    this.#receiptSeconds.observe(seconds);
  }

  /** All metrics of this process, in Prometheus' text format. */
  show(): Promise<string> {
    return Registry.merge([this.registry, processRegistry()]).metrics();
  }

  /** @param seconds the histogram's help text describes it, here and below */
  observeDelivery(seconds: number): void {
    this.#delivery.observe(seconds);
  }

  observeEndToClose(seconds: number): void {
    this.#endToClose.observe(seconds);
  }

  observeStale(seconds: number): void {
    this.#stale.observe(seconds);
  }

  /**
   * Reads the current values of one metric.
   * @throws Error if no metric has that name
   */
  async read(name: string): Promise<readonly Measured[]> {
    const metric = this.registry.getSingleMetric(name);
    if (!metric) throw new Error(`There is no metric ${name}.`);
    const { values } = await metric.get();
    return values.map((one) => ({
      name: (one as { metricName?: string }).metricName ?? name,
      labels: one.labels as Measured['labels'],
      value: one.value,
    }));
  }

  /** Exposes a number that is read on request. */
  expose(name: string, help: string, label: string | null, read: () => Reading): void {
    const gauge: Gauge = new Gauge({
      name,
      help,
      labelNames: label === null ? [] : [label],
      registers: [this.registry],
      collect: () => {
        const reading = read();
        if (typeof reading === 'number') gauge.set(reading);
        else for (const [value, number] of reading) gauge.set({ [label!]: value }, number);
      },
    });
  }

  #exposeCounter(name: CounterName, counters: Counters): void {
    const labelNames = labelsOf[name] ?? ['reason'];
    const counter: Counter = new Counter({
      name: `rollcall_${toSnakeCase(name)}_total`,
      help: counted[name],
      labelNames: [...labelNames],
      registers: [this.registry],
      // Counting stays a plain addition. The sums are copied here when Prometheus requests them.
      collect: () => {
        counter.reset();
        const values = counters.byReason(name);
        if (values.size === 0) counter.inc(0);
        for (const [reason, value] of values) counter.inc(reason === '' ? {} : labelled(labelNames, reason), value);
      },
    });
  }

  #histogram(name: string, help: string): Histogram {
    return new Histogram({ name, help, buckets, registers: [this.registry] });
  }
}

/** Counters with several labels. The words of a reason are their values, in this order. */
const labelsOf: Partial<Record<CounterName, readonly string[]>> = {
  ssoLogins: ['protocol', 'outcome'],
  directoryReads: ['provider', 'outcome'],
  outletDeliveries: ['kind', 'outcome'],
  historyPrunedRows: ['kind'],
};

function labelled(names: readonly string[], reason: string): Record<string, string> {
  const words = names.length === 1 ? [reason] : reason.split(' ');
  return Object.fromEntries(names.map((name, index) => [name, words[index] ?? '']));
}

function toSnakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
