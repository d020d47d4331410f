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
  'rename a team': { statements: 6, sends: 2 },
  'change a member’s role': { statements: 9, sends: 2 },
  'create a team': { statements: 9, sends: 2 },
  'create a project': { statements: 12, sends: 2 },
  'add a member to a team': { statements: 11, sends: 3 },
  'invite a member': { statements: 15, sends: 4 },
} as const satisfies Readonly<Record<string, WriteTransaction>>;

export type CountedWrite = keyof typeof transactionsOfWrites;
