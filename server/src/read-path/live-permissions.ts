import { isSameJson, noPermissions, type PermissionTable } from '@rollcall/protocol';
import { encodeFrame, type Frame } from './subscriptions/frame.ts';

/**
 * The permission table in force, as far as this process knows it, and the connections that receive
 * it. The server's own stream brings each later table.
 */
export class LivePermissions {
  readonly #read: () => Promise<PermissionTable>;
  readonly #watchers = new Set<(frame: Frame) => void>();
  #table = noPermissions;
  /** Null until there is a table. */
  #frame: Frame | null = null;
  /** Counts the histories that the stream read. */
  #history = 0;
  /** The history in which the table was read. */
  #readIn: number | null = null;
  #reading: Promise<void> | null = null;

  /** @param read reads the table from the database */
  constructor(read: () => Promise<PermissionTable>) {
    this.#read = read;
  }

  get table(): PermissionTable {
    return this.#table;
  }

  /** Takes a table from the stream. A read may have returned it, or a later one, already. */
  take(table: PermissionTable): void {
    if (!this.#isRead || table.version > this.#table.version) this.#set(table);
  }

  /** The stream read another history, in which the table may be an earlier one. */
  invalidate(): void {
    this.#history++;
  }

  /** Reads the table if the stream alone doesn't show which one is in force. */
  async whenRead(): Promise<void> {
    while (!this.#isRead) {
      this.#reading ??= this.#readAgain().finally(() => {
        this.#reading = null;
      });
      await this.#reading;
    }
  }

  /**
   * Calls `watcher` with the current table, unless there was never one, and with each later one.
   * Returns a function that stops the calls.
   */
  watch(watcher: (frame: Frame) => void): () => void {
    if (this.#frame) watcher(this.#frame);
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  get #isRead(): boolean {
    return this.#readIn === this.#history;
  }

  async #readAgain(): Promise<void> {
    const before = this.#table;
    const history = this.#history;
    const table = await this.#read();
    // The read may have returned the table of the previous history.
    if (history !== this.#history) return;
    // The stream may have brought a later table in between.
    if (this.#table === before && !isSameJson(table, before)) this.#set(table);
    this.#readIn = history;
  }

  #set(table: PermissionTable): void {
    this.#table = table;
    const frame = encodeFrame('permissions', table);
    this.#frame = frame;
    for (const watcher of this.#watchers) watcher(frame);
  }
}
