import { parseArgs } from 'node:util';
import { builtCheckout, wholeNumber } from '../command-line.ts';
import { type WriteName, writeNames } from './rest-writes.ts';

export interface RestOptions {
  /** The folder of another checkout. Null compares with the hand-made app. */
  readonly against: string | null;
  readonly writes: readonly WriteName[];
  readonly rounds: number;
  readonly roundMs: number;
  /** Each write has an Idempotency-Key. */
  readonly hasKeys: boolean;
  readonly showsStatements: boolean;
}

export const usage = `Usage: npm run bench:commits -- [options]

Measures the CPU time of a write over REST, in the server and in PostgreSQL, and the number of its
statements. Another server makes the same writes in interleaved rounds.

  --against DIR   another checkout, with dependencies and \`npx tsc -b\`
                  (default: the hand-made app, which only renames teams; a run of all writes
                  also measures what made requests cheaper, and writes docs/benchmarks.md).
                  The environment variable AGAINST_NODE is the path of a Node.js that runs it
  --writes NAMES  of ${writeNames.join(', ')} (default: all)
  --rounds N      rounds of each server (default 9)
  --ms N          milliseconds of a round (default 1000)
  --keys          send an Idempotency-Key with each write, as the client library does
  --statements    also print the statements of each write, with their time in PostgreSQL
  --help          print this text

Starts PostgreSQL, Redis and servers of its own on loopback. On a busy machine the times grow, but
their ratios hold.`;

/** @throws Error that names the invalid option */
export function parseRestOptions(args: readonly string[]): RestOptions | 'help' {
  const { values } = parseArgs({
    args: [...args],
    options: {
      against: { type: 'string' },
      writes: { type: 'string' },
      rounds: { type: 'string', default: '9' },
      ms: { type: 'string', default: '1000' },
      keys: { type: 'boolean', default: false },
      statements: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return 'help';
  const against = values.against === undefined ? null : builtCheckout(values.against);
  const writes = values.writes?.split(',') ?? writeNames;
  const unknown = writes.find((name) => !(writeNames as readonly string[]).includes(name));
  if (unknown !== undefined) throw new Error(`--writes: ${unknown} is not one of ${writeNames.join(', ')}`);
  return {
    against,
    writes: writes as WriteName[],
    rounds: wholeNumber('--rounds', values.rounds, 1, 100),
    roundMs: wholeNumber('--ms', values.ms, 100, 60_000),
    hasKeys: values.keys,
    showsStatements: values.statements,
  };
}
