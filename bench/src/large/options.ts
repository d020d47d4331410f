import { parseArgs } from 'node:util';

export interface LargeOptions {
  readonly members: number;
}

export const usage = `Usage: npm run bench:large -- [options]

Subscribes to one large organization with the client, on a server that has just been started, and
prints when the first part arrived, when the replica was complete, and the delay of both event loops.

  --members N  members of the organization (default 100000); every tenth is on a team
  --help       print this text

Starts a PostgreSQL and a server of its own on loopback. Run it on a machine that does nothing else.`;

/** @throws Error that names the invalid option */
export function parseLargeOptions(args: readonly string[]): LargeOptions | 'help' {
  const { values } = parseArgs({
    args: [...args],
    options: { members: { type: 'string', default: '100000' }, help: { type: 'boolean', default: false } },
  });
  if (values.help) return 'help';
  const members = Number(values.members);
  if (!Number.isInteger(members) || members < 1_000 || members > 1_000_000) {
    throw new Error('--members must be a whole number from 1,000 to 1,000,000');
  }
  return { members };
}
