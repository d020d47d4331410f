import type { Bus } from '../../bus/bus.ts';
import { MissingOrganizationError } from '../../database/installation/faults.ts';
import { sleep } from '../../runtime/clock.ts';
import { noticeWaitMsMax } from '../feed/early-notices.ts';
import type { FeedDeps } from '../feed/feed-deps.ts';
import type { CheckedHead } from '../heads/changed-heads.ts';
import { type CheckedHeads, catchUpToChecked, type HeadChecks, type HeadWatcher } from '../heads/head-checks.ts';
import type { WatchedOrganization } from './watched-organization.ts';
import type { Watch, WatchedOrganizations } from './watched-organizations.ts';

/** The longest wait for feeds to reach their heads, after which revoked credentials end anyway. */
const catchUpMsMax = 5_000;
/** The pause before the heads are read again, if they could not be read: that of sweeps. */
const retryMs = 250;

/** Read path: brings the feeds of this process up to the heads that sweeps read (rule R2). */
export class SweepCatchUps implements HeadWatcher {
  readonly #deps: FeedDeps;
  readonly #open: WatchedOrganizations;
  readonly #heads: HeadChecks;
  readonly #bus: Pick<Bus, 'status'>;
  /** Organizations that are missing from the database without having been removed. */
  readonly #missing = new Set<string>();
  readonly #catchUps = new Set<Promise<void>>();
  /** When the last sweep began to read. */
  #sweptAt = Number.NEGATIVE_INFINITY;

  constructor(deps: FeedDeps, open: WatchedOrganizations, heads: HeadChecks, bus: Pick<Bus, 'status'>) {
    this.#deps = deps;
    this.#open = open;
    this.#heads = heads;
    this.#bus = bus;
  }

  /**
   * The watched organizations that are missing from the database, although they were not removed.
   */
  get missing(): readonly string[] {
    return [...this.#missing].filter((orgId) => this.#open.get(orgId) !== null);
  }

  /**
   * Brings all feeds up to heads that are read after the call. Resolves when that is done, after
   * some seconds at most. Never rejects.
   */
  async catchUpAll(): Promise<void> {
    const { clock } = this.#deps;
    const endsAt = clock.now() + catchUpMsMax;
    const all = async () => {
      // The first attempt may join reads that began before the call.
      for (let attempts = 0; attempts < 2 && clock.now() < endsAt; ) {
        try {
          await this.#catchUpOnce();
          attempts++;
        } catch {
          // The database may be restarting. The sweeps log the reason.
          await sleep(clock, retryMs);
        }
      }
    };
    await Promise.race([all(), sleep(clock, catchUpMsMax)]);
  }

  async #catchUpOnce(): Promise<void> {
    const at = this.#deps.clock.now();
    this.swept(await this.#heads.read(new Map(this.watched().map((orgId) => [orgId, this.revisionOf(orgId) ?? 0]))), at);
    await Promise.all(this.#catchUps);
  }

  /** See `ReadPath`. */
  get lagMs(): number {
    const now = this.#deps.clock.now();
    return this.#open.all().reduce((longest, open) => Math.max(longest, this.#lagMsOf(open, now)), 0);
  }

  /** See `ReadPath`. */
  mostLagBy(ms: number): boolean {
    const now = this.#deps.clock.now();
    const all = this.#open.all();
    const lagging = all.reduce((count, open) => (this.#lagMsOf(open, now) > ms ? count + 1 : count), 0);
    return lagging > all.length / 2;
  }

  #lagMsOf({ isBehind, caughtUpAt }: Watch, now: number): number {
    return now - (isBehind ? caughtUpAt : Math.max(caughtUpAt, this.#sweptAt));
  }

  watched(): string[] {
    return this.#open.all().map(({ orgId }) => orgId);
  }

  revisionOf(orgId: string): number | null {
    return this.#open.get(orgId)?.opened?.feed.head.revision ?? null;
  }

  /**
   * Starts the reads without waiting, so that one long read does not delay other organizations
   * (rule R11).
   */
  swept(heads: CheckedHeads, at: number): void {
    const sweptBefore = this.#sweptAt;
    this.#sweptAt = at;
    for (const [orgId, checked] of heads) {
      const open = this.#open.get(orgId);
      // A watched organization that is being opened is checked once it is open.
      if (!open?.opened) continue;
      if (!open.isBehind) open.caughtUpAt = Math.max(open.caughtUpAt, sweptBefore);
      open.isBehind = true;
      if (open.isCatchingUp) this.#heads.checkAgain(orgId);
      else this.#begin(this.#catchUp(open, open.opened, checked, at));
    }
  }

  #begin(catchUp: Promise<void>): void {
    this.#catchUps.add(catchUp);
    void catchUp.finally(() => this.#catchUps.delete(catchUp));
  }

  async #catchUp(open: Watch, { feed }: WatchedOrganization, checked: CheckedHead, at: number): Promise<void> {
    const isBehind = () => checked.head !== null && checked.head.revision > feed.head.revision;
    open.isCatchingUp = true;
    try {
      // The sweep may read a head whose notice is still under way.
      if (isBehind() && this.#bus.status === 'redis') await sleep(this.#deps.clock, noticeWaitMsMax);
      if (this.#open.get(open.orgId) !== open) return;
      if (isBehind()) this.#deps.counters.increment('gapsFoundBySweep');
      await catchUpToChecked(feed, checked);
      open.caughtUpAt = at;
      open.isBehind = false;
      if (this.#missing.delete(open.orgId))
        this.#deps.log.warn(
          { orgId: open.orgId },
          'an organization that was missing from the database is there again, or its end is known',
        );
    } catch (error) {
      this.#heads.checkAgain(open.orgId);
      if (error instanceof MissingOrganizationError) return this.#reportMissing(open.orgId);
      this.#deps.log.warn(
        { orgId: open.orgId, error: String(error) },
        'could not bring a feed up to the head of its organization; the next sweep tries again',
      );
    } finally {
      open.isCatchingUp = false;
    }
  }

  /** Each sweep finds it missing, and the first one logs it. */
  #reportMissing(orgId: string): void {
    if (this.#missing.has(orgId)) return;
    this.#missing.add(orgId);
    this.#deps.log.error(
      { orgId },
      'an organization is missing from the database, but was not removed; its replicas become stale until it is back, or until the end of a restore is recorded (docs/operating/backup.md)',
    );
  }
}
