import { type DirectoryProvider, definitionOf, type IntegrationProvider, type IntegrationRecord } from '@rollcall/protocol';
import { retryDelayMs } from '../../../consumers/retry-schedule.ts';
import type { Tx } from '../../../database/database.ts';
import { findActiveIntegration, readIntegration } from '../../../database/outlets/mappings.ts';
import type { Counters } from '../../../runtime/counters.ts';
import type { Log } from '../../../runtime/log.ts';
import { randomHex } from '../../../runtime/random.ts';
import { startSweep } from '../../../runtime/start-sweep.ts';
import { runSystemCommand } from '../../../write-path/run-system-command.ts';
import { updateIntegration } from '../commands/update-integration.ts';
import {
  abandonReading,
  claimReading,
  failReading,
  finishReading,
  holdReading,
  type ReadingClaim,
  renewReading,
  requestConfirmedReading,
  requestReading,
  requestReadingSoon,
  requestReadings,
} from '../database/directory-reads.ts';
import { nextNight } from '../domain/next-night.ts';
import { acceptNotice } from './accept-notice.ts';
import { type Directory, DirectoryError } from './directory.ts';
import { type ReadingParts, type ReadingResult, readDirectory } from './read-directory.ts';
import { openConnection } from './stored-connection.ts';

/**
 * Readings at once per provider, so that a slow provider leaves the others their share. They are of
 * different organizations. At most these many directories are in memory per provider.
 */
const perProviderMax = 2;
const defaultPollMs = 1_000;
/** Another instance then repeats the reading of a dead one. */
const leaseSeconds = 30;
const renewMs = 10_000;
/** A provider that takes longer has failed. The 1,000 pages of 100,000 people may be read twice. */
const readingMsMax = 10 * 60_000;
/** A provider can't postpone its reading for longer than a day. */
const throttledSecondsMax = 86_400;

export interface DirectoriesParts extends ReadingParts {
  /** The server's SECRET. */
  readonly key: string;
  /** The directories of the providers that the operator has configured. */
  readonly directories: Readonly<Partial<Record<DirectoryProvider, Directory>>>;
  readonly counters: Counters;
  readonly log: Log;
  /** The seconds before each further attempt. */
  readonly retrySeconds: readonly number[];
  readonly pollMs?: number | undefined;
}

interface Running {
  readonly provider: DirectoryProvider;
  readonly abort: AbortController;
  readonly ended: Promise<void>;
}

/**
 * Reads the directories of providers: after notices, each night, and on request. Any number of
 * instances may do so at once. A directory is claimed for its reading, and repeated by another
 * instance if the process dies.
 */
export class Directories {
  readonly #parts: DirectoriesParts;
  readonly #running = new Set<Running>();
  #poll: AsyncDisposable | null = null;

  constructor(parts: DirectoriesParts) {
    this.#parts = parts;
  }

