import type { Peaks } from './continuous-checks.ts';
import type { Evictions } from './evictions.ts';
import type { ActionCounts, Fault } from './fault.ts';
import type { IndependentSubscriber } from './independent-subscriber.ts';
import type { Journal } from './journal.ts';
import type { Organization } from './organization.ts';
import type { RestWriter } from './rest-writer.ts';
import { type Invariant, invariants, type Verdicts } from './verdicts.ts';
import type { WriterGroup } from './writer-group.ts';

export interface ReportParts {
  readonly verdicts: Verdicts;
  readonly journal: Journal;
  readonly rest: RestWriter;
  readonly evictions: Evictions;
  readonly peaks: Peaks;
  readonly organizations: readonly Organization[];
  print(line: string): void;
}

/** The output of the run, during it and at its end. */
export class Report {
  readonly #parts: ReportParts;
  readonly #startedAt = performance.now();
  #writes = 0;
  #described = 0;
  #faultAt = 0;

  constructor(about: ReportParts) {
    this.#parts = about;
  }

  begin(subscriber: IndependentSubscriber | string): void {
    const { organizations, print } = this.#parts;
    const replicas = organizations.reduce((sum, org) => sum + org.replicas.length, 0);
    const python = typeof subscriber === 'string' ? `no client in another language (${subscriber})` : 'one client in Python';
    print(`Subscribers: ${replicas} replicas of ${organizations.length} organizations, and ${python}.`);
  }

  beginFault(): void {
    this.#faultAt = performance.now();
    this.#writes = this.#parts.journal.count;
  }

  endFault({ name }: Fault, actions: ActionCounts, convergedMs: number): void {
    const { journal, print, verdicts } = this.#parts;
    const did = Object.entries(actions).map(([action, times]) => `${action} ${times}`);
    const writes = `${journal.count - this.#writes} writes`;
    const took = `${seconds(performance.now() - this.#faultAt)}, converged in ${seconds(convergedMs)}`;
    print(`${clock(performance.now() - this.#startedAt)}  ${name.padEnd(28)}${[...did, writes, took].join(', ')}`);
    for (const violation of verdicts.described.slice(this.#described)) print(`        VIOLATED  ${violation}`);
    this.#described = verdicts.described.length;
    if (name === 'none') this.#printBaseline();
  }

  /** Prints the verdict on the baseline, with the texts of the guarantees. */
  #printBaseline(): void {
    const { verdicts, organizations, print } = this.#parts;
    const replicas = organizations.reduce((sum, org) => sum + org.replicas.length, 0);
    const lost = verdicts.violations('convergence') + verdicts.violations('wait-for');
    const subscriber =
      verdicts.checks('subscriber') === 0 ? '' : verdicts.violations('subscriber') === 0 ? ', and so does the independent client' : '';
    print(
      `        without a fault: ${lost} lost, ${verdicts.violations('contiguous')} out of order, ${verdicts.violations('no-leak')} leaked; ` +
        `${replicas - Math.min(replicas, verdicts.violations('convergence'))} of ${replicas} replicas equal the oracle${subscriber}`,
    );
  }

  end(played: WriterGroup['played']): void {
    const { verdicts, journal, rest, evictions, peaks, organizations, print } = this.#parts;
    print('');
    for (const invariant of Object.keys(invariants) as Invariant[]) {
      const [checks, violations] = [verdicts.checks(invariant), verdicts.violations(invariant)];
      const verdict = violations > 0 ? `VIOLATED ${violations} times` : checks > 0 ? 'holds' : 'not checked';
      print(`${invariant.padEnd(17)}${verdict.padEnd(22)}${String(checks).padStart(9)} checks  ${invariants[invariant]}`);
    }
    const reports = new Map<string, number>();
    for (const { replicas } of organizations) {
      for (const replica of replicas) for (const [kind, times] of replica.reports) reports.set(kind, (reports.get(kind) ?? 0) + times);
    }
    print('');
    print(`${played.merges} of the ${played.of} merges of the history were played`);
    print(`${journal.count} writes acknowledged after ${rest.retries} retries; responses of 500 and above: ${listed(rest.faults)}`);
    print(`access ended after ${percentiles(evictions.tookMs)}; clients healed by themselves: ${listed(reports)}`);
    print(`at most ${megabytes(peaks.unsentBytes)} unsent and ${megabytes(peaks.residentBytes)} resident in one server`);
    print(`${verdicts.isGood ? 'All invariants hold' : 'Invariants were VIOLATED'} after ${seconds(performance.now() - this.#startedAt)}.`);
  }
}

function clock(ms: number): string {
  const total = Math.floor(ms / 1_000);
  return `${String(Math.floor(total / 60)).padStart(2)}:${String(total % 60).padStart(2, '0')}`;
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}

function megabytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MB`;
}

function listed(counts: ReadonlyMap<string | number, number>): string {
  return [...counts].map(([name, count]) => `${name} ${count} times`).join(', ') || 'none';
}

function percentiles(values: readonly number[]): string {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number) => Math.round(sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0);
  return `p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, at most ${at(1)} ms (${sorted.length} times)`;
}
