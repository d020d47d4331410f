import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { CliError } from '../cli-error.ts';

/** Arguments of a process are visible to other users of the machine, so a password is not one. */
export const passwordOption = ['--password-stdin', 'read the password from stdin'] as const;

/** Returns the whole input without the line break at its end. */
export async function readPassword(input: Readable & { readonly isTTY?: boolean } = process.stdin): Promise<string> {
  if (input.isTTY) throw new CliError('--password-stdin reads a pipe or a file. Use, for example, < password.txt');
  return (await text(input)).replace(/\r?\n$/, '');
}