  start(): void {
    if (Object.keys(this.#parts.directories).length > 0) this.#poll = startSweep(this.#parts.pollMs ?? defaultPollMs, () => this.#claim());
  }

  /** Stops reading. Another instance repeats the readings in progress. */
  async stop(): Promise<void> {
    await this.#poll?.[Symbol.asyncDispose]();
    const running = [...this.#running];
    for (const { abort } of running) abort.abort();
    await Promise.all(running.map(({ ended }) => ended));
  }

  /** Whether an organization on this server is connected to this organization of the provider. */
  async isConnected(provider: DirectoryProvider, externalId: string): Promise<boolean> {
    return (await findActiveIntegration(this.#parts.db, provider, externalId)) !== null;
  }

  /**
   * Requests a reading of the organization that a notice names, shortly afterwards, so that notices
   * that follow immediately cause no further reading. A repeated notice has no effect.
   * @param noticeId identifies the notice among all of the provider
   */
  async receiveNotice(provider: DirectoryProvider, noticeId: string, externalId: string): Promise<void> {
    await acceptNotice(this.#parts.db, provider, noticeId, (tx) => requestReadingSoon(tx, provider, externalId));
  }

  /**
   * Requests a reading now. With `confirm`, it also makes the changes that waited for a
   * confirmation after the last reading.
   */
  async readNow(orgId: string, integrationId: string, { confirm }: { readonly confirm: boolean }): Promise<void> {
    const { db } = this.#parts;
    if (confirm) await requestConfirmedReading(db, orgId, integrationId);
    else await requestReading(db, orgId, integrationId);
  }

  /** Requests a reading of the directories of one organization, or of all, now. */
  async readAll(orgId: string | null): Promise<void> {
    await requestReadings(this.#parts.db, orgId);
  }

  /** Whether the operator has configured the provider. */
  has(provider: IntegrationProvider): boolean {
    return Object.hasOwn(this.#parts.directories, provider);
  }

  async #claim(): Promise<void> {
    const { db, directories, log } = this.#parts;
    try {
      for (;;) {
        const free = (Object.keys(directories) as DirectoryProvider[]).filter((provider) => this.#countOf(provider) < perProviderMax);
        const claim = free.length === 0 ? null : await claimReading(db, randomHex(16), leaseSeconds, free);
        if (!claim) return;
        const abort = new AbortController();
        const running: Running = {
          provider: claim.provider,
          abort,
          ended: this.#run(claim, abort).finally(() => this.#running.delete(running)),
        };
        this.#running.add(running);
      }
    } catch (error) {
      log.warn({ error: String(error) }, 'could not read which directories are due; the next poll tries again');
    }
  }

  #countOf(provider: DirectoryProvider): number {
    return [...this.#running].filter((one) => one.provider === provider).length;
  }

  /** Never rejects. */
  async #run(claim: ReadingClaim, abort: AbortController): Promise<void> {
    const { db, log } = this.#parts;
    const { orgId, integrationId } = claim;
    const deadline = setTimeout(() => abort.abort(new DirectoryError('unavailable', 'Reading the directory took too long.')), readingMsMax);
    const renewal = setInterval(() => {
      renewReading(db, claim, leaseSeconds).catch((error: unknown) =>
        log.warn({ orgId, integrationId, error: String(error) }, 'could not extend the lease on a directory that is being read'),
      );
    }, renewMs);
    try {
      await this.#read(claim, abort.signal);
    } catch (error) {
      log.warn(
        { orgId, integrationId, error: String(error) },
        'could not save the result of reading a directory; the directory is read again',
      );
    } finally {
      clearTimeout(deadline);
      clearInterval(renewal);
    }
  }

  async #read(claim: ReadingClaim, signal: AbortSignal): Promise<void> {
    const { db, counters, log } = this.#parts;
    const { orgId, integrationId, provider } = claim;
    const startedAt = performance.now();
    const record = await readIntegration(db, orgId, integrationId);
    if (!record) return;
    const finish = (outcome: string, facts: object) => {
      counters.increment('directoryReads', 1, `${provider} ${outcome}`);
      log.info({ orgId, integrationId, provider, outcome, ms: Math.round(performance.now() - startedAt), ...facts }, 'read a directory');
    };
    try {
      const { reading, changedTeams } = await Promise.race([this.#readOpened(claim, record, signal), aborted(signal)]);
      await finishReading(db, claim, reading, nextNight(Date.now(), Math.random()));
      const { people, needsConfirmation } = reading;
      finish(needsConfirmation.length > 0 ? 'needs-confirmation' : 'read', { people: people.length, changedTeams });
    } catch (thrown) {
      // The provider's client may throw its own error before the abort is noticed here.
      const error: unknown = signal.aborted ? signal.reason : thrown;
      if (signal.aborted && !(error instanceof DirectoryError)) return await abandonReading(db, claim);
      await this.#fail(claim, error);
      finish(error instanceof DirectoryError ? error.failure : 'failed', { error: String(error) });
    }
  }

  async #readOpened(claim: ReadingClaim, record: IntegrationRecord, signal: AbortSignal): Promise<ReadingResult> {
    const { id: integrationId, provider, externalId } = record;
    const connection = await openConnection(this.#parts, { orgId: claim.orgId, integrationId, provider, externalId });
    const directory = await this.#parts.directories[claim.provider]!.open(connection, signal);
    return readDirectory(this.#parts, claim, record, directory);
  }

  async #fail(claim: ReadingClaim, error: unknown): Promise<void> {
    const { db, writePath, retrySeconds } = this.#parts;
    const { failure, message, retryAfterSeconds } =
      error instanceof DirectoryError
        ? error
        : new DirectoryError('unavailable', 'The directory could not be read. The server’s log has the reason.');
    const throttledSeconds = Math.min(retryAfterSeconds ?? 0, throttledSecondsMax);
    const delayMs = retryDelayMs(retrySeconds, claim.attempts + 1, throttledSeconds, Math.random());
    const nextAt = delayMs === null ? nextNight(Date.now(), Math.random()) : new Date(Date.now() + delayMs).toISOString();
    if (failure === 'disconnected') {
      const { integrationId, lease } = claim;
      const disabledReason = `${definitionOf(claim.provider).name} no longer accepts the connection`;
      const holdsClaim = (tx: Tx) => holdReading(tx, claim.orgId, integrationId, lease);
      const input = { integrationId, changes: { status: 'disabled' as const }, disabledReason, holdsClaim };
      await runSystemCommand(writePath, updateIntegration, { orgId: claim.orgId, input, requestId: null });
    }
    await failReading(db, claim, { error: message, nextAt, throttledSeconds });
  }
}

async function aborted(signal: AbortSignal): Promise<never> {
  signal.throwIfAborted();
  return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true }));
}
