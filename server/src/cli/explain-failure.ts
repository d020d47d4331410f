import { CommanderError } from 'commander';
import { ConfigError } from '../config/config-error.ts';
import { DataDirInUseError } from '../database/connections/data-dir-lock.ts';
import { MigrationsStoppedError } from '../database/migrations/migrations-stopped-error.ts';
import { StartupError } from '../runtime/startup-error.ts';
import { CliError } from './cli-error.ts';

const explained = [CliError, StartupError, ConfigError, DataDirInUseError, MigrationsStoppedError];

/**
 * The text to print for a failure: one line if its cause is known. Otherwise it is a bug, so the
 * text is the whole stack.
 */
export function explainFailure(error: unknown): string {
  if (error instanceof CommanderError) return `${inOneLine(error.message.replace(/^error: /, ''))} See rollcall --help.`;
  if (explained.some((known) => error instanceof known)) return inOneLine((error as Error).message);
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

function inOneLine(text: string): string {
  const line = text.trim().replace(/\s*\n\s*/g, ' ');
  return /[.)?!]$/.test(line) ? line : `${line}.`;
}
