/**
 * Logins compare without case, so a merge that changes `alice` to `Alice` reads as adding a member
 * who is there and then removing that very member. Within one merge such a removal means the old
 * spelling only: the member stays.
 */
export class Respellings {
  #merge: string | null;
  readonly #spellings: Map<string, string>;

  constructor({ merge, spellings }: SavedRespellings = { merge: null, spellings: {} }) {
    this.#merge = merge;
    this.#spellings = new Map(Object.entries(spellings));
  }

  /** Lines of another merge, and lines that name none, know nothing of earlier ones. */
  enter(merge: string | undefined): void {
    if (merge !== undefined && merge === this.#merge) return;
    this.#merge = merge ?? null;
    this.#spellings.clear();
  }

  /** Notes that a user who is in `container` already was added there again, as `login`. */
  add(container: string, login: string): void {
    if (this.#merge !== null) this.#spellings.set(keyOf(container, login), login);
  }

  isOldSpelling(container: string, login: string): boolean {
    const spelling = this.#spellings.get(keyOf(container, login));
    return spelling !== undefined && spelling !== login;
  }

  /** For the next lines of the same merge, which may come in another transaction. */
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
