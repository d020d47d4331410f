import type { SeededRandom } from '../support/seeds.ts';

export interface Transaction {
  readonly xid: number;
}

/**
 * The transactions of the database server. An id is given when a transaction begins, so
 * transactions commit in another order.
 */
export class SimulatedTransactions {
  readonly #random: SeededRandom;
  readonly #open = new Set<Transaction>();
  /** The next id. It begins high, so that a fault can set it back. */
  #next = 10_000;
  #starts = 1;

  constructor(random: SeededRandom) {
    this.#random = random;
  }

  /** Identifies the start of the server. */
  get server(): string {
    return `start ${this.#starts}`;
  }

  /** In the format of PostgreSQL's `pg_snapshot`. */
  get snapshot(): string {
    const open = [...this.#open].map(({ xid }) => xid);
    return `${Math.min(this.#next, ...open)}:${this.#next}:${open.join(',')}`;
  }

  /** A standby has received the commits, but its snapshots lack the transactions in progress. */
  get snapshotOnStandby(): string {
    return `${this.#next}:${this.#next}:`;
  }

  begin(): Transaction {
    const transaction = { xid: this.#next++ };
    this.#open.add(transaction);
    return transaction;
  }

  /** Commits it or rolls it back. */
  end(transaction: Transaction): void {
    this.#open.delete(transaction);
  }

  /** False also if the server has lost it. */
  isOpen(transaction: Transaction): boolean {
    return this.#open.has(transaction);
  }

  /** Whether a reading sees a committed transaction that the reading `since` did not see. */
  isNewSince({ xid }: Transaction, since: string | null): boolean {
    if (since === null) return false;
    const [, xmax, open] = since.split(':');
    return (xid >= Number(xmax) && xid < this.#next) || open!.split(',').includes(String(xid));
  }

  /**
   * Another server continues, from a backup or as a standby. It gives the ids again that it has not
   * received.
   */
  moveToOther(lastKept: Transaction): void {
    this.#starts++;
    this.#continueAt(lastKept.xid + 1 + this.#random.int(this.#next - lastKept.xid));
  }

  /** Some transactions of other databases on the server. */
  runOthers(): void {
    for (let count = this.#random.int(10); count > 0; count--) this.end(this.begin());
  }

  /** The same server is far back, without a sign of that except its ids. */
  setBack(): void {
    this.#continueAt(Math.floor(this.#next / 4));
  }

  #continueAt(next: number): void {
    this.#open.clear();
    this.#next = next;
  }
}
