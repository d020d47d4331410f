import type { Checksum, LogChange } from '@rollcall/protocol';
import type { Audience } from '../domain/audience.ts';
import { yieldToLoop } from '../runtime/clock.ts';
import { AudienceGroup, type TakenStep } from './audience-group.ts';
import type { Feed } from './feed.ts';
import type { FeedDeps } from './feed-deps.ts';
import type { Leg } from './legs.ts';
import type { Subscription } from './subscription.ts';

/** Read path 3/4: takes what a feed has got to the live subscriptions, by audience. Their rights are settled before (rule A1). */

/** How many sockets get a step before others have their turn: some 3 ms of writing (rule R7). */
const socketsPerTurnMax = 256;
/** Of a long step fewer get it in a turn: so many characters take the kernel about as long. */
const charactersPerTurnMax = 4 * 1024 * 1024;

/**
 * The fan-out rests after a flush, so many times as long as that took, and joins what comes in meanwhile: at most half of the
 * time goes to sending. A flush to 1,000 sockets takes some 10 ms, and 20 where the machine is busy: changes 50 ms apart never wait.
 */
const usualRestPerFlush = 1;
/**
 * While changes come faster than they can be told one by one, each waits for others before it is committed. Time that is spent on
 * joining more of them in one step is then made good by what the machine saves: at most a tenth goes to sending.
 */
const pressedRestPerFlush = 10;
/**
 * A flush that was itself delayed, by a busy machine or much garbage, makes nobody wait longer than this. With 100 ms as many
 * changes are told a second, only later; with 40 ms fewer.
 */
const restMsMax = 60;
/** 20 a second are usual; from here on the changes of a rest are six or more. */
const pressedPerSecondMin = 100;

/** What the fan-out asks of its channel. */
export interface FanOutOwner {
  readonly feed: Feed;
  /** Carries a subscription on at its client's pace, beginning with `first`. */
  fallBehind(subscription: Subscription, first: Leg | null): void;
  /** Starts a new copy for a subscription whose own cannot be carried on. */
  restart(subscription: Subscription, reason: string): void;
  /** Ends a subscription that cannot be served. */
  giveUp(subscription: Subscription, error: unknown): void;
}

export class FanOut {
  readonly #owner: FanOutOwner;
  readonly #deps: FeedDeps;
  readonly #groups = new Map<string, AudienceGroup>();
  /** From when a flush is scheduled until it is over. */
  #isFlushDue = false;
  #isSending = false;
  /** No flush begins before this; on the channel's clock. */
  #restsUntil = 0;
  /** When the last flush began, and up to where it sent. */
  #lastFlush = { at: Number.NEGATIVE_INFINITY, revision: 0 };
  /** When the oldest revision that is yet to be sent came in; on the channel's clock. */
  #unsentSince: number | null = null;
  #waiters: { readonly revision: number; readonly run: () => void }[] = [];

  constructor(owner: FanOutOwner, deps: FeedDeps) {
    this.#owner = owner;
    this.#deps = deps;
  }

  get audienceCount(): number {
    return this.#groups.size;
  }

  /** @param checksum over what the audience sees at the feed's head, where it is known */
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

  /** A group that nobody is in is not carried along: the next one of its audience starts at the head. */
  dropIfEmpty({ key }: Audience): void {
    if (this.#groups.get(key)?.members.size === 0) this.#groups.delete(key);
  }

  /** Another history: what the groups were told, and what is waited for, is of the old one. */
  clear(): void {
    this.#groups.clear();
    this.#runWaiters();
  }

  /** The feed holds another revision, and everybody is in the group that it gives them a right to. */
  applied(): void {
    this.#unsentSince ??= this.#deps.clock.now();
    this.#scheduleFlush();
  }

  /** Runs once everything up to `revision` is on its way to every live subscription: what is sent then comes behind it. */
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
    const restMs = this.#restsUntil - clock.now();
    // At the end of the turn: the changes of one tick travel as one step (rule R7).
    if (restMs >= 1) clock.after(restMs, run);
    else clock.afterTurn(run);
  }

