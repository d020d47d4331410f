/** The invariants of docs/architecture.md that a simulation checks, by their names in reports. */
export type Invariant =
  | 'replicas consistent'
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
  | 'logins proven'
  | 'provisioning exact'
  | 'cursors above the floor'
  | 'nothing fails';

/** A violated invariant. */
export class Violation extends Error {
  override readonly name = 'Violation';
  readonly invariant: Invariant;

  constructor(invariant: Invariant, detail: string) {
    super(`${invariant}: ${detail}`);
    this.invariant = invariant;
  }
}

/** The events in plain words, each with its virtual time. */
export class Trace {
  readonly #now: () => number;
  readonly #lines: string[] = [];

  constructor(now: () => number) {
    this.#now = now;
  }

  add(text: string): void {
    this.#lines.push(`${this.#now().toFixed(1).padStart(9)} ms  ${text}`);
  }

  get text(): string {
    return this.#lines.join('\n');
  }
}
