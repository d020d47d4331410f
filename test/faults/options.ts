import { parseArgs } from 'node:util';
import { faults } from './faults/index.ts';
import { type Safeguard, safeguards } from './safeguards.ts';

export interface FaultRunOptions {
  readonly seed: number;
  /** Names of faults, in the order of their injection. */
  readonly only: readonly string[];
  readonly isShort: boolean;
  /** The safeguard to remove. Null removes none. */
  readonly without: Safeguard | null;
}

export const usage = `npm run faults -- [options]

Runs three servers on a real PostgreSQL and a real Redis, plays a history on them at full rate, subscribes replicas of
all roles, and injects one fault after another. Ends with a verdict on each invariant. The exit code is 1 if one was violated.
All processes listen on loopback and are stopped at the end.

  --only <fault,...>  only these faults, in this order
  --seed <number>     the seed of all random choices (the timing of processes and networks still varies)
  --short             a generated history, 18 replicas, about a second per fault
  --without <name>    disables a safeguard, to check that the run then fails
  --help              print this text

ROLLCALL_HISTORY_FILE names the changes.jsonl of a real history. Without it, a history is generated.

Faults:
${listed(faults)}

Safeguards:
${listed(safeguards)}
`;

function listed(named: readonly { readonly name: string; readonly description: string }[]): string {
  return named.map(({ name, description }) => `  ${name.padEnd(28)}${description}`).join('\n');
}

/** @throws Error for invalid options */
export function parseOptions(args: readonly string[]): FaultRunOptions | 'help' {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: 'string' },
      seed: { type: 'string', default: '1' },
      without: { type: 'string' },
      short: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return 'help';
  const only = values.only?.split(',') ?? faults.map(({ name }) => name);
  const unknown = only.filter((name) => !faults.some((fault) => fault.name === name));
  if (unknown.length > 0) throw new Error(`no such fault: ${unknown.join(', ')}`);
  const without = safeguards.find(({ name }) => name === values.without) ?? null;
  if (values.without !== undefined && !without) throw new Error(`no such safeguard: ${values.without}`);
  if (!/^\d{1,9}$/.test(values.seed)) throw new Error(`the seed must be a whole number, not ${values.seed}`);
  return { seed: Number(values.seed), only, isShort: values.short, without };
}
