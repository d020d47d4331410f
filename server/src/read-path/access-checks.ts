import { isId, type OrgState, organizationMissing, type SubscribeAck } from '@rollcall/protocol';
import { type AccessDecision, evaluateAccess, type Viewer } from '../domain/evaluate-access.ts';
import { yieldToLoop } from '../runtime/clock.ts';
import type { Feed } from './feed/feed.ts';
import type { FeedDeps } from './feed/feed-deps.ts';

/** Read path: the access of viewers to organizations, with and without a feed. */
export class AccessChecks {
  readonly #deps: FeedDeps;
  /**
   * The first checks without a feed, by organization. Viewers who arrive during one wait for it,
   * because a viewer with access opens the feed for all.
   */
  readonly #running = new Map<string, Promise<boolean>>();

  constructor(deps: FeedDeps) {
    this.#deps = deps;
  }

  evaluate(state: OrgState, viewer: Viewer): AccessDecision {
    const access = evaluateAccess(state, viewer, this.#deps.clock.wallTime());
    if ('revoked' in access && access.revoked === 'address-not-allowed') this.#deps.counters.increment('addressRefusals', 1, 'subscribe');
    return access;
  }

  /**
   * Whether a viewer may subscribe to an organization without a feed. No feed is opened for a
   * viewer without access. True if there is a feed: access is then evaluated against its state.
   */
  async mayAccess(orgId: string, viewer: Viewer, hasFeed: () => boolean): Promise<boolean> {
    if (hasFeed()) return true;
    const running = this.#running.get(orgId);
    if (running) {
      await running.catch(() => false);
      // The viewer of that check begins to open the feed in this event-loop turn.
      await yieldToLoop(this.#deps.clock);
      // Never waits again, so that viewers without access don't wait for each other.
      return hasFeed() || this.#check(orgId, viewer);
    }
    const check = this.#check(orgId, viewer).finally(() => this.#running.delete(orgId));
    this.#running.set(orgId, check);
    return check;
  }

  /**
   * The response to a viewer without access. Services know of all organizations, so they learn that
   * one is missing from the database. So do viewers who had access until a restore lost it. For
   * others, all denials are the same (rule A6).
   * @param watched the organization that has or had this name, if it is watched
   */
  async denialOf(
    { org, viewer }: { readonly org: string; readonly viewer: Viewer },
    isFound: boolean,
    watched: { readonly feed: Pick<Feed, 'lostState'> } | null,
  ): Promise<SubscribeAck> {
    const lostState = watched?.feed.lostState;
    if (lostState && !('revoked' in this.evaluate(lostState, viewer))) return { mode: 'denied', reason: organizationMissing };
    if (isFound || !viewer.isService || !isId(org)) return { mode: 'denied' };
    const { isPresent, isRemoved } = await this.#deps.reader.readAbsence(org);
    return isPresent || isRemoved ? { mode: 'denied' } : { mode: 'denied', reason: organizationMissing };
  }

  async #check(orgId: string, viewer: Viewer): Promise<boolean> {
    const state = await this.#deps.reader.readCallerState(orgId, viewer.userId);
    return state !== null && !('revoked' in this.evaluate(state, viewer));
  }
}
