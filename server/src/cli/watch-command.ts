import type { Command } from 'commander';
import { urlOption } from './environment.ts';
import { examples } from './examples.ts';
import type { WatchOptions } from './watch-organizations.ts';

const jsonHelp = `
With --json, each line has type, timestamp and data, as an event of the changes API. Without --after,
the first line of an organization has the type state: its revision, and all records. The last line of
the changes that were read together has after: the cursor to continue with.`;

export function addWatchCommand(program: Command): void {
  program
    .command('watch')
    .description('print the changes to organizations as they arrive, one per line')
    .argument('[orgs...]', 'slugs or ids of organizations')
    .option('--all', 'watch all organizations of the token, now and later: for the token of a service')
    .option(...urlOption)
    .option('--token <token>', 'the token (default: ROLLCALL_TOKEN, which is hidden from other users of this machine)')
    .option('--json', 'print one JSON object per line')
    .option(
      '--after <cursor>',
      'first print the changes after a cursor of the changes API, or all that the log contains: floor. For one of several organizations, <org>=<cursor>; can be repeated',
      (value, given: readonly string[]) => [...given, value],
      [],
    )
    .addHelpText(
      'after',
      `${jsonHelp}\n${examples(
        'rollcall watch acme',
        'rollcall watch acme beta --after acme=floor',
        'rollcall watch --all --json | jq -c "[.timestamp, .data.organization.slug, .type]"',
      )}`,
    )
    .action(async (orgs: readonly string[], options: WatchOptions) =>
      (await import('./watch-organizations.ts')).watchOrganizations(orgs, options),
    );
}
