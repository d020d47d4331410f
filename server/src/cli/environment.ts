import { CliError } from './cli-error.ts';
import { readEnvFile } from './env-file.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The environment of the process. A `.env` file in the working directory supplies missing
 * variables.
 */
export function readEnvironment(): Environment {
  return { ...readEnvFile('.env'), ...process.env };
}

/** The option of each command that calls a running server. */
export const urlOption = ['--url <url>', 'URL of the server (default: ROLLCALL_URL, otherwise the server on this machine)'] as const;

/**
 * The URL of the server that a command calls: ROLLCALL_URL, or by default the server that
 * `rollcall start` runs on this machine.
 */
export function serverUrlFrom(given: string | undefined, environment: Environment): string {
  const url = given ?? (environment.ROLLCALL_URL || `http://localhost:${environment.PORT || 4000}`);
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
    throw new CliError(`"${url}" is not the URL of a server. Use a URL such as http://localhost:4000`);
  }
  return url.replace(/\/+$/, '');
}
