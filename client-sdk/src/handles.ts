import type { Follower } from './follower.ts';
import { type OrganizationHandle, otherCollections } from './organization-handle.ts';

/** The handles of one client by name, and the followers behind them: one for each organization, once its id is known. */
export class Handles {
  readonly #byName = new Map<string, OrganizationHandle>();

  get(name: string): OrganizationHandle | undefined {
    return this.#byName.get(name);
  }

  add(name: string, handle: OrganizationHandle): void {
    this.#byName.set(name, handle);
  }

  clear(): void {
    this.#byName.clear();
  }

  /** Each once, however many handles share it. */
  *followers(): Generator<Follower> {
    const seen = new Set<Follower>();
    for (const [name, { follower }] of [...this.#byName]) {
      if (follower.ending) this.#byName.delete(name);
      else if (!seen.has(follower)) yield follower;
      seen.add(follower);
    }
  }

  followerOf(orgId: string): Follower | undefined {
    return [...this.followers()].find((follower) => follower.orgId === orgId);
  }

  /** Whether another follower than `follower` is of this organization, or will turn out to be. */
  hasAnother(follower: Follower, orgId: string): boolean {
    return [...this.followers()].some((other) => other !== follower && (other.key === orgId || other.key === follower.name));
  }

  /** Brings the handles that turned out to be of one organization to one follower of it, and ends those that can't share it. */
  gather(kept: Follower): void {
    for (const handle of [...this.#byName.values()]) {
      const { follower } = handle;
      if (follower === kept || follower.ending || follower.key !== kept.orgId) continue;
      if (isSameSet(follower.collections, kept.collections)) handle.share(kept);
      else handle.end(otherCollections);
    }
  }
}

export function isSameSet(a: readonly string[] | null, b: readonly string[] | null): boolean {
  if (!a || !b) return a === b;
  return a.length === b.length && a.every((item) => b.includes(item));
}
