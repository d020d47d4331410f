/** A command that could not do what it was asked to, said in one line. */
export class CliError extends Error {
  override readonly name = 'CliError';
}
