import type { erasureShape, operatorUserShape, ResponseOf } from '@rollcall/protocol/rest/shapes';
import type { Command } from 'commander';
import { CliError } from '../cli-error.ts';
import { readEnvironment, urlOption } from '../environment.ts';
import { examples } from '../examples.ts';
import { confirmRemoval, yesOption } from './confirm-removal.ts';
import { userArgument, userSegment } from './find-user.ts';
import { addListOptions, jsonOption, type ListOptions, readPages } from './list-options.ts';
import { OperatorClient, refusal } from './operator-client.ts';
import { type Column, none, printRecords } from './print-records.ts';
import { passwordOption, readPassword } from './read-password.ts';

type Erasure = ResponseOf<typeof erasureShape>;
type User = ResponseOf<typeof operatorUserShape>;

interface WriteOptions {
  readonly url?: string;
  readonly json?: true;
  readonly email?: string;
  readonly name?: string;
  readonly externalId?: string;
  readonly passwordStdin?: true;
  readonly endTokens?: true;
  readonly enable?: true;
  readonly disable?: true;
}

const columns: readonly Column<User>[] = [
  ['ID', ({ id }) => id],
  ['EMAIL', ({ email }) => email ?? none],
  ['NAME', ({ name }) => name ?? none],
  ['STATE', ({ isActive }) => (isActive ? 'active' : 'disabled')],
  ['2FA', ({ has2fa }) => (has2fa ? 'yes' : 'no')],
  ['EXTERNAL ID', ({ externalId }) => externalId ?? none],
];

export function addUsersCommand(program: Command): void {
  const users = program.command('users').description('list, create, change and erase users (requires OPERATOR_TOKEN)');
  addListOptions(users.command('list').description('list users by id'), 'the name or the address', 'isActive:false and externalId:00u1')
    .option(...urlOption)
    .addHelpText('after', examples('rollcall users list --query ada', 'rollcall users list --query isActive:false --json | jq -r .email'))
    .action(list);
  users
    .command('show')
    .description('show one user')
    .argument(...userArgument)
    .option(...jsonOption)
    .option(...urlOption)
    .addHelpText('after', examples('rollcall users show ada@example.com', 'rollcall users show external:00u1 --json'))
    .action(show);
  users
    .command('create')
    .description('create a user, whose address counts as verified')
    .argument('<email>', 'the address')
    .option('--name <name>', 'the name')
    .option('--external-id <id>', 'the id that your own system has for the user')
    .option(...passwordOption)
    .option(...jsonOption)
    .option(...urlOption)
    .addHelpText(
      'after',
      examples(
        'rollcall users create ada@example.com --name "Ada Lovelace" --external-id 00u1',
        'rollcall users create ada@example.com --password-stdin < password.txt',
      ),
    )
    .action(create);
  users
    .command('update')
    .description('change a user. With external:<id>, creates the user if there is none')
    .argument(...userArgument)
    .option('--email <address>', 'the new address, which counts as verified. The former one is removed, and gets a mail')
    .option('--name <name>', 'the name')
    .option('--external-id <id>', 'the id that your own system has for the user (empty: none)')
    .option('--disable', 'end the sessions, tokens and connections of the user, and refuse new ones')
    .option('--enable', 'let a disabled user log in again')
    .option(...passwordOption)
    .option('--end-tokens', 'with a new password, also revoke the tokens of the user. The sessions end in any case')
    .option(...jsonOption)
    .option(...urlOption)
    .addHelpText(
      'after',
      examples(
        'rollcall users update ada@example.com --disable',
        'rollcall users update 7 --external-id 00u1',
        'rollcall users update external:00u1 --email ada@example.com --name Ada',
      ),
    )
    .action(update);
  users
    .command('erase')
    .description('erase the personal data of a user. It cannot be undone')
    .argument(...userArgument)
    .option(...yesOption)
    .option(...urlOption)
    .addHelpText('after', examples('rollcall users erase ada@example.com', 'rollcall users erase external:00u1 --yes'))
    .action(erase);
  users
    .command('erasure')
    .description('show what the erasure of a user has done in each organization')
    .argument(...userArgument)
    .option(...jsonOption)
    .option(...urlOption)
    .addHelpText('after', examples('rollcall users erasure 7', 'rollcall users erasure 7 --json'))
    .action(showErasure);
}

