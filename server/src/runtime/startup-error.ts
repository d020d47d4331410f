/** What keeps the server from starting and whoever runs it can mend: said in one line, without a stack. */
export class StartupError extends Error {
  override readonly name = 'StartupError';
}
