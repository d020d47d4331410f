/** `migrateUp` was aborted. */
export class MigrationsStoppedError extends Error {
  override readonly name = 'MigrationsStoppedError';

  constructor({ ran, cause }: { ran: readonly string[]; cause: unknown }) {
    const kept = ran.length === 0 ? 'Nothing was changed.' : `These migrations were completed: ${ran.join(', ')}.`;
    super(`The migrations were interrupted, and the running migration was rolled back. ${kept}`, { cause });
  }
}
