import type { OrgState } from '@rollcall/protocol';
import { type AccessDecision, evaluateAccess, type Viewer } from '../domain/evaluate-access.ts';
import type { FeedDeps } from './feed-deps.ts';

/** Read path: the access of viewers to organizations, with and without a feed. */
export class AccessChecks {
  readonly #deps: FeedDeps;
  /**
   * Checks without a feed, by organization. They run one at a time, because the first viewer with
   * access opens the feed for all.
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
    while (!hasFeed()) {
      const running = this.#running.get(orgId);
      if (running) {
        await running.catch(() => false);
        continue;
      }
      const check = this.#check(orgId, viewer).finally(() => this.#running.delete(orgId));
      this.#running.set(orgId, check);
      return check;
    }
    return true;
  }

  async #check(orgId: string, viewer: Viewer): Promise<boolean> {
    const state = await this.#deps.reader.readCallerState(orgId, viewer.userId);
    return state !== null && !('revoked' in this.evaluate(state, viewer));
  }
}
