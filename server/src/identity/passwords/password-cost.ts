/** The work of Argon2id for a password: memory in KiB, and passes over it. */
export interface PasswordCost {
  readonly memoryKib: number;
  readonly passes: number;
}

/**
 * The least costs of the OWASP Password Storage Cheat Sheet, with one lane. A server in production
 * refuses to start below all of them.
 */
const floors: readonly PasswordCost[] = [
  { memoryKib: 47_104, passes: 1 },
  { memoryKib: 19_456, passes: 2 },
  { memoryKib: 12_288, passes: 3 },
  { memoryKib: 9_216, passes: 4 },
  { memoryKib: 7_168, passes: 5 },
];

/** The second of OWASP's costs: each hash takes tens of milliseconds of one core, and 19 MiB. */
export const defaultPasswordCost: PasswordCost = { memoryKib: 19_456, passes: 2 };

/** Argon2 needs 8 KiB per lane. A GiB per hash is far above what any machine spares for a login. */
export const passwordKibRange = { min: 8, max: 1_048_576 } as const;
/** With the default memory, a hash of 100 passes takes a second. */
export const passwordPassesRange = { min: 1, max: 100 } as const;

export function isBelowFloors({ memoryKib, passes }: PasswordCost): boolean {
  return floors.every((floor) => memoryKib < floor.memoryKib || passes < floor.passes);
}
