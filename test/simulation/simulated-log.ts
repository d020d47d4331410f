import { type LogChange, type LogEntry, OrgState, projectRecord } from '@rollcall/protocol';
import type { Head } from '../../server/src/database/records/read-log.ts';
import { emptyChain, nextChain } from '../../server/src/domain/chain.ts';
import { type AccessDecision, evaluateAccess, type Viewer } from '../../server/src/domain/evaluate-access.ts';
import type { Cursor } from '../../server/src/read-path/feed/cursor.ts';
import type { SeededRandom } from '../support/seeds.ts';
import { isBarred } from './login-checks.ts';
import { orgId } from './people.ts';
import { type Rows, rowsAfter } from './rows.ts';
import type { Place } from './scheduler.ts';
import { SimulatedTransactions, type Transaction } from './simulated-transactions.ts';

/** A viewer's records at a version, by `kind/id`. Null without access. */
export type Projection = { readonly audienceKey: string; readonly records: ReadonlyMap<string, object> } | null;

/** The records of the database, and its other rows. */
export type Contents = Pick<Version, 'state' | 'rows'>;

/** One committed state. It stays known after the database has lost it. */
export class Version {
  readonly head: Head;
  readonly state: OrgState;
  rows: Rows;
  readonly entry: LogEntry | null;
  readonly parent: Version | null;
  readonly committedAt: number;
  readonly transaction: Transaction;
  /** When the database lost it. */
  lostAt: number | null = null;
  readonly #projections = new Map<string, Projection>();
  readonly #access = new Map<Viewer, AccessDecision>();

  constructor(
    head: Head,
    { state, rows }: Contents,
    entry: LogEntry | null,
    parent: Version | null,
    committedAt: number,
    transaction: Transaction,
  ) {
    this.head = head;
    this.state = state;
    this.rows = rows;
    this.entry = entry;
    this.parent = parent;
    this.committedAt = committedAt;
    this.transaction = transaction;
  }

  get revision(): number {
    return this.head.revision;
  }

  accessOf(viewer: Viewer): AccessDecision {
    const known = this.#access.get(viewer);
    if (known) return known;
    const access = evaluateAccess(this.state, viewer, 0);
    this.#access.set(viewer, access);
    return access;
  }

  /** The records of a snapshot for the viewer at this version. This is the oracle. */
  projectionFor(viewer: Viewer): Projection {
    const access = this.accessOf(viewer);
    if ('revoked' in access || isBarred(this, viewer)) return null;
    const { audience } = access;
    const known = this.#projections.get(audience.key);
    if (known) return known;
    const records = new Map<string, object>();
    for (const { kind, record } of this.state.all()) {
      const seen = projectRecord(audience, kind, record);
      if (seen) records.set(`${kind}/${record.id}`, seen);
    }
    const projection = { audienceKey: audience.key, records };
    this.#projections.set(audience.key, projection);
    return projection;
  }

  /** Whether `other` is this version or an earlier one of the same history. */
  continues(other: Version): boolean {
    for (let version: Version | null = this; version && version.revision >= other.revision; version = version.parent) {
      if (version === other) return true;
    }
    return false;
  }
}

const epochOf = (life: number) => `00000000-0000-4000-8000-${String(life).padStart(12, '0')}`;
/** The chain identifies the state. The epoch only means that replicas should be fetched again. */
const keyOf = (revision: number, chain: string) => `${revision}:${chain}`;

/** The database's log of one organization, with everything that it ever contained. */
export class SimulatedLog {
  readonly transactions: SimulatedTransactions;
  readonly #versions = new Map<string, Version>();
  /** The current contents of the database, by revision. */
  #line: Version[] = [];
  #life = 1;
  /** The last revision whose rows were deleted. */
  #deletedThrough = 0;
  /** The floor after each commit or loss, in the order of their times. */
  readonly #floors: { readonly at: number; readonly floor: number }[] = [];
  #isDown = false;
  #upSince = 0;
  /** Processes that read from a standby, which is up to date. */
  readonly standbyReaders = new Set<Place>();
  /** Processes that are disconnected from it, or the time of their reconnection. */
  readonly #cutOff = new Map<Place, number | null>();
  #faultOfReport = () => {};

  constructor(first: Contents, random: SeededRandom) {
    this.transactions = new SimulatedTransactions(random);
    const head = { orgId, epoch: epochOf(1), revision: 0, floorRevision: 0, chain: emptyChain };
    const transaction = this.transactions.begin();
    this.transactions.end(transaction);
    this.#add(new Version(head, first, null, null, 0, transaction));
  }

  get head(): Version {
    return this.#line.at(-1)!;
  }

  get headNow(): Head {
    return { ...this.head.head, floorRevision: this.floor };
  }

