/** What keeps the server from starting and whoever runs it can mend: said in one line, without a stack. */
export class StartupError extends Error {
  override readonly name = 'StartupError';
}

/** Node joins the failures of a name's several addresses in an error that has no message itself. */
export function messageOf(error: unknown): string {
  const [first] = error instanceof AggregateError ? (error.errors as unknown[]) : [];
  return String((first as Error | undefined)?.message ?? (error as Error | undefined)?.message ?? error);
}
