import { parseArgs } from 'node:util';
import { builtCheckout } from './command-line.ts';

export interface Options {
  /** The folder of another checkout to compare with. Null compares with the alternatives. */
  readonly against: string | null;
  readonly subscribers: number;
  readonly rounds: number;
  readonly isQuick: boolean;
  /** The duration of each load in each round. */
  readonly pacedMs: number;
  readonly saturatedMs: number;
  readonly commitsMs: number;
  /**
   * The warm-up at the start, at saturation, and before each measurement, by one writer that awaits
   * each response, or by all writers for saturation. Real servers run for days, so their code is
   * compiled and their memory allocated. A contestant loses some of both while the others are
   * measured.
   */
  readonly warmUpMs: number;
  /**
   * The duration of the first warm-up by one writer. V8 compiles the code of single changes for
   * some 20 s, on threads whose time counts as the server's.
   */
  readonly settleMs: number;
  /**
   * A subscriber that is stale this long after a fault stays so. It is longer than any sweep or
   * reconnection.
   */
  readonly convergenceMs: number;
  /** The run ends by then, with fewer rounds if necessary. */
  readonly durationMsMax: number;
}

/** One record each. Enough for the faults to write records that are not written again. */
export const teams = 200;
/** Members other than the owner. At most a page of the list. */
export const members = 50;
export const changesPerSecond = 20;
/** Writers that await each response, at saturation. */
export const writers = 32;

export const usage = `Usage: npm run bench -- [options]

Runs the same work on Rollcall and on three alternatives, in one interleaved run
on loopback, with its own PostgreSQL and Redis. Takes at most 7 minutes.

  --subscribers N  subscribers of each contestant, over two instances (default 1000, quick 200)
  --rounds N       rounds whose medians are reported (default 3, quick 1, --against 7)
  --against DIR    compares with the Rollcall of another checkout, with dependencies and
                   \`npm run build\`, instead of the alternatives. Only prints the figures.
                   The environment variable AGAINST_NODE is the path of a Node.js that runs it
  --quick          takes at most 40 s, to check that the bench works. Writes only to bench/quick/
  --help           print this text

A full run writes docs/benchmarks.md, and bench/results/ with the plots and all numbers as JSON.
Run it on a machine that does nothing else.`;

/** @throws Error that names the invalid option */
export function parseOptions(args: readonly string[]): Options | 'help' {
  const { values } = parseArgs({
    args: [...args],
    options: {
      subscribers: { type: 'string' },
      rounds: { type: 'string' },
      against: { type: 'string' },
      quick: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return 'help';
  const isQuick = values.quick;
  const against = values.against === undefined ? null : builtCheckout(values.against);
  return {
    against,
    subscribers: positive('subscribers', values.subscribers, isQuick ? 200 : 1_000, 10_000),
    rounds: positive('rounds', values.rounds, isQuick ? 1 : against === null ? 3 : 7, 20),
    isQuick,
    pacedMs: isQuick ? 1_000 : 5_000,
    saturatedMs: isQuick ? 800 : 4_000,
    commitsMs: isQuick ? 500 : 2_000,
    warmUpMs: isQuick ? 300 : 3_000,
    settleMs: isQuick ? 300 : 15_000,
    convergenceMs: isQuick ? 1_200 : 2_500,
    durationMsMax: isQuick ? 40_000 : 420_000,
  };
}

function positive(name: string, text: string | undefined, byDefault: number, max: number): number {
  const value = text === undefined ? byDefault : Number(text);
  if (!Number.isInteger(value) || value < 2 * Number(name === 'subscribers') || value < 1 || value > max) {
    throw new Error(`--${name} must be a whole number up to ${max}`);
  }
  return value;
}
