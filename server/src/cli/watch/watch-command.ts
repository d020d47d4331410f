import type { Command } from 'commander';
import { urlOption } from '../environment.ts';
import { examples } from '../examples.ts';
import type { WatchOptions } from './watch-organizations.ts';

const jsonHelp = `
With --json, each line has the fields type, timestamp and data, as an event of the changes API has.
Without --after, the first line of an organization has the type "state", and contains its revision and
all records. The last line of each group of changes that were read together also has the field after,
which is the cursor to continue with.`;

export function addWatchCommand(program: Command): void {
  program
    .command('watch')
    .description('print the changes to organizations as they arrive, one per line')
    .argument('[orgs...]', 'slugs or ids of organizations')
    .option('--all', 'watch all organizations of a service token, including those that are created later')
    .option(...urlOption)
    .option('--token <token>', 'the token (default: ROLLCALL_TOKEN, which is hidden from other users of this machine)')
    .option('--json', 'print one JSON object per line')
    .option(
      '--after <cursor>',
      'first print the changes after this cursor of the changes API, or, with floor, all changes in the log. To watch several organizations, repeat it with <org>=<cursor>',
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
