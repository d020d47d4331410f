import { Command, CommanderError } from 'commander';
import { version } from '../runtime/version.ts';
import { explainFailure } from './explain-failure.ts';
import { addExportCommand } from './export-command.ts';
import { addImportCommand } from './history/import-command.ts';
import { addReplayCommand } from './history/replay-command.ts';
import { addImportOrganizationCommand } from './import-organization-command.ts';
import { addMembersCommand } from './operator/members-command.ts';
import { addOperatorTokensCommand } from './operator/operator-tokens-command.ts';
import { addOrgsCommand } from './operator/orgs-command.ts';
import { addRotateSecretCommand } from './operator/rotate-secret-command.ts';
import { addSecurityEventsCommand } from './operator/security-events-command.ts';
import { addSessionsCommand } from './operator/sessions-command.ts';
import { addTokensCommand } from './operator/tokens-command.ts';
import { addUsersCommand } from './operator/users-command.ts';
import { addDoctorCommand } from './server/doctor-command.ts';
import { addMigrateCommand } from './server/migrate-command.ts';
import { addStartCommand } from './server/start-command.ts';
import { addWatchCommand } from './watch/watch-command.ts';

/** Returns the exit code. Prints a failure, in one line if its cause is known. */
export async function runCommandLine(args: readonly string[]): Promise<number> {
  // A message that can't be written ends no command, because it can't be reported elsewhere.
  process.stderr.on('error', () => {});
  process.stdout.on('error', (error) => process.exit(endOfOutput(error)));
  const code = await run(args);
  // If the command ends at once, Node has not emitted the error yet.
  return code === 0 && process.stdout.errored ? endOfOutput(process.stdout.errored) : code;
}

async function run(args: readonly string[]): Promise<number> {
  try {
    await buildProgram().parseAsync(args, { from: 'user' });
    return 0;
  } catch (error) {
    const isAnswered = error instanceof CommanderError && (error.exitCode === 0 || error.code === 'commander.help');
    if (!isAnswered) console.error(`rollcall: ${explainFailure(error)}`);
    return isAnswered ? error.exitCode : 1;
  }
}

/**
 * The exit code if stdout can no longer be written. The reader may stop reading, as in
 * `rollcall watch acme | head -1`. Otherwise the output is incomplete, for example because the disk
 * is full.
 */
function endOfOutput(error: NodeJS.ErrnoException): number {
  if (error.code === 'EPIPE') return 0;
  console.error(`rollcall: The output is incomplete: ${error.message}.`);
  return 1;
}

/**
 * The commands with their options. Rejects invalid arguments with a CommanderError. The commands
 * that need the server's code or the client import it when they run. Loading the server takes more
 * than a second of CPU time, which the other commands would wait for.
 */
export function buildProgram(): Command {
  const program = new Command('rollcall')
    .description(
      'Live state of organizations: members, roles, teams, projects and flags. Changes reach every subscriber within milliseconds.',
    )
    .version(version)
    .exitOverride()
    // The thrown failure is printed once, by `explainFailure`.
    .configureOutput({ outputError: () => {} })
    .addHelpText(
      'after',
      '\nSettings are environment variables, or lines of a .env file in the working directory. docs/operating/configuration.md lists them.',
    );
  addStartCommand(program);
  addMigrateCommand(program);
  addDoctorCommand(program);
  addWatchCommand(program);
  addImportCommand(program);
  addReplayCommand(program);
  addExportCommand(program);
  addImportOrganizationCommand(program);
  addUsersCommand(program);
  addOrgsCommand(program);
  addMembersCommand(program);
  addTokensCommand(program);
  addSessionsCommand(program);
  addRotateSecretCommand(program);
  addSecurityEventsCommand(program);
  addOperatorTokensCommand(program);
  return program;
}
