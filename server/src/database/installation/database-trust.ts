import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '../../runtime/clock.ts';
import type { Log } from '../../runtime/log.ts';
import { SharedReads } from '../../runtime/tasks/shared-reads.ts';
import type { Db, Trust } from '../database.ts';
import { pipeline, readAtOneInstant } from '../transact.ts';
import { type Distrust, UntrustedDatabaseError } from './faults.ts';
import { isIntact, parseSeal, readSeal, type Seal } from './seal.ts';
import type { SealReading } from './seal-reading.ts';
import { TrustWaitStoppedError } from './trust-wait-stopped-error.ts';

/** The interval of looks at a database that is not trusted, the same as that of sweeps. */
const checkMs = 250;
/**
 * The pause after a seal that could not be written, for example on a read-only database. Commands
 * fail until it is written.
 */
const sealPauseMs = 1_000;

/** Each continues the sentence "the database is not used, because". */
export const remedies: Readonly<Record<Distrust, string>> = {
  incomplete: 'it is incomplete. If it is being restored, finish the restore as docs/operating/backup.md describes',
  restored:
    'it was restored from a backup, and the restore was not ended. ' +
    'When it is complete, run UPDATE org_heads SET epoch = gen_random_uuid(). See docs/operating/backup.md',
  'other-installation': 'it is the database of another installation. Check the host and the name in DATABASE_URL',
};

/** Both use a connection that is not refused while the database is not trusted. */
export interface DatabaseTrustParts {
  read(): Promise<SealReading>;
  seal(seal: Seal, reading: SealReading): Promise<void>;
  readonly log: Log;
}

/** See `Trust`. */
export class DatabaseTrust implements Trust {
  readonly #parts: DatabaseTrustParts;
  /** The looks of concurrent refusals. */
  readonly #looks: SharedReads<SealReading>;
  /** The installation that this process serves. Null until `begin`; everything is trusted then. */
  #installation: string | null = null;
  #distrust: Distrust | null = null;
  /** The epochs of organization 0 that this process has trusted. */
  readonly #epochs = new Set<string>();
  /** The reading that was trusted last. Most readings are equal to it. */
  #trusted: SealReading | null = null;
  /** Whether the seal in that reading is intact, and has its epoch. */
  #isSealed = false;
  #timer: NodeJS.Timeout | undefined;
  #sealFrom = Number.NEGATIVE_INFINITY;
  #sealing: Promise<void> | null = null;
  #isClosed = false;

  constructor(parts: DatabaseTrustParts) {
    this.#parts = parts;
    this.#looks = new SharedReads(systemClock, async () => new Map([['seal', await parts.read()]]));
  }

  get distrust(): Distrust | null {
    return this.#distrust;
  }

  /** Null until `begin`. Nothing is enforced then. */
  get installation(): string | null {
    return this.#installation;
  }

  async begin(signal: AbortSignal): Promise<void> {
    for (;;) {
      const reading = await this.#parts.read();
      const seal = parseSeal(reading);
      if (seal) this.#installation = seal.installation;
      const distrust = this.#evaluate(reading);
      this.#become(distrust);
      // The commands of the start need an intact seal.
      if (distrust === null) return void (await this.#sealing);
      await sleep(checkMs, undefined, { signal }).catch((error: unknown) => {
        throw new TrustWaitStoppedError(error);
      });
    }
  }

  /** @throws UntrustedDatabaseError as long as the last check found a reason */
  assertTrusted(): void {
    if (this.#distrust !== null) throw new UntrustedDatabaseError(this.#distrust);
  }

  assert(reading: SealReading): void {
    if (this.#installation === null) return;
    this.#become(this.#evaluate(reading));
    this.assertTrusted();
  }

  async read<T>(db: Db, read: (tx: Db) => Promise<T>): Promise<T> {
    return (await this.readWithSeal(db, read)).result;
  }

  async readWithSeal<T>(db: Db, read: (tx: Db) => Promise<T>): Promise<{ readonly result: T; readonly reading: SealReading }> {
    const [result, reading] = await readAtOneInstant(db, async (tx) => {
      const seal = pipeline(readSeal(tx));
      const value = await read(tx);
      return [value, await seal] as const;
    });
    this.assert(reading);
    return { result, reading };
  }

  async confirm(): Promise<void> {
    if (this.#installation === null) return;
    this.assertTrusted();
    this.assert((await this.#looks.read(['seal'])).get('seal')!);
  }

  /** A table is missing, so the database may be another one. */
  suspect(): void {
    if (this.#installation !== null && !this.#isClosed) this.#timer ??= setTimeout(() => void this.#check(), 0).unref();
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  #evaluate(reading: SealReading): Distrust | null {
    if (this.#trusted && isSame(this.#trusted, reading)) {
      if (!this.#isSealed) this.#seal(reading);
      return null;
    }
    const { stream_epoch: epoch } = reading;
    const seal = parseSeal(reading);
    if (seal === null || epoch === null) return 'incomplete';
    if (seal.installation !== this.#installation) return 'other-installation';
    // A restore ends with a new epoch. An epoch that is known comes from a backup.
    const isNewEpoch = !seal.epochs.includes(epoch) && !this.#epochs.has(epoch);
    const isSealed = isIntact(seal, reading) && (seal.epochs.at(-1) === epoch || isNewEpoch);
    if (!isSealed && !isNewEpoch) return 'restored';
    this.#epochs.add(epoch);
    this.#trusted = reading;
    this.#isSealed = isIntact(seal, reading) && seal.epochs.at(-1) === epoch;
    if (!this.#isSealed) this.#seal(reading);
    return null;
  }

  #become(distrust: Distrust | null): void {
    const before = this.#distrust;
    this.#distrust = distrust;
    if (distrust !== null) this.#lookAgain();
    if (distrust === before) return;
    const { log } = this.#parts;
    if (distrust === null) log.warn('the database is trusted again; everything continues');
    else
      log.error(
        { distrust },
        `the database is not used, because ${remedies[distrust]}; requests get status 503, and replicas become stale`,
      );
  }

  #lookAgain(): void {
    if (!this.#isClosed) this.#timer ??= setTimeout(() => void this.#check(), checkMs).unref();
  }

  async #check(): Promise<void> {
    try {
      const reading = await this.#parts.read();
      this.#become(this.#evaluate(reading));
    } catch (error) {
      // A table of the seal is missing. Without any connection, nothing is known.
      if ((error as { code?: unknown }).code === '42P01') this.#become('incomplete');
    } finally {
      this.#timer = undefined;
      if (this.#distrust !== null) this.#lookAgain();
    }
  }

  /** The database stays trusted if this fails. A later reading tries again. */
  #seal(reading: SealReading): void {
    if (this.#sealing || performance.now() < this.#sealFrom) return;
    this.#sealing = this.#parts
      .seal(parseSeal(reading)!, reading)
      .catch((error: unknown) => {
        this.#sealFrom = performance.now() + sealPauseMs;
        this.#parts.log.debug({ error: String(error) }, 'could not seal the database; a later check tries again');
      })
      .finally(() => {
        this.#sealing = null;
      });
  }
}

function isSame(a: SealReading, b: SealReading): boolean {
  return a.seal === b.seal && a.seal_xmin === b.seal_xmin && a.stream_epoch === b.stream_epoch;
}
