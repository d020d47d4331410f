import type {
  mintedServiceTokenShape,
  mintedTokenShape,
  ResponseOf,
  serviceTokenShape,
  userTokenShape,
} from '@rollcall/protocol/rest/shapes';
import type { Command } from 'commander';
import { CliError } from '../cli-error.ts';
import { readEnvironment, urlOption } from '../environment.ts';
import { examples } from '../examples.ts';
import { confirmRemoval, yesOption } from './confirm-removal.ts';
import { userSegment } from './find-user.ts';
import { jsonOption } from './list-options.ts';
import { OperatorClient, refusal } from './operator-client.ts';
import { type Column, none, printRecords } from './print-records.ts';

type ServiceToken = ResponseOf<typeof serviceTokenShape>;
type UserToken = ResponseOf<typeof userTokenShape>;

interface CreateOptions {
  readonly url?: string;
  readonly service?: true;
  readonly user?: string;
  readonly organization?: string;
  readonly collections?: readonly string[];
  readonly scopes?: readonly string[];
  readonly addresses?: readonly string[];
  readonly expires?: string;
}

const userOption = ['--user <user>', 'the user of the tokens: an id, an address, or external:<id>'] as const;

/** The columns that tokens of services and of users have. */
const nameColumns: readonly Column<ServiceToken | UserToken>[] = [
  ['ID', ({ id }) => id],
  ['NAME', ({ name }) => name || none],
  ['TOKEN', ({ tokenLastCharacters }) => `…${tokenLastCharacters}`],
];
const useColumns: readonly Column<ServiceToken | UserToken>[] = [
  ['SCOPES', ({ scopes }) => scopes.join()],
  ['EXPIRES', ({ expiresAt }) => expiresAt ?? 'never'],
  ['LAST USED', ({ dateLastUsed }) => dateLastUsed ?? 'never'],
];
const userColumns: readonly Column<UserToken>[] = [...nameColumns, ...useColumns];
const serviceColumns: readonly Column<ServiceToken>[] = [
  ...nameColumns,
  ['COLLECTIONS', ({ collections }) => collections?.join() ?? 'all'],
  ...useColumns,
  ['FROM', ({ lastUsedAddress }) => lastUsedAddress ?? none],
];

export function addTokensCommand(program: Command): void {
  const tokens = program
    .command('tokens')
    .description(
      'create, list and revoke tokens of services, which have access to every organization, and of users (requires OPERATOR_TOKEN)',
    );
  tokens
    .command('create')
    .description('create a token, and print it once')
    .argument('<name>', 'what uses the token')
    .option('--service', 'a token for every organization that exists now or later')
    .option(...userOption)
    .option('--scopes <scopes...>', 'the scopes of requests (default, with --service: those that read the collections)')
    .option('--collections <names...>', 'with --service: the collections that subscriptions contain (default: all)')
    .option('--addresses <cidrs...>', 'with --service: the addresses and networks from which the token is valid (default: any)')
    .option('--organization <slug>', 'with --user: the only organization that the token can reach (default: all of the user)')
    .option('--expires <time>', 'when the token expires, in ISO 8601 (default: never)')
    .option(...urlOption)
    .addHelpText(
      'after',
      `\nThe token is the only output on stdout.\n${examples(
        'rollcall tokens create --service billing > billing.token',
        'rollcall tokens create --service sync --collections members teams --addresses 10.0.0.0/8',
        'rollcall tokens create --user ada@example.com laptop --scopes org:read member:read',
      )}`,
    )
    .action(create);
  tokens
    .command('list')
    .description('list the tokens of services or of a user, without their texts')
    .option(...userOption)
    .option(...jsonOption)
    .option(...urlOption)
    .addHelpText(
      'after',
      examples('rollcall tokens list --user ada@example.com', 'rollcall tokens list --json | jq -r "select(.dateLastUsed == null).id"'),
    )
    .action(list);
  tokens
    .command('revoke')
    .description('revoke a token, which closes its connections')
    .argument('<id>', 'the id of the token, from the list')
    .option(...userOption)
    .option(...yesOption)
    .option(...urlOption)
    .addHelpText('after', examples('rollcall tokens revoke 7 --yes', 'rollcall tokens revoke 9 --user ada@example.com'))
    .action(revoke);
}

async function create(name: string, options: CreateOptions): Promise<void> {
  const { url, user, expires: expiresAt, service, collections, addresses, scopes, organization } = options;
  if (Boolean(service) === (user !== undefined)) throw new CliError('Name the user of the token with --user, or add --service');
  if (service && organization !== undefined) throw new CliError('--organization needs --user');
  if (user !== undefined && (collections ?? addresses)) throw new CliError('--collections and --addresses need --service');
  if (user !== undefined && scopes === undefined) throw new CliError('Name the scopes of the token with --scopes');
  const operator = await OperatorClient.open(url, readEnvironment());
  // A repeated request would leave a second token, whose text has been lost.
  const lookUp = `If ${listOf(user)} has a new token "${name}", revoke it before you create another`;
  const body = { name, scopes, collections, addresses, organization, expiresAt };
  const response = await operator.requestOnce('POST', await pathOf(operator, user), body, lookUp);
  if (response.status !== 201) throw refusal('The token cannot be created', response);
  const made = response.body as ResponseOf<typeof mintedServiceTokenShape | typeof mintedTokenShape>;
  console.error(`Token ${made.id} was created. It is shown only once:`);
  console.log(made.token);
}

async function list({ url, user, json }: { readonly url?: string; readonly user?: string; readonly json?: true }): Promise<void> {
  const operator = await OperatorClient.open(url, readEnvironment());
  const response = await operator.request('GET', await pathOf(operator, user));
  if (response.status !== 200) throw refusal('The tokens cannot be listed', response);
  if (user === undefined) await printRecords([response.body as ServiceToken[]], serviceColumns, json === true);
  else await printRecords([response.body as UserToken[]], userColumns, json === true);
}

async function revoke(
  id: string,
  { url, user, yes }: { readonly url?: string; readonly user?: string; readonly yes?: true },
): Promise<void> {
  const operator = await OperatorClient.open(url, readEnvironment());
  await confirmRemoval(id, `The connections of token ${id} will be closed`, yes === true);
  const response = await operator.request('DELETE', `${await pathOf(operator, user)}${encodeURIComponent(id)}/`);
  if (response.status !== 204) throw refusal(`Token ${id} cannot be revoked`, response);
  console.log(`Token ${id} was revoked.`);
}

/** The path of the tokens of a user, or of services. */
async function pathOf(operator: OperatorClient, user: string | undefined): Promise<string> {
  return user === undefined ? '/service-tokens/' : `/users/${await userSegment(operator, user)}/tokens/`;
}

function listOf(user: string | undefined): string {
  return user === undefined ? 'rollcall tokens list' : `rollcall tokens list --user ${user}`;
}
