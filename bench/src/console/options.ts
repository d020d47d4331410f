import { parseArgs } from 'node:util';
import { wholeNumber } from '../command-line.ts';

export interface ConsoleOptions {
  readonly members: number;
  readonly rounds: number;
  /** The file for the trace, which Chromium's own tools can open. */
  readonly profile: string | null;
}

export const usage = `Usage: npm run bench:console -- [options]

Opens the members' page of a large organization in a Chromium whose cache is empty, types into its
search and scrolls through it. Prints how long each took, and the longest task of the page.

  --members N     members of the organization (default 10000)
  --rounds N      number of rounds, whose medians are printed (default 7)
  --profile FILE  also writes a CPU profile of the last round, for Chromium's DevTools
  --help          print this text

Starts a PostgreSQL and a server of its own on loopback. Run it on a machine that does nothing else.`;

/** @throws Error that names the invalid option */
export function parseConsoleOptions(args: readonly string[]): ConsoleOptions | 'help' {
  const { values } = parseArgs({
    args: [...args],
    options: {
      members: { type: 'string', default: '10000' },
      rounds: { type: 'string', default: '7' },
      profile: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return 'help';
  return {
    members: wholeNumber('--members', values.members, 100, 100_000),
    rounds: wholeNumber('--rounds', values.rounds, 1, 100),
    profile: values.profile ?? null,
  };
}
