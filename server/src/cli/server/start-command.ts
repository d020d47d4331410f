import type { Command } from 'commander';
import { examples } from '../examples.ts';

export function addStartCommand(program: Command): void {
  program
    .command('start')
    .description('run the server: REST and Socket.IO on one port')
    .addHelpText(
      'after',
      `\nWithout DATABASE_URL, the server uses an embedded database. If it is empty, a sample organization is created.\n${examples(
        'rollcall start',
        'PORT=8080 DATABASE_URL=postgres://rollcall@db.internal/rollcall rollcall start',
      )}`,
    )
    .action(async () => (await import('./run-server.ts')).runServer());
}
