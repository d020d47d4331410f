import { parseArgs } from 'node:util';
import { attacks } from './attacks/index.ts';

export interface AttackRunOptions {
  /** The attacks to run alone, in this order. */
  readonly only: readonly string[];
  /** Whether all attacks also run at the same time, at the end. */
  readonly together: boolean;
  /** Whether the instances restart before each measurement, and are attacked once ready. */
  readonly cold: boolean;
  /** Whether the instances use a Redis Cluster. */
  readonly cluster: boolean;
  /**
   * The seconds in which honest requests are measured, before and during each attack. The attack
   * takes half as long again.
   */
  readonly duration: number;
  /** The requests and bytes per second that the attacker may send in total. */
  readonly rate: number;
  readonly bytes: number;
}

export const usage = `npm run attack -- [options]

Starts two instances on a real PostgreSQL and a real Redis. 500 clients are subscribed to one organization. Honest clients read, write,
log in and subscribe from 127.0.0.1, while one attacker without rights in that organization attacks both instances from 127.0.0.2.
Prints a verdict after each attack: whether the medians of honest reads, writes and steps stayed below 100 ms or three times those just
before the attack, whether none was refused, live memory stopped growing, and the instances are running. A step is measured from the
request of a write until a subscriber has its frame. The exit code is 1 if a check failed. Everything stays on loopback and is stopped
at the end. Requires Linux.

  --only <attack,...>   only these attacks, in this order
  --together            also all attacks at once, at the end. No limit is promised for this: it shows what suffers first
  --cold                restart the instances before each measurement, and measure and attack from the moment that they are ready,
                        without the 500 clients
  --cluster             with a Redis Cluster of three nodes
  --duration <seconds>  measure requests for this long before and during each attack, 2 to 600 (default 10). The
                        attack continues for half of it, in which live memory is compared
  --rate <number>       requests per second of the attacker, 1 to 5000 (default 1000)
  --bytes <number>      bytes per second of the attacker (default 5000000)
  --short               --duration 3
  --help                print this text

Attacks:
${attacks.map(({ name, says }) => `  ${name.padEnd(24)}${says}`).join('\n')}
`;

/** @throws Error for invalid options */
export function parseOptions(args: readonly string[]): AttackRunOptions | 'help' {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: 'string' },
      together: { type: 'boolean', default: false },
      cold: { type: 'boolean', default: false },
      cluster: { type: 'boolean', default: false },
      duration: { type: 'string' },
      rate: { type: 'string', default: '1000' },
      bytes: { type: 'string', default: '5000000' },
      short: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return 'help';
  const only = values.only?.split(',') ?? attacks.map(({ name }) => name);
  const unknown = only.filter((name) => !attacks.some((attack) => attack.name === name));
  if (unknown.length > 0) throw new Error(`no such attack: ${unknown.join(', ')}`);
  return {
    only,
    together: values.together,
    cold: values.cold,
    cluster: values.cluster,
    duration: wholeNumber('duration', values.duration ?? (values.short ? '3' : '10'), 2, 600),
    rate: wholeNumber('rate', values.rate, 1, 5_000),
    bytes: wholeNumber('bytes', values.bytes, 1_000, 50_000_000),
  };
}

function wholeNumber(name: string, text: string, min: number, max: number): number {
  const value = Number(text);
  if (!/^\d{1,9}$/.test(text) || value < min || value > max) throw new Error(`--${name} must be a whole number from ${min} to ${max}`);
  return value;
}
