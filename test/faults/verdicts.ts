/** What is promised (docs/architecture.md), by the words the report uses. */
export const invariants = {
  law: 'every copy a replica showed is the oracle’s projection of the database at its revision',
  contiguous: 'steps follow each other: none begins beyond what its connection was told, no copy goes back',
  atomic: 'a revision comes whole: parts and pieces in order, nothing between them',
  'no-leak': 'nothing of a revision reaches whoever has no access at it',
  eviction: 'access ends everywhere within its bound',
  'judged-now': 'who comes back is judged by the state of now: nobody with a place is denied',
  convergence: 'all replicas hold what the database holds after each fault',
  recovery: 'they do so soon after the fault is over and the last write is done',
  'exactly-once': 'each acknowledged write is in the log exactly once, and nothing else is',
  'wait-for': 'waitFor resolves only when the copy holds the revision and what was written',
  fresh: 'a copy that says it is fresh lacks nothing that was acknowledged longer ago than its lease',
  sweep: 'a lost last notice is made good by the sweep, unasked',
  buffers: 'what a server holds for slow readers stays bounded',
  storm: 'a storm costs at most one snapshot build per audience and process',
  subscriber: 'an independent client in another language holds the same',
  alive: 'no server ends by itself',
  history: 'the whole history is played',
  fault: 'each fault really happened',
} as const;
export type Invariant = keyof typeof invariants;

/** As many violations as are told in words; the rest are counted. */
const toldMax = 5;

export class Verdicts {
  readonly #checks = new Map<Invariant, number>();
  readonly #violations = new Map<Invariant, number>();
  readonly told: string[] = [];

  checked(invariant: Invariant, times = 1): void {
    this.#checks.set(invariant, this.checks(invariant) + times);
  }

  violated(invariant: Invariant, how: string): void {
    const count = this.violations(invariant) + 1;
    this.#violations.set(invariant, count);
    if (count <= toldMax) this.told.push(`${invariant}: ${how}`);
  }

  /** Counts a check and, when it fails, the violation. */
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
