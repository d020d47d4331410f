/** An error in the configuration. The message names the variable. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}
