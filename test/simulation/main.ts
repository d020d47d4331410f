import { parseArgs } from 'node:util';
import { simulate } from './simulate.ts';

const usage = `Runs the read path and the client's replica on virtual time, with faults chosen by a seed, and looks after
each event whether all invariants hold.

  npm run simulate -- --seeds N            the seeds 1 to N
  npm run simulate -- --seeds N --first F  N seeds from F on
  npm run simulate -- --seed S             seed S alone, with its story
`;

/** How often a long run says how far it is. */
const progressMs = 5_000;

const values = readValues();

function readValues() {
  try {
    return parseArgs({
      options: {
        seed: { type: 'string' },
        seeds: { type: 'string', default: '100' },
        first: { type: 'string', default: '1' },
        help: { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    refuse((error as Error).message);
  }
}

function wholeNumber(name: 'seed' | 'seeds' | 'first'): number {
  const text = values[name] ?? '';
  return /^[1-9]\d{0,8}$/.test(text) ? Number(text) : refuse(`--${name} takes a whole number from 1 on, not "${text}".`);
}

function refuse(what: string): never {
  console.error(`${what}\n\n${usage}`);
  process.exit(2);
}

async function runOne(seed: number): Promise<void> {
  const { violation, story } = await simulate(seed);
  console.log(story);
  console.log(violation ? `\nseed ${seed}: ${violation.message}` : `\nseed ${seed}: all invariants held`);
  process.exitCode = violation ? 1 : 0;
}

async function runMany(first: number, count: number): Promise<void> {
  const startedAt = performance.now();
  let eventCount = 0;
  let toldAt = startedAt;
  for (let seed = first; seed < first + count; seed++) {
    const outcome = await simulate(seed);
    eventCount += outcome.eventCount;
    if (performance.now() - toldAt > progressMs) {
      toldAt = performance.now();
      console.error(`${seed - first + 1} of ${count} seeds`);
    }
    if (outcome.violation) {
      console.log(outcome.story);
      console.log(`\nseed ${seed}: ${outcome.violation.message}\nIts story is above; npm run simulate -- --seed ${seed} tells it again.`);
      process.exitCode = 1;
      return;
    }
  }
  const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1);
  console.log(`${count} seeds, ${eventCount} events, ${seconds} s: all invariants held`);
}

if (values.help) console.log(usage);
else if (values.seed !== undefined) await runOne(wholeNumber('seed'));
else await runMany(wholeNumber('first'), wholeNumber('seeds'));
