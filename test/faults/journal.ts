/** A successful write. */
export interface Acknowledged {
  readonly orgId: string;
  /** The command's name in the log. */
  readonly command: string;
  /** The revision in the response. */
  readonly revision: number;
  /** When the response arrived, on the clock of `performance.now()`. The commit was earlier. */
  readonly at: number;
  /** The slug of the team that it created. No other write creates a team with this slug. */
  readonly slug?: string;
  /** Whether it may have no revision of its own, because it may change nothing. */
  readonly mayChangeNothing: boolean;
}

/** Every acknowledged write, by organization, in the order of the responses. */
export class Journal {
  readonly #heads = new Map<string, { readonly at: number; readonly revision: number }[]>();
  #unmatched: Acknowledged[] = [];
  #count = 0;

  add(acknowledged: Acknowledged): void {
    const { orgId, at, revision } = acknowledged;
    this.#count++;
    this.#unmatched.push(acknowledged);
    const heads = this.#heads.get(orgId) ?? [];
    this.#heads.set(orgId, heads);
    if (revision > (heads.at(-1)?.revision ?? 0)) heads.push({ at, revision });
  }

  get count(): number {
    return this.#count;
  }

  /** The highest revision that was acknowledged by then. 0 if there was none. */
  headAt(orgId: string, at: number): number {
    const heads = this.#heads.get(orgId) ?? [];
    // Only the last seconds are requested, so search from the end.
    for (let index = heads.length - 1; index >= 0; index--) if (heads[index]!.at <= at) return heads[index]!.revision;
    return 0;
  }

  /** The writes of an organization without a log entry so far. They are not returned again. */
  takeUnmatched(orgId: string): Acknowledged[] {
    const taken = this.#unmatched.filter((acknowledged) => acknowledged.orgId === orgId);
    this.#unmatched = this.#unmatched.filter((acknowledged) => acknowledged.orgId !== orgId);
    return taken;
  }
}
