/** The invariants of docs/architecture.md that a simulation looks after, by the names it reports them under. */
export type Invariant =
  | 'the law'
  | 'steps contiguous'
  | 'revisions atomic'
  | 'nothing after revocation'
  | 'eviction bounded'
  | 'replicas converge'
  | 'waitFor never early'
  | 'fresh within the lease'
  | 'checksums true'
  | 'buffers bounded'
  | 'one snapshot build'
  | 'nothing fails';

/** An invariant that did not hold. */
export class Violation extends Error {
  override readonly name = 'Violation';
  readonly invariant: Invariant;

  constructor(invariant: Invariant, detail: string) {
    super(`${invariant}: ${detail}`);
    this.invariant = invariant;
  }
}

/** What happened, in plain words, with the virtual time of each. */
export class Story {
  readonly #now: () => number;
  readonly #lines: string[] = [];

  constructor(now: () => number) {
    this.#now = now;
  }

  tell(text: string): void {
    this.#lines.push(`${this.#now().toFixed(1).padStart(9)} ms  ${text}`);
  }

  get text(): string {
    return this.#lines.join('\n');
  }
}
