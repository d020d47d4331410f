import { createInterface } from 'node:readline/promises';
import type { Readable, Writable } from 'node:stream';
import { CliError } from '../cli-error.ts';

export const yesOption = ['--yes', 'do not ask for a confirmation, which a script cannot give'] as const;

/** The terminal, or its replacement in a test. */
export interface Terminal {
  readonly input: Readable & { readonly isTTY?: boolean };
  readonly output: Writable;
}

/**
 * Asks a person to type the name of what is removed.
 * @param consequence a sentence, without its full stop
 * @throws CliError if another text was typed, or if there is no person to ask
 */
export async function confirmRemoval(
  name: string,
  consequence: string,
  isConfirmed: boolean,
  { input, output }: Terminal = { input: process.stdin, output: process.stderr },
): Promise<void> {
  if (isConfirmed) return;
  if (!input.isTTY) throw new CliError(`${consequence}. Add --yes to confirm`);
  const lines = createInterface({ input, output });
  // Without a typed line, the input has ended or the person pressed Ctrl-C.
  const aborted = new AbortController();
  lines.once('close', () => aborted.abort());
  const typed = await lines.question(`${consequence}. Type ${name} to confirm: `, { signal: aborted.signal }).catch(() => null);
  lines.close();
  if (typed?.trim() !== name) throw new CliError('Not confirmed, so nothing was changed');
}
