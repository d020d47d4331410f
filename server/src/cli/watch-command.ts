import type { Command } from 'commander';
import { urlOption } from './environment.ts';
import { examples } from './examples.ts';
import type { WatchOptions } from './watch-organization.ts';

export function addWatchCommand(program: Command): void {
  program
    .command('watch')
    .description('print the changes to an organization as they arrive, one per line')
    .argument('<org>', 'slug or id of the organization')
    .option(...urlOption)
    .option('--token <token>', 'user or organization token (default: ROLLCALL_TOKEN, which is hidden from other users of this machine)')
    .option('--json', 'print one JSON object per line')
    .option('--after <cursor>', 'first print the changes after a cursor of the changes API, or all that the log contains: floor')
    .addHelpText('after', examples('rollcall watch acme', 'rollcall watch acme --json --after floor | jq -c .type'))
    .action(async (org: string, options: WatchOptions) => (await import('./watch-organization.ts')).watchOrganization(org, options));
}
