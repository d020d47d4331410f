import { parseArgs } from 'node:util';
import { readOptions } from '../support/read-options.ts';
import { simulate } from './simulate.ts';

const usage = `Runs the read path and the client's replica on virtual time, with faults chosen by a seed, and checks after
each event that all invariants hold.

  npm run simulate -- --seeds N            seeds 1 to N
  npm run simulate -- --seeds N --first F  N seeds, starting with F
  npm run simulate -- --seed S             only seed S, with its trace
`;

interface SeedOptions {
  /** The only seed, whose trace is printed. */
  readonly seed: number | null;
  readonly seeds: number;
  readonly first: number;
}

/** The interval at which a long run reports its progress. */
const progressMs = 5_000;

const { seed, seeds, first } = readOptions(parseOptions, usage);

/** @throws Error for invalid options */
function parseOptions(args: readonly string[]): SeedOptions | 'help' {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seed: { type: 'string' },
      seeds: { type: 'string', default: '100' },
      first: { type: 'string', default: '1' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return 'help';
  return {
    seed: values.seed === undefined ? null : wholeNumber('seed', values.seed),
    seeds: wholeNumber('seeds', values.seeds),
    first: wholeNumber('first', values.first),
  };
}

function wholeNumber(name: keyof SeedOptions, text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new Error(`--${name} must be a whole number above 0, not "${text}".`);
}

async function runOne(seed: number): Promise<void> {
  const { violation, trace } = await simulate(seed);
  console.log(trace);
  console.log(violation ? `\nseed ${seed}: ${violation.message}` : `\nseed ${seed}: all invariants held`);
  process.exitCode = violation ? 1 : 0;
}

async function runMany(first: number, count: number): Promise<void> {
  const startedAt = performance.now();
  let eventCount = 0;
  let printedAt = startedAt;
  for (let seed = first; seed < first + count; seed++) {
    const outcome = await simulate(seed);
    eventCount += outcome.eventCount;
    if (performance.now() - printedAt > progressMs) {
      printedAt = performance.now();
      console.error(`${seed - first + 1} of ${count} seeds`);
    }
    if (outcome.violation) {
      console.log(outcome.trace);
      console.log(`\nseed ${seed}: ${outcome.violation.message}\nThe trace is above. npm run simulate -- --seed ${seed} prints it again.`);
      process.exitCode = 1;
      return;
    }
  }
  const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1);
  console.log(`${count} seeds, ${eventCount} events, ${seconds} s: all invariants held`);
}

if (seed !== null) await runOne(seed);
else await runMany(first, seeds);
