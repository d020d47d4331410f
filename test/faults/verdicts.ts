/** The guarantees (docs/architecture.md), in the words of the report. */
export const invariants = {
  consistent: 'every state that a replica showed is the oracle’s projection of the database at its revision',
  contiguous: 'steps are contiguous: none begins beyond what its connection received, and no replica goes back',
  atomic: 'a revision arrives complete: parts and pieces in order, with nothing between them',
  'no-leak': 'nothing of a revision reaches a viewer without access at it',
  eviction: 'access ends everywhere within its bound',
  'current-access': 'a new subscription is decided by the current state: no member is denied',
  convergence: 'all replicas equal the database after each fault',
  recovery: 'all replicas converge soon after the end of the fault and the last write',
  'exactly-once': 'each acknowledged write is in the log exactly once, and nothing else is',
  'wait-for': 'waitFor resolves only when the replica contains the revision and what was written',
  fresh: 'a fresh replica contains everything that was acknowledged longer ago than its lease',
  sweep: 'the sweep repairs a lost last notice without a request',
  buffers: 'the memory that a server uses for slow readers is bounded',
  'reconnect-burst': 'a reconnect burst builds at most one snapshot per audience and process',
  subscriber: 'an independent client in another language has the same records',
  alive: 'no server exits by itself',
  history: 'the whole history is played',
  fault: 'each fault really happened',
} as const;
export type Invariant = keyof typeof invariants;

/** The number of violations that are described. The others are counted. */
const describedMax = 5;

export class Verdicts {
  readonly #checks = new Map<Invariant, number>();
  readonly #violations = new Map<Invariant, number>();
  readonly described: string[] = [];

  checked(invariant: Invariant, times = 1): void {
    this.#checks.set(invariant, this.checks(invariant) + times);
  }

  violated(invariant: Invariant, how: string): void {
    const count = this.violations(invariant) + 1;
    this.#violations.set(invariant, count);
    if (count <= describedMax) this.described.push(`${invariant}: ${how}`);
  }

  /** Counts a check and, if it fails, the violation. */
  check(invariant: Invariant, holds: boolean, how: () => string): void {
    this.checked(invariant);
    if (!holds) this.violated(invariant, how());
  }

  checks(invariant: Invariant): number {
    return this.#checks.get(invariant) ?? 0;
  }

  violations(invariant: Invariant): number {
    return this.#violations.get(invariant) ?? 0;
  }

  get isGood(): boolean {
    return this.#violations.size === 0;
  }
}
