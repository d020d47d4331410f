import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type CommandOptions, type CommandResult, OrgError } from '../../../client-sdk/src/index.ts';
import type { SeededRandom } from '../../../test/support/seeds.ts';
import { type Marker, nameWith, nowUs } from '../marker.ts';
import { teams } from '../options.ts';
import type { CheckedReplica, Violations } from './checked-replica.ts';
import { settingRecord, settingWith, teamSlug } from './marked-records.ts';
import { smallestPayloadBytes } from './options.ts';

/**
 * Writes with the SDK like its users: each command has an Idempotency-Key, and is repeated if an
 * instance was unavailable.
 */

/**
 * The time for a response, and for the delivery of the change. If it takes longer, something is
 * lost, regardless of the machine's load.
 */
const answerMsMax = 60_000;
/**
 * The number of simultaneous commands. A server that can't keep up gets fewer writes, and no
 * growing backlog. On a machine that is so busy that it commits one per second, each still gets its
 * response within `answerMsMax`.
 */
const underWayMax = 16;
/**
 * The large writes of a run with a slow subscriber: enough to fill the kernel's buffers of its
 * connection within seconds. The other subscribers don't request this record.
 */
const bulkPerSecond = 10;
const bulkBytes = 60_000;

interface Acknowledged {
  readonly record: number;
  readonly version: number;
  readonly revision: number;
  /** The version in the writer's own replica once waitFor had resolved. */
  readonly seen: number;
}

export class Writer {
  readonly #replicas: readonly CheckedReplica[];
  readonly #payloadBytes: number;
  readonly #random: SeededRandom;
  readonly #violations: Violations;
  readonly #underWay = new Set<number>();
  readonly #acknowledged: Acknowledged[] = [];
  readonly #failures: string[] = [];
  #version = 0;
  #written = 0;
  #triedAgain = 0;

  /** @param replicas those whose roles may change teams and settings */
  constructor(replicas: readonly CheckedReplica[], payloadBytes: number, random: SeededRandom, violations: Violations) {
    this.#replicas = replicas;
    this.#payloadBytes = payloadBytes;
    this.#random = random;
    this.#violations = violations;
  }

  /** The successful writes. */
  get written(): number {
    return this.#written;
  }

  /** The highest acknowledged revision. */
  get revision(): number {
    return this.#acknowledged.reduce((highest, { revision }) => Math.max(highest, revision), 0);
  }

  /** Commands that needed more than the three attempts of the SDK. */
  get triedAgain(): number {
    return this.#triedAgain;
  }

  /** The errors of writes that failed permanently. */
  get failures(): readonly string[] {
    return this.#failures;
  }

  /**
   * Writes at this rate until the signal, or slower if responses are slower. Then waits for the
   * pending writes.
   */
  async writeAtRate(perSecond: number, signal: AbortSignal): Promise<void> {
    await this.#atRate(perSecond, signal, () => (this.#payloadBytes > smallestPayloadBytes ? settingRecord : this.#freeTeam()));
  }

  async writeBulk(signal: AbortSignal): Promise<void> {
    await this.#atRate(bulkPerSecond, signal, () => settingRecord);
  }

  /**
   * Changes one team that has no pending write. Resolves to its version, and rejects if it failed.
   */
  async writeOne(): Promise<{ readonly record: number; readonly version: number }> {
    const record = this.#freeTeam();
    this.#underWay.add(record);
    try {
      return { record, version: await this.#write(record) };
    } finally {
      this.#underWay.delete(record);
    }
  }

  async #write(record: number): Promise<number> {
    const version = ++this.#version;
    const replica = this.#replicas[version % this.#replicas.length]!;
    const { revision } = await this.#send(replica, record, version);
    this.#written++;
    const number = Number(revision?.split('.')[1]);
    try {
      await replica.handle.waitFor(revision, { signal: AbortSignal.timeout(answerMsMax) });
    } catch {
      this.#violations.add(`${replica.name} never received its own write of revision ${number}`);
    }
    this.#acknowledged.push({ record, version, revision: number, seen: replica.versionOf(record) });
    return version;
  }

  /** After waitFor, a writer must have seen its own write, or one that was committed after it. */
  check(): void {
    const revisions = new Map(this.#acknowledged.map(({ version, revision }) => [version, revision]));
    for (const { record, version, revision, seen } of this.#acknowledged) {
      const seenAt = revisions.get(seen) ?? (seen === 0 ? -1 : Number.POSITIVE_INFINITY);
      if (seenAt < revision)
        this.#violations.add(`record ${record}: waitFor(${revision}) resolved early, with version ${seen} instead of ${version}`);
    }
  }

  async #atRate(perSecond: number, signal: AbortSignal, pick: () => number): Promise<void> {
    const underWay = new Set<Promise<void>>();
    const start = performance.now();
    for (let n = 0; !signal.aborted; n++) {
      await sleep(Math.max(0, start + (n * 1_000) / perSecond - performance.now()));
      if (underWay.size >= underWayMax) await Promise.race(underWay);
      const record = pick();
      const writing = this.#write(record).then(
        () => {},
        (error: unknown) => void this.#failures.push(error instanceof OrgError ? `${error.code}: ${error.message}` : String(error)),
      );
      underWay.add(writing);
      this.#underWay.add(record);
      void writing.then(() => {
        underWay.delete(writing);
        this.#underWay.delete(record);
      });
    }
    await Promise.all(underWay);
  }

  /** A team without a pending write, because the order of two simultaneous writes is unknown. */
  #freeTeam(): number {
    const first = this.#random.int(teams);
    for (let n = 0; n < teams; n++) {
      const record = (first + n) % teams;
      if (!this.#underWay.has(record)) return record;
    }
    return first;
  }

  /** Repeats the command with the same key while the error allows a retry. */
  async #send(replica: CheckedReplica, record: number, version: number): Promise<CommandResult<unknown>> {
    const options = { signal: AbortSignal.timeout(answerMsMax), idempotencyKey: randomUUID() };
    const marker = { team: record, version, sentUs: nowUs() };
    for (;;) {
      try {
        return await this.#command(replica, marker, options);
      } catch (error) {
        if (!(error instanceof OrgError) || (error.code !== 'unavailable' && error.code !== 'unreachable')) throw error;
        this.#triedAgain++;
      }
    }
  }

  #command({ handle }: CheckedReplica, marker: Marker, options: CommandOptions): Promise<CommandResult<unknown>> {
    if (marker.team !== settingRecord) return handle.updateTeam(teamSlug(marker.team), { name: nameWith(marker) }, options);
    const bytes = this.#payloadBytes > smallestPayloadBytes ? this.#payloadBytes : bulkBytes;
    return handle.updateOrganization({ relayPiiConfig: settingWith(marker, bytes) }, options);
  }
}