  /** Never rejects. */
  async #flush(): Promise<void> {
    const { clock, log, metrics } = this.#deps;
    const startedAt = clock.now();
    const restPerFlush = this.#chooseRest(startedAt);
    const since = this.#unsentSince;
    this.#unsentSince = null;
    this.#isSending = true;
    const isSent = await this.#sendSteps().then(
      () => true,
      (error: unknown) => {
        log.error({ error, orgId: this.#owner.feed.orgId }, 'a step could not be sent');
        return false;
      },
    );
    this.#isSending = false;
    const endedAt = clock.now();
    if (since !== null) metrics.observeDelivery((endedAt - since) / 1_000);
    // What fails will be tried again, but not at every turn.
    const restMs = isSent ? (endedAt - startedAt) * restPerFlush : restMsMax;
    this.#restsUntil = endedAt + Math.min(restMs, restMsMax);
    this.#isFlushDue = false;
    this.#runWaiters();
    this.#owner.feed.ring.trim();
    if (!this.#hasSentUpTo(this.#owner.feed.head.revision)) this.#scheduleFlush();
  }

  /** By how many revisions came in since the last flush began. */
  #chooseRest(now: number): number {
    const { at, revision } = this.#lastFlush;
    this.#lastFlush = { at: now, revision: this.#owner.feed.head.revision };
    const isPressed = (this.#lastFlush.revision - revision) * 1_000 >= pressedPerSecondMin * (now - at);
    return isPressed ? pressedRestPerFlush : usualRestPerFlush;
  }

  async #sendSteps(): Promise<void> {
    const taken: { group: AudienceGroup; step: TakenStep }[] = [];
    // Most groups were flushed to the same revision: join its changes once.
    const netByRevision = new Map<number, LogChange[]>();
    for (const group of [...this.#groups.values()]) {
      if (group.flushed === this.#owner.feed.head.revision) continue;
      const net = netByRevision.get(group.flushed) ?? this.#owner.feed.ring.netChangesAfter(group.flushed);
      if (!net) {
        // More came in during one flush than the ring holds.
        this.#restartGroup(group, 'ring-passed');
        continue;
      }
      netByRevision.set(group.flushed, net);
      const step = this.#takeStep(group, net);
      if (step) taken.push({ group, step });
    }
    for (const { group, step } of taken) await this.#sendToGroup(group, step);
  }

  #takeStep(group: AudienceGroup, net: readonly LogChange[]): TakenStep | null {
    try {
      return group.takeStep(this.#owner.feed, net);
    } catch (error) {
      // Rule R11: a record that cannot be shown costs its audience a new copy, and others nothing.
      this.#deps.log.error({ error, orgId: this.#owner.feed.orgId }, 'a step could not be made');
      this.#deps.counters.increment('feedFailures');
      this.#restartGroup(group, 'step-failed');
      return null;
    }
  }

  /** The group goes too: its checksum is of what its members no longer hold. */
  #restartGroup(group: AudienceGroup, reason: string): void {
    this.#groups.delete(group.audience.key);
    for (const subscription of [...group.members]) this.#owner.restart(subscription, reason);
  }

  async #sendToGroup(group: AudienceGroup, { frames, from, after, to }: TakenStep): Promise<void> {
    const [only, ...more] = frames;
    const leg = more.length > 0 ? { frames, to, audience: group.audience } : null;
    const socketsPerTurn = Math.min(socketsPerTurnMax, Math.ceil(charactersPerTurnMax / only!.json.length));
    let sent = 0;
    for (const subscription of [...group.members]) {
      // While others had their turn it may have been evicted or moved, or it joined us: then it has this step, or
      // nothing of it shows in what it lacks.
      if (subscription.group !== group || subscription.own >= to || subscription.own < from) continue;
      try {
        // Whoever joined in the middle of what was joined may hold a record that came and went in it, of which the
        // step says nothing: they get a step of their own.
        const needsOwnStep = subscription.own > after;
        if (!subscription.hasRoom || needsOwnStep) this.#owner.fallBehind(subscription, null);
        else if (leg) this.#owner.fallBehind(subscription, leg);
        else {
          subscription.send(only!);
          subscription.own = to;
        }
      } catch (error) {
        this.#owner.giveUp(subscription, error);
      }
      if (++sent % socketsPerTurn === 0) await yieldToLoop(this.#deps.clock);
    }
    group.underWay = null;
  }

  /** In the same turn as the last write, so that each group's checksum is that of what it was sent. */
  #runWaiters(): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const { revision, run } of waiters) this.whenFlushed(revision, run);
  }

  /** A revision beyond the head is of a history that was replaced by a shorter one: nothing of it will be sent. */
  #hasSentUpTo(revision: number): boolean {
    const wanted = Math.min(revision, this.#owner.feed.head.revision);
    return !this.#isSending && [...this.#groups.values()].every(({ flushed }) => flushed >= wanted);
  }
}
