/** A command's transaction, from BEGIN to COMMIT. */
export interface WriteTransaction {
  readonly statements: number;
  /**
   * Sends of one or more statements. A send wakes PostgreSQL, and costs more than a small
   * statement.
   */
  readonly sends: number;
}

/**
 * The transactions of typical writes over REST. A test compares them with what the server sends,
 * and docs/benchmarks.md lists them.
 */
export const transactionsOfWrites = {
  'rename a team': { statements: 5, sends: 2 },
  'change a member’s role': { statements: 8, sends: 2 },
  'create a team': { statements: 8, sends: 2 },
  'create a project': { statements: 11, sends: 2 },
  'add a member to a team': { statements: 10, sends: 3 },
  'invite a member': { statements: 14, sends: 4 },
} as const satisfies Readonly<Record<string, WriteTransaction>>;

export type CountedWrite = keyof typeof transactionsOfWrites;
