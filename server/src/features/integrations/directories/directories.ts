import { type DirectoryProvider, definitionOf, type IntegrationProvider, type IntegrationRecord } from '@rollcall/protocol';
import { retryDelayMs } from '../../../consumers/retry-schedule.ts';
import type { Tx } from '../../../database/database.ts';
import type { DuePolls } from '../../../database/due-polls.ts';
import { findActiveIntegration, readIntegration } from '../../../database/outlets/mappings.ts';
import type { HeldClaim, JobQueue } from '../../../jobs/job-queue.ts';
import { QueueRunner } from '../../../jobs/queue-runner.ts';
import type { Log } from '../../../runtime/log.ts';
import type { Counters } from '../../../runtime/metrics/counters.ts';
import type { KeyRing } from '../../../runtime/secrets/key-ring.ts';
import { randomHex } from '../../../runtime/secrets/random.ts';
import { unlessAborted } from '../../../runtime/tasks/unless-aborted.ts';
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
  readonly key: KeyRing;
  /** The directories of the providers that the operator has configured. */
  readonly directories: Readonly<Partial<Record<DirectoryProvider, Directory>>>;
  readonly counters: Counters;
  readonly log: Log;
  readonly duePolls: DuePolls;
  /** The seconds before each further attempt. */
  readonly retrySeconds: readonly number[];
  readonly pollMs?: number | undefined;
}

interface RunningReading extends ReadingClaim {
  /** As of `performance.now()`. */
  readonly startedAt: number;
}

/**
 * Reads the directories of providers: after notices, each night, and on request. Any number of
 * instances may do so at once. A directory is claimed for its reading, and repeated by another
 * instance if the process dies.
 */
export class Directories {
  readonly #parts: DirectoriesParts;
  readonly #runner: QueueRunner<RunningReading>;

  constructor(parts: DirectoriesParts) {
    this.#parts = parts;
    this.#runner = new QueueRunner(this.#queue(), parts);
  }

  start(): void {
    if (Object.keys(this.#parts.directories).length > 0) this.#runner.start();
  }

  /** Stops reading. Another instance repeats the readings in progress. */
  stop(): Promise<void> {
    return this.#runner.stop();
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

  #queue(): JobQueue<RunningReading> {
    const { db, pollMs = defaultPollMs } = this.#parts;
    return {
      name: 'directories',
      every: pollMs,
      claim: (running) => this.#claim(running),
      execute: (claim, held) => this.#execute(claim, held),
      fail: (claim, error) => this.#fail(claim, error),
      release: (claim) => abandonReading(db, claim),
      renewal: { everyMs: renewMs, renew: (claims) => this.#renew(claims) },
    };
  }

  /**
   * Claims one reading, and looks for the next when it has begun. A failure at the next one can't
   * leave it claimed without an instance that reads it.
   */
  async #claim(running: readonly RunningReading[]): Promise<readonly RunningReading[]> {
    const { db, directories } = this.#parts;
    const countOf = (provider: string) => running.filter((one) => one.provider === provider).length;
    const free = Object.keys(directories).filter((provider) => countOf(provider) < perProviderMax);
    const claim = free.length === 0 ? null : await claimReading(db, randomHex(16), leaseSeconds, free);
    if (!claim) return [];
    this.#runner.wake();
    return [{ ...claim, startedAt: performance.now() }];
  }

  async #renew(claims: readonly RunningReading[]): Promise<ReadonlySet<RunningReading>> {
    const held = await Promise.all(claims.map((claim) => renewReading(this.#parts.db, claim, leaseSeconds)));
    return new Set(claims.filter((_, index) => held[index]));
  }

  async #execute(claim: RunningReading, { stopping, lost }: HeldClaim): Promise<void> {
    const { db } = this.#parts;
    const record = await readIntegration(db, claim.orgId, claim.integrationId);
    if (!record) return;
    const tooLong = new AbortController();
    const deadline = setTimeout(
      () => tooLong.abort(new DirectoryError('unavailable', 'Reading the directory took too long.')),
      readingMsMax,
    );
    const signal = AbortSignal.any([stopping, lost, tooLong.signal]);
    try {
      const { reading, changedTeams } = await unlessAborted(signal, this.#readOpened(claim, record, signal));
      await finishReading(db, claim, reading, nextNight(Date.now(), Math.random()));
      const { people, needsConfirmation } = reading;
      this.#report(claim, needsConfirmation.length > 0 ? 'needs-confirmation' : 'read', { people: people.length, changedTeams });
    } catch (error) {
      // The provider's client may throw its own error before the abort is noticed here.
      throw signal.aborted ? signal.reason : error;
    } finally {
      clearTimeout(deadline);
    }
  }

  #report({ orgId, integrationId, provider, startedAt }: RunningReading, outcome: string, facts: object): void {
    const { counters, log } = this.#parts;
    counters.increment('directoryReads', 1, `${provider} ${outcome}`);
    log.info({ orgId, integrationId, provider, outcome, ms: Math.round(performance.now() - startedAt), ...facts }, 'read a directory');
  }

  async #readOpened(claim: ReadingClaim, record: IntegrationRecord, signal: AbortSignal): Promise<ReadingResult> {
    const { id: integrationId, provider, externalId } = record;
    const connection = await openConnection(this.#parts, { orgId: claim.orgId, integrationId, provider, externalId });
    const directory = await this.#parts.directories[claim.provider]!.open(connection, signal);
    return readDirectory(this.#parts, claim, record, directory);
  }

  async #fail(claim: RunningReading, error: unknown): Promise<void> {
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
    this.#report(claim, error instanceof DirectoryError ? failure : 'failed', { error: String(error) });
  }
}
