/** The failure of a command, with a message of one line. */
export class CliError extends Error {
  override readonly name = 'CliError';
}
