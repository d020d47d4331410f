/**
 * A problem that keeps the server from starting and that the operator can fix. It is reported in
 * one line, without a stack.
 */
export class StartupError extends Error {
  override readonly name = 'StartupError';
}

/** ENOSPC. Emscripten's errors have the numbers of WASI, which differ from those of Linux. */
const diskFullErrno = 51;

/**
 * Returns a message for an error. Node combines the failures of all addresses of a host name in an
 * error without a message. The embedded database throws objects without a message when it can't
 * write its files.
 */
export function messageOf(error: unknown): string {
  const [first] = error instanceof AggregateError ? (error.errors as unknown[]) : [];
  const message = (first as Error | undefined)?.message ?? (error as Error | undefined)?.message;
  if (message !== undefined) return message;
  const { errno } = Object(error) as { readonly errno?: unknown };
  if (errno === diskFullErrno) return 'no space left on device';
  return typeof error === 'object' ? JSON.stringify(error) : String(error);
}