  /** The committed floor. */
  get floor(): number {
    return this.head.state.retention?.prunedThrough ?? 0;
  }

  /** The lowest floor from a time on. A failover may lose the commit that raised it. */
  lowestFloorSince(time: number): number {
    const before = this.#floors.findLast(({ at }) => at < time);
    const since = this.#floors.filter(({ at }) => at >= time).map(({ floor }) => floor);
    return Math.min(before?.floor ?? 0, ...since);
  }

  get isDown(): boolean {
    return this.#isDown;
  }

  goDown(): void {
    this.#isDown = true;
  }

  comeUp(now: number): void {
    this.#isDown = false;
    this.#upSince = now;
  }

  cutOff(place: Place): void {
    this.#cutOff.set(place, null);
  }

  rejoin(place: Place, now: number): void {
    if (this.#cutOff.get(place) === null) this.#cutOff.set(place, now);
  }

  /** The time since which a process reaches the database. Null while it doesn't. */
  reachedSince(place: Place): number | null {
    const since = this.#cutOff.has(place) ? this.#cutOff.get(place)! : 0;
    return this.#isDown || since === null ? null : Math.max(since, this.#upSince);
  }

  /** Lets a fault happen right after a sweep has read the next change. */
  onceReported(fault: () => void): void {
    this.#faultOfReport = fault;
  }

  reported(): void {
    const fault = this.#faultOfReport;
    this.#faultOfReport = () => {};
    fault();
  }

  find({ revision, chain }: Cursor): Version | null {
    return this.#versions.get(keyOf(revision, chain)) ?? null;
  }

  /**
   * The versions after the given one that the database still has, in order. Null if it no longer
   * has the given one.
   */
  after(version: Version): readonly Version[] | null {
    return this.#line[version.revision] === version ? this.#line.slice(version.revision + 1) : null;
  }

  /**
   * Commits a command and ends its transaction.
   * @param adjust returns the rows after the command, given those that follow from its changes
   */
  commit(command: string, changes: readonly LogChange[], adjust: (rows: Rows) => Rows, now: number, transaction: Transaction): Version {
    const { head, state, rows } = this.head;
    const revision = head.revision + 1;
    const entry: LogEntry = { orgId, revision, command, actor: 'operator', requestId: null, changes };
    const next = OrgState.from(state.all());
    for (const { kind, id, after } of changes) {
      if (after) next.put(kind, after);
      else next.remove(kind, id);
    }
    const chain = nextChain(head.chain, entry);
    this.transactions.end(transaction);
    const contents = { state: next, rows: adjust(rowsAfter(rows, changes)) };
    return this.#add(new Version({ ...head, revision, chain }, contents, entry, this.head, now, transaction));
  }

  /** Saves rows without a revision. */
  saveRows(adjust: (rows: Rows) => Rows): void {
    this.head.rows = adjust(this.head.rows);
  }

  /**
   * A failover to a standby that had not received the last commits. Other commits must follow at
   * once.
   * @param isSetBack whether the same server lost them, and its ids too
   */
  loseLast(count: number, now: number, isSetBack = false): void {
    for (const lost of this.#line.splice(Math.max(1, this.#line.length - count))) lost.lostAt = now;
    if (isSetBack) this.transactions.setBack();
    else
      this.transactions.moveToOther(
        this.#line.map(({ transaction }) => transaction).reduce((one, other) => (one.xid > other.xid ? one : other)),
      );
    // Rows are deleted after the commit of the floor, so what loses the commit loses the deletions.
    this.#deletedThrough = Math.min(this.#deletedThrough, this.floor);
    this.#floors.push({ at: now, floor: this.floor });
  }

  /** Like `loseLast`, but declared by an operator: the log starts a new epoch. */
  restore(count: number, now: number): void {
    this.loseLast(count, now);
    const last = this.#line.pop()!;
    last.lostAt = now;
    this.#life++;
    this.#add(new Version({ ...last.head, epoch: epochOf(this.#life) }, last, last.entry, last, now, last.transaction));
  }

  /** Deletes a batch of rows up to the committed floor. Returns whether rows are left. */
  deleteRows(count: number): boolean {
    this.#deletedThrough = Math.min(this.floor, this.#deletedThrough + count);
    return this.#deletedThrough < this.floor;
  }

  entries(from: number, to: number): LogEntry[] {
    return this.#line.flatMap(({ revision, entry }) =>
      entry && revision > Math.max(from, this.#deletedThrough) && revision <= to ? [entry] : [],
    );
  }

  #add(version: Version): Version {
    const { revision, chain } = version.head;
    this.#versions.set(keyOf(revision, chain), version);
    this.#line.push(version);
    this.#floors.push({ at: version.committedAt, floor: this.floor });
    return version;
  }
}
