import { Argument, type Command } from 'commander';
import { examples } from '../examples.ts';

export function addMigrateCommand(program: Command): void {
  program
    .command('migrate')
    .description('run the pending migrations, or list all migrations (start also runs them)')
    .addArgument(new Argument('[what]', 'up runs the pending migrations, status lists all').choices(['up', 'status']).default('up'))
    .addHelpText('after', examples('rollcall migrate', 'rollcall migrate status'))
    .action(async (what: 'up' | 'status') => {
      const { runMissing, listAll } = await import('./run-migrations.ts');
      await (what === 'up' ? runMissing() : listAll());
    });
}
