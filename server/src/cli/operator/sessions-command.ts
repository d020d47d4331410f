import type { endedCredentialsShape, endedSessionsShape, openSessionsShape, ResponseOf } from '@rollcall/protocol/rest/shapes';
import type { Command } from 'commander';
import { CliError } from '../cli-error.ts';
import { readEnvironment, urlOption } from '../environment.ts';
import { examples } from '../examples.ts';
import { confirmRemoval, yesOption } from './confirm-removal.ts';
import { userArgument, userSegment } from './find-user.ts';
import { OperatorClient, refusal } from './operator-client.ts';

interface EndOptions {
  readonly url?: string;
  readonly tokens?: true;
  readonly all?: true;
  readonly yes?: true;
}

export function addSessionsCommand(program: Command): void {
  const sessions = program.command('sessions').description('end the sessions of users (requires OPERATOR_TOKEN)');
  sessions
    .command('end')
    .description('log a user out everywhere, or all users. They can log in again')
    .argument(`[${userArgument[0].slice(1, -1)}]`, userArgument[1])
    .option('--tokens', 'also revoke the tokens of the user')
    .option('--all', 'end the sessions of all users that exist now. Their tokens stay')
    .option(...yesOption)
    .option(...urlOption)
    .addHelpText('after', examples('rollcall sessions end ada@example.com --tokens', 'rollcall sessions end --all'))
    .action(end);
}

async function end(user: string | undefined, { url, tokens, all, yes }: EndOptions): Promise<void> {
  if ((user !== undefined) === (all === true)) throw new CliError('Name the user whose sessions end, or use --all');
  if (all && tokens) throw new CliError('--tokens needs a user. The tokens of all users can’t be revoked together');
  const operator = await OperatorClient.open(url, readEnvironment());
  if (user === undefined) await endAll(operator, yes === true);
  else await endOfUser(operator, user, tokens === true);
}

async function endOfUser(operator: OperatorClient, user: string, tokens: boolean): Promise<void> {
  const response = await operator.request('DELETE', `/users/${await userSegment(operator, user)}/sessions/${tokens ? '?tokens=true' : ''}`);
  if (response.status !== 200) throw refusal(`The sessions of ${user} cannot be ended`, response);
  const ended = response.body as ResponseOf<typeof endedCredentialsShape>;
  console.log(`Sessions of ${user} that ended: ${ended.sessions}.${tokens ? ` Tokens that were revoked: ${ended.tokens}.` : ''}`);
}

/** An interrupted run is continued by running it again. */
async function endAll(operator: OperatorClient, isConfirmed: boolean): Promise<void> {
  const counted = await operator.request('GET', '/sessions/');
  if (counted.status !== 200) throw refusal('The sessions cannot be counted', counted);
  const { sessions, users, lastId } = counted.body as ResponseOf<typeof openSessionsShape>;
  if (lastId === null) return console.log('There are no sessions.');
  await confirmRemoval(
    'all',
    `All sessions will end, and their users must log in again. Sessions: ${sessions}, users: ${users}`,
    isConfirmed,
  );
  for (let done = 0, isComplete = false; !isComplete; ) {
    const response = await operator.request('DELETE', `/sessions/?through=${lastId}`);
    if (response.status !== 200) throw refusal('The other sessions cannot be ended', response);
    const part = response.body as ResponseOf<typeof endedSessionsShape>;
    done += part.ended;
    isComplete = part.isComplete;
    if (isComplete) console.log(`Sessions that ended: ${done}.`);
    else console.error(`Ended ${done} of ${sessions} sessions.`);
  }
}
