import type { Command } from 'commander';
import { examples } from '../examples.ts';
import type { DoctorOptions } from './run-doctor.ts';

export function addDoctorCommand(program: Command): void {
  program
    .command('doctor')
    .description('check the settings, and the database, Redis, mail server and URLs that they name')
    .option('--asvs', 'list the settings that level 2 of OWASP ASVS 5.0.0 needs, without a call to a server')
    .addHelpText(
      'after',
      `\nPrints one line for each check, and changes nothing. The exit code is 1 if a check failed.\n${examples(
        'rollcall doctor',
        'rollcall doctor && rollcall start',
        'rollcall doctor --asvs',
      )}`,
    )
    .action(async (options: DoctorOptions) => (await import('./run-doctor.ts')).runDoctor(options));
}
