import type { mintedServiceTokenShape, ResponseOf, serviceTokenShape } from '@rollcall/protocol/rest/shapes';
import type { Command } from 'commander';
import { CliError } from '../cli-error.ts';
import { readEnvironment, urlOption } from '../environment.ts';
import { examples } from '../examples.ts';
import { confirmRemoval, yesOption } from './confirm-removal.ts';
import { jsonOption } from './list-options.ts';
import { OperatorClient, refusal } from './operator-client.ts';
import { type Column, none, printRecords } from './print-records.ts';

type ServiceToken = ResponseOf<typeof serviceTokenShape>;

interface CreateOptions {
  readonly url?: string;
  readonly service?: true;
  readonly collections?: readonly string[];
  readonly scopes?: readonly string[];
  readonly addresses?: readonly string[];
  readonly expires?: string;
}

const columns: readonly Column<ServiceToken>[] = [
  ['ID', ({ id }) => id],
  ['NAME', ({ name }) => name],
  ['TOKEN', ({ tokenLastCharacters }) => `…${tokenLastCharacters}`],
  ['COLLECTIONS', ({ collections }) => collections?.join() ?? 'all'],
  ['SCOPES', ({ scopes }) => scopes.join()],
  ['EXPIRES', ({ expiresAt }) => expiresAt ?? 'never'],
  ['LAST USED', ({ dateLastUsed }) => dateLastUsed ?? 'never'],
  ['FROM', ({ lastUsedAddress }) => lastUsedAddress ?? none],
];

const path = '/service-tokens/';

export function addTokensCommand(program: Command): void {
  const tokens = program
    .command('tokens')
    .description('create, list and revoke tokens of services, which have access to every organization (requires OPERATOR_TOKEN)');
  tokens
    .command('create')
    .description('create a token, and print it once')
    .argument('<name>', 'what uses the token')
    .option('--service', 'a token for every organization that exists now or later (required: there is no other kind)')
    .option('--collections <names...>', 'the collections that subscriptions contain (default: all)')
    .option('--scopes <scopes...>', 'the scopes of requests (default: those that read the collections)')
    .option('--addresses <cidrs...>', 'the addresses and networks from which the token is valid (default: any)')
    .option('--expires <time>', 'when the token expires, in ISO 8601 (default: never)')
    .option(...urlOption)
    .addHelpText(
      'after',
      `\nThe token is the only output on stdout.\n${examples(
        'rollcall tokens create --service billing > billing.token',
        'rollcall tokens create --service sync --collections members teams --addresses 10.0.0.0/8',
      )}`,
    )
    .action(create);
  tokens
    .command('list')
    .description('list the service tokens, without their texts')
    .option(...jsonOption)
    .option(...urlOption)
    .addHelpText('after', examples('rollcall tokens list', 'rollcall tokens list --json | jq -r "select(.dateLastUsed == null).id"'))
    .action(list);
  tokens
    .command('revoke')
    .description('revoke a service token, which closes its connections')
    .argument('<id>', 'the id of the token, from the list')
    .option(...yesOption)
    .option(...urlOption)
    .addHelpText('after', examples('rollcall tokens revoke 7', 'rollcall tokens revoke 7 --yes'))
    .action(revoke);
}

async function create(name: string, { url, service, expires, ...limits }: CreateOptions): Promise<void> {
  if (!service) throw new CliError('Only service tokens can be created here. Add --service.');
  const operator = await OperatorClient.open(url, readEnvironment());
  const body = { name, ...limits, ...(expires && { expiresAt: expires }) };
  // A repeated request would leave a second token, whose text has been lost.
  const lookUp = `If rollcall tokens list has a new token "${name}", revoke it before you create another`;
  const response = await operator.requestOnce('POST', path, body, lookUp);
  if (response.status !== 201) throw refusal('The token cannot be created', response);
  const made = response.body as ResponseOf<typeof mintedServiceTokenShape>;
  console.error(`Token ${made.id} was created. It is shown only now:`);
  console.log(made.token);
}

async function list({ url, json }: { readonly url?: string; readonly json?: true }): Promise<void> {
  const operator = await OperatorClient.open(url, readEnvironment());
  const response = await operator.request('GET', path);
  if (response.status !== 200) throw refusal('The tokens cannot be listed', response);
  await printRecords([response.body as ServiceToken[]], columns, json === true);
}

async function revoke(id: string, { url, yes }: { readonly url?: string; readonly yes?: true }): Promise<void> {
  const operator = await OperatorClient.open(url, readEnvironment());
  await confirmRemoval(id, `The connections of token ${id} will be closed`, yes === true);
  const response = await operator.request('DELETE', `${path}${encodeURIComponent(id)}/`);
  if (response.status !== 204) throw refusal(`Token ${id} cannot be revoked`, response);
  console.log(`Token ${id} was revoked.`);
}
