import type { Audience, Checksum, LogChange } from '@rollcall/protocol';
import type { Head } from '../../database/records/read-log.ts';
import { yieldToLoop } from '../../runtime/clock.ts';
import type { Feed } from '../feed/feed.ts';
import type { FeedDeps } from '../feed/feed-deps.ts';
import { AudienceGroup } from './audience-group.ts';
import type { GroupMember, GroupStep } from './subscription-state.ts';

/**
 * Read path 3/4: sends a feed's changes to the live subscriptions, by audience. Their rights are
 * updated before (rule A1).
 */

/** Sockets that get a step before the fan-out yields: about 3 ms of writing (rule R7). */
const socketsPerTurnMax = 256;
/**
 * Characters written before the fan-out yields. With a long step, the kernel takes about as long
 * for this many.
 */
const charactersPerTurnMax = 4 * 1024 * 1024;

/**
 * Changes that are projected for groups before the fan-out yields: about 5 ms. An organization may
 * have a hundred groups (rule R7).
 */
const changesPerTurnMax = 1_000;
/** The fixed cost of a group, in changes. */
const changesPerGroup = 5;
/** A usual change has about this many characters. A longer one counts for several. */
const charactersPerChange = 300;

/**
 * After a flush the fan-out pauses for this many times its duration, and joins the changes that
 * arrive in that pause. So sending takes at most half of the time. A flush to 1,000 sockets takes
 * about 10 ms, or 20 ms on a busy machine. Changes 50 ms apart never wait.
 */
const pausePerFlush = 1;
/**
 * The factor while changes arrive faster than they can be sent singly. Commands then wait in the
 * write queue. A longer pause joins more changes in one step, and the saved CPU time makes up for
 * it: sending takes at most a tenth of the time.
 */
const pausePerFlushUnderLoad = 10;
/**
 * The longest pause, also after a flush that was delayed by a busy machine or by garbage
 * collection. With 100 ms, the same number of changes per second is sent, but later. With 40 ms,
 * fewer changes per second are sent.
 */
const pauseMsMax = 60;
/** The usual rate is 20 per second. At this rate, a pause joins six changes or more. */
const underLoadPerSecondMin = 100;

/** The part of a watched organization that the fan-out needs. */
export interface FanOutOwner {
  readonly feed: Feed;
  /** Ends a subscription that can't be served. */
  failSubscription(member: GroupMember, error: unknown): void;
}

export class FanOut {
  readonly #owner: FanOutOwner;
  readonly #deps: FeedDeps;
  readonly #groups = new Map<string, AudienceGroup>();
  /** True from the scheduling of a flush until its end. */
  #isFlushDue = false;
  #isSending = false;
  /** No flush begins before this time, on the watched organization's clock. */
  #pausedUntil = 0;
  /** The start of the last flush, and the revision that it sent up to. */
  #lastFlush = { at: Number.NEGATIVE_INFINITY, revision: 0 };
  /** The arrival of the oldest unsent revision, on the watched organization's clock. */
  #unsentSince: number | null = null;
  #waiters: { readonly revision: number; readonly run: () => void }[] = [];

  constructor(owner: FanOutOwner, deps: FeedDeps) {
    this.#owner = owner;
    this.#deps = deps;
  }

  get audienceCount(): number {
    return this.#groups.size;
  }

  /** @param checksum of the audience's records at the feed's head, if it is known */
  groupOf(audience: Audience, checksum: Checksum | null): AudienceGroup {
    const { feed } = this.#owner;
    const existing = this.#groups.get(audience.key);
    if (existing) {
      if (existing.flushed === feed.head.revision) existing.checksum ??= checksum;
      return existing;
    }
    const group = new AudienceGroup(audience, feed, checksum);
    this.#groups.set(audience.key, group);
    return group;
  }

