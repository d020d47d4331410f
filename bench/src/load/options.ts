import { existsSync, readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

export const faultNames = ['redis-down', 'slow-subscriber', 'rolling-restart'] as const;
export type FaultName = (typeof faultNames)[number];
/** The event in a window of the run. */
export type WindowName = 'calm' | FaultName | 'reconnect-burst';

export interface LoadOptions {
  readonly instances: number;
  readonly subscribers: number;
  readonly replicas: number;
  /** Changes per second. */
  readonly rate: number;
  readonly payloadBytes: number;
  /** The sum of all windows. A fault with a slow recovery takes longer. */
  readonly durationMs: number;
  /** The windows in their order, each with an equal share of the duration. */
  readonly windows: readonly WindowName[];
  readonly seed: number;
  readonly out: string;
}

/** The smallest size of a change, which is a team's new name. Its record has some 200 bytes. */
export const smallestPayloadBytes = 200;
/** The limit of the setting for larger changes, less the JSON around the padding. */
const payloadBytesMax = 60_000;
/** File descriptors for starting, connecting, comparing and stopping. */
const descriptorsReserve = 200;

export const usage = `Usage: npm run load -- [options]

Runs several instances with many subscribers on this machine and reports how they perform. Starts
PostgreSQL, Redis and the servers on loopback, and stops them at the end.

  --instances N      server processes (default 2, with rolling-restart 3)
  --subscribers N    raw WebSocket subscribers of one organization, of all roles (default 1000)
  --replicas N       clients of the SDK that write, and check that nothing is lost or leaked (default 6)
  --rate N           changes per second (default 20)
  --payload BYTES    approximate size of a change as JSON, ${smallestPayloadBytes} to ${payloadBytesMax} (default ${smallestPayloadBytes})
  --duration S       seconds under load, divided among the following windows (default 30)
  --faults LIST      faults, separated by commas, injected one after another after a calm window:
                     redis-down        Redis is killed, and restarted at the end of this window
                     slow-subscriber   one subscriber reads 1 KB per second
                     rolling-restart   the instances are restarted, one after another
  --reconnect-burst  at the end, one instance is killed, and its subscribers reconnect to the others at once
  --out DIR          the folder of report.html and report.json (default load-report)
  --seed N           the seed of all random choices, to repeat a run (default: random)
  --help             print this text

The exit code is 1 if anything was lost, reordered, leaked or failed. A missed speed goal is only
reported, because it depends on the machine and its other work.`;

/** @throws Error that names the invalid option */
export function parseOptions(args: readonly string[]): LoadOptions | 'help' {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    args: [...args],
    options: {
      instances: text,
      subscribers: text,
      replicas: text,
      rate: text,
      payload: text,
      duration: text,
      faults: text,
      'reconnect-burst': { type: 'boolean', default: false },
      out: text,
      seed: text,
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return 'help';
  const faults = (values.faults ?? '').split(',').filter((name) => name !== '');
  const unknown = faults.find((name) => !faultNames.includes(name as FaultName));
  if (unknown !== undefined) throw new Error(`--faults accepts ${faultNames.join(', ')}, but not ${unknown}`);
  const windows: WindowName[] = ['calm', ...(faults as FaultName[])];
  if (values['reconnect-burst']) windows.push('reconnect-burst');

  const whole = (name: 'instances' | 'subscribers' | 'replicas' | 'rate' | 'payload' | 'duration' | 'seed', limits: Limits) =>
    wholeNumber(name, values[name], limits);
  const instances = whole('instances', { byDefault: faults.includes('rolling-restart') ? 3 : 2, min: 1, max: 16 });
  if (instances === 1 && windows.some((name) => name === 'reconnect-burst' || name === 'rolling-restart')) {
    throw new Error('--reconnect-burst and rolling-restart require another instance: --instances 2');
  }
  const payloadBytes = whole('payload', { byDefault: smallestPayloadBytes, min: smallestPayloadBytes, max: payloadBytesMax });
  if (payloadBytes > smallestPayloadBytes && faults.includes('slow-subscriber')) {
    throw new Error('slow-subscriber determines the size of changes itself. Omit --payload');
  }
  return {
    instances,
    subscribers: whole('subscribers', { byDefault: 1_000, min: 1, max: openFilesMax() - descriptorsReserve }),
    replicas: whole('replicas', { byDefault: 6, min: 1, max: 100 }),
    rate: whole('rate', { byDefault: 20, min: 1, max: 2_000 }),
    payloadBytes,
    durationMs: whole('duration', { byDefault: 30, min: 2, max: 86_400 }) * 1_000,
    windows,
    seed: whole('seed', { byDefault: Math.floor(Math.random() * 1e6), min: 0, max: 2 ** 31 }),
    out: values.out ?? 'load-report',
  };
}

interface Limits {
  readonly byDefault: number;
  readonly min: number;
  readonly max: number;
}

function wholeNumber(name: string, text: string | undefined, { byDefault, min, max }: Limits): number {
  const value = text === undefined ? byDefault : Number(text);
  if (!Number.isInteger(value) || value < min || value > max) throw new Error(`--${name} must be a whole number from ${min} to ${max}`);
  return value;
}

/**
 * In a reconnect burst all subscribers may connect to one instance, each with a descriptor there.
 * The soft limit applies to it too.
 */
function openFilesMax(): number {
  const limits = '/proc/self/limits';
  const [, soft] = (existsSync(limits) && /^Max open files\s+(\d+)/m.exec(readFileSync(limits, 'utf8'))) || [];
  return soft === undefined ? 10_000 : Number(soft);
}
