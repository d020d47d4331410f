import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type CommandOptions, type CommandResult, OrgError } from '../../../client-sdk/src/index.ts';
import type { SeededRandom } from '../../../test/support/seeds.ts';
import { type Marker, nameWith, nowUs } from '../marker.ts';
import { teams } from '../options.ts';
import type { LawReplica, Violations } from './law.ts';
import { settingRecord, settingWith, teamSlug } from './marked-records.ts';
import { smallestPayloadBytes } from './options.ts';

/** Writes through the SDK as its users do: each command with an Idempotency-Key, and tried again when an instance was away. */

/** For an answer, and for the change to come back: beyond this something is lost, however busy the machine. */
const answerMsMax = 60_000;
/** Commands under way at once. A server that cannot keep up is asked for less, which shows as fewer writes, and not for ever more. */
const underWayMax = 64;
/** Beside a slow subscriber: what fills all that the kernels hold for its line within seconds, and followed by nobody else. */
const bulkPerSecond = 10;
const bulkBytes = 60_000;

interface Acknowledged {
  readonly record: number;
  readonly version: number;
  readonly revision: number;
  /** What the writer's own copy held once it was said to hold the revision. */
  readonly seen: number;
}

export class Writer {
  readonly #replicas: readonly LawReplica[];
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
  constructor(replicas: readonly LawReplica[], payloadBytes: number, random: SeededRandom, violations: Violations) {
    this.#replicas = replicas;
    this.#payloadBytes = payloadBytes;
    this.#random = random;
    this.#violations = violations;
  }

  /** Those that were answered with success. */
  get written(): number {
    return this.#written;
  }

  /** The highest that a write was acknowledged with. */
  get revision(): number {
    return this.#acknowledged.reduce((highest, { revision }) => Math.max(highest, revision), 0);
  }

  /** Commands that the SDK's own three tries were not enough for. */
  get triedAgain(): number {
    return this.#triedAgain;
  }

  /** Why others failed for good. */
  get failures(): readonly string[] {
    return this.#failures;
  }

  /** Writes at this rate, or as fast as answers come when that is less, until the signal; then waits for what is under way. */
  async writeAtRate(perSecond: number, signal: AbortSignal): Promise<void> {
    await this.#atRate(perSecond, signal, () => (this.#payloadBytes > smallestPayloadBytes ? settingRecord : this.#freeTeam()));
  }

  async writeBulk(signal: AbortSignal): Promise<void> {
    await this.#atRate(bulkPerSecond, signal, () => settingRecord);
  }

  /** One change. Resolves to its version; rejects when it failed. */
  async write(record: number): Promise<number> {
    const version = ++this.#version;
    const replica = this.#replicas[version % this.#replicas.length]!;
    const { revision } = await this.#send(replica, record, version);
    this.#written++;
    const number = Number(revision?.split('.')[1]);
    try {
      await replica.handle.waitFor(revision, { signal: AbortSignal.timeout(answerMsMax) });
    } catch {
      this.#violations.add(`${replica.name} never came to hold its own write of revision ${number}`);
    }
    this.#acknowledged.push({ record, version, revision: number, seen: replica.versionOf(record) });
    return version;
  }

  /** Whoever waited for their own write must have found it, or one that was committed after it. */
  judge(): void {
    const revisions = new Map(this.#acknowledged.map(({ version, revision }) => [version, revision]));
    for (const { record, version, revision, seen } of this.#acknowledged) {
      const seenAt = revisions.get(seen) ?? (seen === 0 ? -1 : Number.POSITIVE_INFINITY);
      if (seenAt < revision)
        this.#violations.add(`record ${record}: waitFor(${revision}) was early: version ${seen} in place of ${version}`);
    }
  }

  async #atRate(perSecond: number, signal: AbortSignal, pick: () => number): Promise<void> {
    const underWay = new Set<Promise<void>>();
    const start = performance.now();
    for (let n = 0; !signal.aborted; n++) {
      await sleep(Math.max(0, start + (n * 1_000) / perSecond - performance.now()));
      if (underWay.size >= underWayMax) await Promise.race(underWay);
      const record = pick();
      const writing = this.write(record).then(
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

  /** Not one that is being written: of two at once nobody could say which is the later one. */
  #freeTeam(): number {
    const first = this.#random.int(teams);
    for (let n = 0; n < teams; n++) {
      const record = (first + n) % teams;
      if (!this.#underWay.has(record)) return record;
    }
    return first;
  }

  /** Whoever needs the answer tries again with the same key, as long as the server says that this can help. */
  async #send(replica: LawReplica, record: number, version: number): Promise<CommandResult<unknown>> {
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

  #command({ handle }: LawReplica, marker: Marker, options: CommandOptions): Promise<CommandResult<unknown>> {
    if (marker.team !== settingRecord) return handle.updateTeam(teamSlug(marker.team), { name: nameWith(marker) }, options);
    const bytes = this.#payloadBytes > smallestPayloadBytes ? this.#payloadBytes : bulkBytes;
    return handle.updateOrganization({ relayPiiConfig: settingWith(marker, bytes) }, options);
  }
}
