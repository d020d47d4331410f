import { connect, type OrganizationHandle, type Report, type RollcallClient } from '../../client-sdk/src/index.ts';
import { type Collection, expandScopes, type OrgRecord, type Scope } from '../../protocol/src/index.ts';
import type { Viewer } from '../../server/src/domain/evaluate-access.ts';
import type { Person } from '../support/provision.ts';
import { aViewer } from '../support/viewers.ts';
import { TcpLink } from './links/tcp-link.ts';
import type { Verdicts } from './verdicts.ts';
import { WireInspector } from './wire-inspector.ts';

/** A state that was shown to the application. */
export interface ShownState {
  readonly revision: number;
  readonly count: number;
  readonly sum: number;
  /** On the clock of `performance.now()`. */
  readonly at: number;
}

export interface ReplicaOptions {
  readonly name: string;
  readonly orgId: string;
  readonly person: Person;
  readonly tokenScopes: readonly Scope[];
  readonly collections: readonly Collection[] | null;
  readonly leaseMs: number;
  /** The port of the instance for a new connection. */
  target(): number;
  chance(): number;
}

/** A client of the SDK on a separate connection, with everything that it showed. */
export class WatchedReplica {
  readonly name: string;
  readonly orgId: string;
  readonly person: Person;
  readonly leaseMs: number;
  readonly viewer: Viewer;
  readonly link: TcpLink;
  readonly inspector: WireInspector;
  readonly #options: ReplicaOptions;
  readonly #verdicts: Verdicts;
  #client!: RollcallClient;
  #handle!: OrganizationHandle;
  #shownStates: ShownState[] = [];
  /** The problems from which it recovered, by kind. */
  readonly reports = new Map<string, number>();
  #lostBefore = 0;

  private constructor(options: ReplicaOptions, link: TcpLink, inspector: WireInspector, verdicts: Verdicts) {
    this.name = options.name;
    this.orgId = options.orgId;
    this.person = options.person;
    this.leaseMs = options.leaseMs;
    const { userId } = options.person;
    this.viewer = aViewer({ userId, tokenScopes: expandScopes(options.tokenScopes), collections: options.collections });
    this.link = link;
    this.inspector = inspector;
    this.#options = options;
    this.#verdicts = verdicts;
    this.restart();
  }

  static async open(options: ReplicaOptions, verdicts: Verdicts): Promise<WatchedReplica> {
    const inspector = new WireInspector(options.name, verdicts, options.chance);
    const link = await TcpLink.open({ target: options.target, inspect: () => inspector.inspect() });
    return new WatchedReplica(options, link, inspector, verdicts);
  }

  /** The state of its connection, for people. */
  get connection(): string {
    const { status, nextTryInMs } = this.#client;
    return nextTryInMs === null ? status.phase : `${status.phase} in ${Math.round(nextTryInMs)} ms (${status.reason})`;
  }

  get handle(): OrganizationHandle {
    return this.#handle;
  }

  get hasEnded(): boolean {
    return ['revoked', 'denied', 'closed'].includes(this.#handle.status.phase);
  }

  /** Starts again without a cursor, like a page that is reloaded. */
  restart(): void {
    this.#client?.close();
    const { link, person, leaseMs } = this;
    const onError = (error: unknown) => this.#verdicts.violated('consistent', `${this.name} threw ${String(error)}`);
    this.#client = connect({ url: `http://127.0.0.1:${link.port}`, token: person.token, leaseMs, onError });
    this.#client.on('report', (report) => this.#onReport(report));
    this.subscribe();
  }

  /** Subscribes again after its access ended. */
  subscribe(): void {
    const { collections } = this.#options;
    this.#handle = this.#client.organization(this.orgId, collections ? { collections } : {});
    this.#handle.subscribe(() => this.#inspect());
  }

  takeShownStates(): ShownState[] {
    this.#lostBefore = this.inspector.lost;
    return this.#shownStates.splice(0);
  }

  records(): Map<string, OrgRecord> {
    return new Map([...this.#handle.subscription.records.all()].map(({ kind, record }) => [`${kind}/${record.id}`, record]));
  }

  async close(): Promise<void> {
    this.#client.close();
    await this.link.close();
  }

  #inspect(): void {
    const { revision } = this.#handle.status;
    if (revision === null) return;
    const { count, sum } = this.#handle.subscription.checksum;
    const last = this.#shownStates.at(-1);
    if (last?.revision === revision && last.sum === sum && last.count === count) return;
    this.#shownStates.push({ revision, count, sum, at: performance.now() });
  }

  /**
   * A client detects an error only if its connection lost something. Nothing else may corrupt a
   * replica.
   */
  #onReport({ kind, detail }: Report): void {
    this.reports.set(kind, (this.reports.get(kind) ?? 0) + 1);
    if (kind === 'resync' || kind === 'no-answer' || this.inspector.lost > this.#lostBefore) return;
    this.#verdicts.violated(kind === 'gap' ? 'contiguous' : 'consistent', `${this.name} reports ${kind}: ${detail}`);
  }
}
