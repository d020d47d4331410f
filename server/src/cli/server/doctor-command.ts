import type { Command } from 'commander';
import { examples } from '../examples.ts';

export function addDoctorCommand(program: Command): void {
  program
    .command('doctor')
    .description('check the settings, and the database, Redis, mail server and URLs that they name')
    .addHelpText(
      'after',
      `\nPrints one line for each check, and changes nothing. The exit code is 1 if a check failed.\n${examples(
        'rollcall doctor',
        'rollcall doctor && rollcall start',
      )}`,
    )
    .action(async () => (await import('./run-doctor.ts')).runDoctor());
}
