import type { RevisionNotice } from './bus.ts';

export type NoticeListener = (notice: RevisionNotice) => void;

/** Who in this process listens for which organization. */
export class NoticeListeners {
  readonly #byOrg = new Map<string, Set<NoticeListener>>();

  add(orgId: string, listener: NoticeListener): void {
    const listeners = this.#byOrg.get(orgId) ?? new Set();
    this.#byOrg.set(orgId, listeners.add(listener));
  }

  remove(orgId: string, listener: NoticeListener): void {
    const listeners = this.#byOrg.get(orgId);
    if (listeners?.delete(listener) && listeners.size === 0) this.#byOrg.delete(orgId);
  }

  get orgIds(): Iterable<string> {
    return this.#byOrg.keys();
  }

  /** A listener must not throw: it would keep the notice from the next one. */
  deliver(notice: RevisionNotice): void {
    for (const listener of this.#byOrg.get(notice.orgId) ?? []) listener(notice);
  }
}
