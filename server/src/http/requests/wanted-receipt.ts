import type { RevisionRange } from '../../bus/bus.ts';
import type { CommittedRevision } from '../../write-path/run-command.ts';

/** A receipt that a request wants, by `Prefer: wait` (REST contract 1.6). */
export class WantedReceipt {
  readonly waitMs: number;
  readonly owner: string;
  /** The revisions that the request made, as one range per organization. */
  readonly #ranges = new Map<string, RevisionRange>();

  constructor(waitMs: number, owner: string) {
    this.waitMs = waitMs;
    this.owner = owner;
  }

  get ranges(): readonly RevisionRange[] {
    return [...this.#ranges.values()];
  }

  /** Adds a committed revision. Those of one organization must be added in order. */
  add({ orgId, revision, chain }: CommittedRevision): void {
    this.#ranges.set(orgId, { orgId, first: this.#ranges.get(orgId)?.first ?? revision, last: revision, chain });
  }
}
