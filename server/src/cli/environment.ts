import { CliError } from './cli-error.ts';
import { readEnvFile } from './env-file.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** The process's environment, and below it a `.env` in the working directory. */
export function readEnvironment(): Environment {
  return { ...readEnvFile('.env'), ...process.env };
}

/** Where commands look for a server: ROLLCALL_URL, else the one that `rollcall start` runs here. */
export function serverUrlFrom(given: string | undefined, environment: Environment): string {
  const url = given ?? (environment.ROLLCALL_URL || `http://127.0.0.1:${environment.PORT || 4000}`);
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
    throw new CliError(`"${url}" is no address of a server. One looks like http://127.0.0.1:4000`);
  }
  return url.replace(/\/+$/, '');
}
