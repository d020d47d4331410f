import type { Command } from 'commander';

export function addStartCommand(program: Command): void {
  program
    .command('start')
    .description('run the server: REST and Socket.IO on one port')
    .addHelpText('after', '\nWithout DATABASE_URL, the server uses an embedded database. If it is empty, a sample organization is created.')
    .action(async () => (await import('./start-server.ts')).startServer());
}
