/**
 * A problem that keeps the server from starting and that the operator can fix. It is reported in
 * one line, without a stack.
 */
export class StartupError extends Error {
  override readonly name = 'StartupError';
}

/**
 * Returns a message for an error. Node combines the failures of all addresses of a host name in an
 * error without a message.
 */
export function messageOf(error: unknown): string {
  const [first] = error instanceof AggregateError ? (error.errors as unknown[]) : [];
  return String((first as Error | undefined)?.message ?? (error as Error | undefined)?.message ?? error);
}
