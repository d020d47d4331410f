/** A write that was answered with success. */
export interface Acknowledged {
  readonly orgId: string;
  /** As the log names it. */
  readonly command: string;
  /** Where the answer said the organization stands with it. */
  readonly revision: number;
  /** When the answer was here, on the clock of `performance.now()`: the commit came before. */
  readonly at: number;
  /** Of the team it made: nobody else makes one of that name. */
  readonly slug?: string;
  /** Whether it can have been answered without a revision of its own, as what changes nothing is. */
  readonly mayChangeNothing: boolean;
}

/** What the run was promised: every acknowledged write, by organization, in the order of the answers. */
export class Journal {
  readonly #heads = new Map<string, { readonly at: number; readonly revision: number }[]>();
  #unclaimed: Acknowledged[] = [];
  #count = 0;

  add(acknowledged: Acknowledged): void {
    const { orgId, at, revision } = acknowledged;
    this.#count++;
    this.#unclaimed.push(acknowledged);
    const heads = this.#heads.get(orgId) ?? [];
    this.#heads.set(orgId, heads);
    if (revision > (heads.at(-1)?.revision ?? 0)) heads.push({ at, revision });
  }

  get count(): number {
    return this.#count;
  }

  /** The highest revision that was acknowledged by then; 0 when none was. */
  headAt(orgId: string, at: number): number {
    const heads = this.#heads.get(orgId) ?? [];
    // Asked about the last seconds only, so from the end.
    for (let index = heads.length - 1; index >= 0; index--) if (heads[index]!.at <= at) return heads[index]!.revision;
    return 0;
  }

  /** Those of an organization that no entry of the log was found for yet; they are not given again. */
  takeUnclaimed(orgId: string): Acknowledged[] {
    const taken = this.#unclaimed.filter((acknowledged) => acknowledged.orgId === orgId);
    this.#unclaimed = this.#unclaimed.filter((acknowledged) => acknowledged.orgId !== orgId);
    return taken;
  }
}