async function list(options: ListOptions): Promise<void> {
  const operator = await OperatorClient.open(options.url, readEnvironment());
  await printRecords(readPages<User>(operator, '/users/', options), columns, options.json === true);
}

async function show(user: string, { url, json }: WriteOptions): Promise<void> {
  const operator = await OperatorClient.open(url, readEnvironment());
  const response = await operator.request('GET', `/users/${await userSegment(operator, user)}/`);
  if (response.status !== 200) throw refusal(`The user ${user} cannot be read`, response);
  await printRecords([[response.body as User]], columns, json === true);
}

async function create(email: string, { url, json, ...options }: WriteOptions): Promise<void> {
  const body = { email, ...(await bodyOf(options)) };
  const operator = await OperatorClient.open(url, readEnvironment());
  const response = await operator.requestOnce('POST', '/users/', body, `Check with rollcall users show ${email}`);
  if (response.status !== 201) throw refusal('The user cannot be created', response);
  report('Created', response.body as User, json);
}

async function update(user: string, { url, json, ...options }: WriteOptions): Promise<void> {
  if (options.enable && options.disable) throw new CliError('--enable and --disable can’t be combined. Use one of them');
  const body = await bodyOf(options);
  if (Object.keys(body).length === 0) throw new CliError('Nothing to change. Use an option such as --name, --email or --disable');
  const operator = await OperatorClient.open(url, readEnvironment());
  const response = await operator.request('PUT', `/users/${await userSegment(operator, user)}/`, body);
  if (response.status !== 200 && response.status !== 201) throw refusal(`The user ${user} cannot be changed`, response);
  report(response.status === 201 ? 'Created' : 'Updated', response.body as User, json);
}

async function bodyOf({ email, name, externalId, passwordStdin, endTokens, enable, disable }: WriteOptions): Promise<object> {
  return {
    ...(email !== undefined && { email }),
    ...(name !== undefined && { name }),
    ...(externalId !== undefined && { externalId: externalId === '' ? null : externalId }),
    ...(passwordStdin && { password: await readPassword() }),
    ...(endTokens && { endTokens }),
    ...((enable || disable) && { isActive: enable === true }),
  };
}

function report(what: string, user: User, json: true | undefined): void {
  console.log(json ? JSON.stringify(user) : `${what} user ${user.id} (${user.email}).`);
}

async function erase(user: string, { url, yes }: { readonly url?: string; readonly yes?: true }): Promise<void> {
  const operator = await OperatorClient.open(url, readEnvironment());
  const segment = await userSegment(operator, user);
  await confirmRemoval(user, `The personal data of ${user} will be erased, except in backups`, yes === true);
  const response = await operator.request('DELETE', `/users/${segment}/?mode=erase`);
  if (response.status !== 202 && response.status !== 200) throw refusal(`The user ${user} cannot be erased`, response);
  const accepted = response.body as Erasure;
  if (response.status === 202) console.log(`The erasure of user ${accepted.id} is accepted. The user has no access any more.`);
  printErasure(accepted);
}

async function showErasure(user: string, { url, json }: WriteOptions): Promise<void> {
  const operator = await OperatorClient.open(url, readEnvironment());
  const response = await operator.request('GET', `/users/${await userSegment(operator, user)}/erasure/`);
  if (response.status !== 200) throw refusal(`The erasure of ${user} cannot be read`, response);
  if (json) console.log(JSON.stringify(response.body));
  else printErasure(response.body as Erasure);
}

const statusTexts: Readonly<Record<Erasure['status'], string>> = {
  running: 'The memberships of the user end. rollcall users erasure shows the progress.',
  refused: 'An organization refuses, and is tried again. The account is erased when no organization refuses.',
  rewriting: 'The account is erased. The history of organizations is rewritten in the background.',
  done: 'The erasure is complete.',
};

function printErasure({ id, status, steps, backups }: Erasure): void {
  console.log(`User ${id}: ${statusTexts[status]}`);
  for (const { organization, status: state, refusal: why, changedRecords } of steps) {
    console.log(`  organization ${organization}: ${state}${why === null ? '' : ` (${why})`}, ${changedRecords} records changed`);
  }
  console.log(backups);
}