  /**
   * Drops a group without members, so that it isn't advanced. The audience's next group starts at
   * the head.
   */
  dropIfEmpty({ key }: Audience): void {
    if (this.#groups.get(key)?.members.size === 0) this.#groups.delete(key);
  }

  /** Drops the groups and the waiters, which belong to the history that the feed has replaced. */
  clear(): void {
    this.#groups.clear();
    this.#runWaiters();
  }

  /**
   * The feed applied a revision, and the subscriptions whose rights it changed were moved or
   * evicted.
   */
  applied(): void {
    this.#unsentSince ??= this.#deps.clock.now();
    this.#scheduleFlush();
  }

  /**
   * Runs once everything up to `revision` was sent to all live subscriptions, so that what is sent
   * then follows it.
   */
  whenFlushed(revision: number, run: () => void): void {
    if (this.#hasSentUpTo(revision)) {
      run();
      return;
    }
    this.#waiters.push({ revision, run });
    this.#scheduleFlush();
  }

  #scheduleFlush(): void {
    if (this.#isFlushDue) return;
    this.#isFlushDue = true;
    const { clock } = this.#deps;
    const run = () => void this.#flush();
    const pauseMs = this.#pausedUntil - clock.now();
    // At the end of the event-loop turn, so that its changes become one step (rule R7).
    if (pauseMs >= 1) clock.after(pauseMs, run);
    else clock.afterTurn(run);
  }

  /** Never rejects. */
  async #flush(): Promise<void> {
    const { clock, log, metrics } = this.#deps;
    const startedAt = clock.now();
    const pauseFactor = this.#choosePause(startedAt);
    const since = this.#unsentSince;
    this.#unsentSince = null;
    this.#isSending = true;
    const isSent = await this.#sendSteps().then(
      () => true,
      (error: unknown) => {
        log.error({ error, orgId: this.#owner.feed.orgId }, 'could not send a step; trying again');
        return false;
      },
    );
    this.#isSending = false;
    const endedAt = clock.now();
    if (since !== null) metrics.observeDelivery((endedAt - since) / 1_000);
    // A flush that failed is repeated, but not in every event-loop turn.
    const pauseMs = isSent ? (endedAt - startedAt) * pauseFactor : pauseMsMax;
    this.#pausedUntil = endedAt + Math.min(pauseMs, pauseMsMax);
    this.#isFlushDue = false;
    this.#runWaiters();
    this.#owner.feed.ring.trim();
    if (!this.#hasSentUpTo(this.#owner.feed.head.revision)) this.#scheduleFlush();
  }

  /** Depends on the number of revisions that arrived since the last flush began. */
  #choosePause(now: number): number {
    const { at, revision } = this.#lastFlush;
    this.#lastFlush = { at: now, revision: this.#owner.feed.head.revision };
    const isUnderLoad = (this.#lastFlush.revision - revision) * 1_000 >= underLoadPerSecondMin * (now - at);
    return isUnderLoad ? pausePerFlushUnderLoad : pausePerFlush;
  }

  async #sendSteps(): Promise<void> {
    const taken: { group: AudienceGroup; step: GroupStep }[] = [];
    // Most groups were flushed to the same revision, so the changes after it are joined once.
    const netByRevision = new Map<number, LogChange[]>();
    let projected = 0;
    for (const group of [...this.#groups.values()]) {
      if (projected >= changesPerTurnMax) {
        projected = 0;
        await yieldToLoop(this.#deps.clock);
        // The head may have advanced.
        netByRevision.clear();
      }
      // The group may have been dropped during a yield.
      if (group.flushed === this.#owner.feed.head.revision || this.#groups.get(group.audience.key) !== group) continue;
      const net = netByRevision.get(group.flushed) ?? this.#owner.feed.ring.netChangesAfter(group.flushed);
      if (!net) {
        // The ring no longer reaches back to the group, because more revisions arrived during one
        // flush than it holds.
        this.#restartGroup(group, 'ring-passed');
        continue;
      }
      netByRevision.set(group.flushed, net);
      const { head } = this.#owner.feed;
      const isLong = net.length > changesPerTurnMax;
      const texts = isLong ? await this.#encodeYielding(group, net) : undefined;
      // The head may have advanced.
      if (isLong) netByRevision.clear();
      // The group may have been dropped, for example because its step could not be created.
      if (texts === null || this.#groups.get(group.audience.key) !== group) continue;
      const step = this.#takeStep(group, head, net, texts);
      if (step) taken.push({ group, step });
      projected += changesPerGroup + Math.max(net.length, step ? charactersOf(step) / charactersPerChange : 0);
    }
    for (const { group, step } of taken) await this.#sendToGroup(group, step);
  }

  #takeStep(group: AudienceGroup, head: Head, net: readonly LogChange[], texts: readonly string[] | undefined): GroupStep | null {
    try {
      return group.takeStep(head, net, texts);
    } catch (error) {
      this.#failStep(group, error);
      return null;
    }
  }

  /** Null if the step can't be created. */
  async #encodeYielding(group: AudienceGroup, net: readonly LogChange[]): Promise<readonly string[] | null> {
    try {
      return await group.encodeYielding(net);
    } catch (error) {
      if (this.#groups.get(group.audience.key) === group) this.#failStep(group, error);
      return null;
    }
  }

  /**
   * Rule R11: a record that can't be projected costs its audience a new snapshot, and other
   * audiences nothing.
   */
  #failStep(group: AudienceGroup, error: unknown): void {
    this.#deps.log.error(
      { error, orgId: this.#owner.feed.orgId },
      'could not create the step of an audience; its subscriptions get a new snapshot',
    );
    this.#deps.counters.increment('feedFailures');
    this.#restartGroup(group, 'step-failed');
  }

  /** Drops the group as well, because its checksum no longer matches its members' replicas. */
  #restartGroup(group: AudienceGroup, reason: string): void {
    this.#groups.delete(group.audience.key);
    for (const member of [...group.members]) {
      try {
        member.handle({ type: 'replica-lost', reason });
      } catch (error) {
        // The others must not stay in the group, which gets no more steps.
        this.#owner.failSubscription(member, error);
      }
    }
  }

  async #sendToGroup(group: AudienceGroup, step: GroupStep): Promise<void> {
    const socketsPerTurn = Math.min(socketsPerTurnMax, Math.ceil(charactersPerTurnMax / step.frames[0]!.json.length));
    // Two inputs for all members: thousands of sockets get each step, so nothing is allocated for
    // each of them.
    const input = { type: 'step', step, isWritable: true } as const;
    const inputForSlowMember = { type: 'step', step, isWritable: false } as const;
    let sent = 0;
    for (const member of [...group.members]) {
      try {
        member.handle(member.isWritable ? input : inputForSlowMember);
      } catch (error) {
        this.#owner.failSubscription(member, error);
      }
      if (++sent % socketsPerTurn === 0) await yieldToLoop(this.#deps.clock);
    }
    group.sendingUpTo = null;
  }

  /**
   * Runs in the same event-loop turn as the last write, so that each group's checksum matches what
   * it was sent.
   */
  #runWaiters(): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const { revision, run } of waiters) this.whenFlushed(revision, run);
  }

  /**
   * A revision beyond the head belongs to a history that was replaced by a shorter one. It will not
   * be sent.
   */
  #hasSentUpTo(revision: number): boolean {
    const wanted = Math.min(revision, this.#owner.feed.head.revision);
    return !this.#isSending && [...this.#groups.values()].every(({ flushed }) => flushed >= wanted);
  }
}

function charactersOf({ frames }: GroupStep): number {
  return frames.reduce((sum, { json }) => sum + json.length, 0);
}
