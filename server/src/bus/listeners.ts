import type { RevisionNotice } from './bus.ts';

export type NoticeListener = (notice: RevisionNotice) => void;

/** Who in this process listens for which organization. */
export class NoticeListeners {
  readonly #byOrg = new Map<string, Set<NoticeListener>>();

  /** Returns whether this is the first listener of the organization. */
  add(orgId: string, listener: NoticeListener): boolean {
    const listeners = this.#byOrg.get(orgId);
    if (listeners) {
      listeners.add(listener);
      return false;
    }
    this.#byOrg.set(orgId, new Set([listener]));
    return true;
  }

  /** Returns whether nobody listens for the organization any more. */
  remove(orgId: string, listener: NoticeListener): boolean {
    const listeners = this.#byOrg.get(orgId);
    if (!listeners?.delete(listener) || listeners.size > 0) return false;
    return this.#byOrg.delete(orgId);
  }

  /** A listener must not throw: it would keep the notice from the next one. */
  deliver(notice: RevisionNotice): void {
    for (const listener of this.#byOrg.get(notice.orgId) ?? []) listener(notice);
  }
}
