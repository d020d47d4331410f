/**
 * Logins are compared without case. A merge that renames `alice` to `Alice` therefore looks like
 * adding an existing member and then removing the same member. Within one merge, such a removal
 * concerns only the old spelling, and the member stays.
 */
export class Respellings {
  #merge: string | null;
  readonly #spellings: Map<string, string>;

  constructor({ merge, spellings }: SavedRespellings = { merge: null, spellings: {} }) {
    this.#merge = merge;
    this.#spellings = new Map(Object.entries(spellings));
  }

  /**
   * A line of another merge, or a line without a merge, discards the spellings of earlier lines.
   */
  enter(merge: string | undefined): void {
    if (merge !== undefined && merge === this.#merge) return;
    this.#merge = merge ?? null;
    this.#spellings.clear();
  }

  /** Records that an existing member of `container` was added again in the spelling `login`. */
  add(container: string, login: string): void {
    if (this.#merge !== null) this.#spellings.set(keyOf(container, login), login);
  }

  isOldSpelling(container: string, login: string): boolean {
    const spelling = this.#spellings.get(keyOf(container, login));
    return spelling !== undefined && spelling !== login;
  }

  /**
   * Returns the spellings for the next lines of the same merge, which another transaction may
   * import.
   */
  save(): SavedRespellings {
    return { merge: this.#merge, spellings: Object.fromEntries(this.#spellings) };
  }
}

export interface SavedRespellings {
  readonly merge: string | null;
  readonly spellings: Readonly<Record<string, string>>;
}

function keyOf(container: string, login: string): string {
  return `${container} ${login.toLowerCase()}`;
}
