import type { Db } from '../../database/database.ts';
import type { CallingActor } from '../../domain/actor.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Log } from '../../runtime/log.ts';
import type { TokenNetworks } from '../../runtime/security-events/token-networks.ts';
import { batchesOf } from '../../runtime/tasks/batches-of.ts';
import { recordServiceUse } from '../tokens/service-tokens.ts';
import { recordScimUse } from './record-scim-use.ts';
import { type RecordUse, recordUse, type UsedTable } from './record-use.ts';

/** Most responses are sent by then, and the uses of many requests become one statement. */
const delayMs = 100;
/** The pause after a failure, for example while the database is read-only. */
const retryMs = 5_000;
/** Further uses are dropped, and recorded when the credential is used again. */
const waitingMax = 10_000;
const idsPerStatementMax = 1_000;

/**
 * Records the uses of credentials after the responses, so that reads succeed while the database
 * accepts no writes. It runs one statement at a time. A use that can't be recorded is dropped: the
 * next use of the same credential tries again.
 */
export class UseRecorder {
  readonly #db: Db;
  readonly #clock: Clock;
  readonly #log: Log;
  /** Records when a token is used from a network that is new for it. */
  readonly networks: TokenNetworks;
  /** Ids by table. */
  #ids = new Map<UsedTable, Set<string>>();
  /** Other uses, by what they record. */
  #others = new Map<string, () => Promise<void>>();
  #waiting = 0;
  #running: Promise<void> | null = null;
  #cancel: (() => void) | null = null;
  #isClosed = false;

  constructor(db: Db, clock: Clock, log: Log, networks: TokenNetworks) {
    this.#db = db;
    this.#clock = clock;
    this.#log = log;
    this.networks = networks;
  }

  /** Records the use of tokens or sessions that were just authenticated. */
  readonly credentials: RecordUse = (table, ids) => {
    if (ids.length === 0) return;
    const known = this.#ids.get(table) ?? new Set();
    this.#ids.set(table, known);
    for (const id of ids) if (!known.has(id) && this.#hasRoom()) known.add(id);
    this.#later(delayMs);
  };

  /** Records the use of a service token. Does nothing for other callers. */
  service(actor: CallingActor): void {
    if (actor.kind === 'service') this.#other(`service ${actor.tokenId}`, () => recordServiceUse(this.#db, actor));
  }

  /** Records the address of an identity provider. Does nothing for other callers. */
  scim(orgId: string, actor: CallingActor): void {
    if (actor.kind === 'org-token' && actor.isForScim)
      this.#other(`scim ${actor.tokenId} ${actor.address}`, () => recordScimUse(this.#db, orgId, actor));
  }

  /** Records what is waiting, and nothing more. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancel?.();
    await this.#running;
    await this.#recordAll();
  }

  #other(key: string, record: () => Promise<void>): void {
    if (this.#others.has(key) || !this.#hasRoom()) return;
    this.#others.set(key, record);
    this.#later(delayMs);
  }

  #hasRoom(): boolean {
    if (this.#waiting >= waitingMax) return false;
    this.#waiting++;
    return true;
  }

  #later(ms: number): void {
    if (this.#isClosed || this.#cancel || this.#running) return;
    this.#cancel = this.#clock.after(ms, () => {
      this.#cancel = null;
      this.#running = this.#recordAll().then((isRecorded) => {
        this.#running = null;
        if (this.#waiting > 0 || !isRecorded) this.#later(isRecorded ? delayMs : retryMs);
      });
    });
  }

  /** @returns false if the rest was dropped because one could not be recorded */
  async #recordAll(): Promise<boolean> {
    const [ids, others] = [this.#ids, this.#others];
    this.#ids = new Map();
    this.#others = new Map();
    this.#waiting = 0;
    try {
      for (const [table, used] of ids)
        for (const batch of batchesOf([...used], idsPerStatementMax)) await recordUse(this.#db, table, batch);
      for (const record of others.values()) await record();
      return true;
    } catch (error) {
      this.#log.debug({ error: String(error) }, 'could not record the use of credentials; the next use tries again');
      return false;
    }
  }
}
