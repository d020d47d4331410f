import type { Command } from 'commander';
import { CliError } from './cli-error.ts';
import { readEnvironment, urlOption } from './environment.ts';
import { OperatorClient, refusal } from './operator-client.ts';

/** A service token as the operator API lists it. */
interface ServiceToken {
  readonly id: string;
  readonly name: string;
  readonly tokenLastCharacters: string;
  readonly collections: readonly string[] | null;
  readonly scopes: readonly string[];
  readonly expiresAt: string | null;
  readonly dateLastUsed: string | null;
  readonly lastUsedAddress: string | null;
}

interface CreateOptions {
  readonly url?: string;
  readonly service?: true;
  readonly collections?: readonly string[];
  readonly scopes?: readonly string[];
  readonly addresses?: readonly string[];
  readonly expires?: string;
}

const path = '/service-tokens/';

export function addTokensCommand(program: Command): void {
  const tokens = program
    .command('tokens')
    .description('create, list and revoke tokens of services, which have access to every organization');
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
    .addHelpText('after', '\nRequires OPERATOR_TOKEN. The token is the only output on stdout.')
    .action(create);
  tokens
    .command('list')
    .description('list the service tokens, without their texts')
    .option(...urlOption)
    .action(list);
  tokens
    .command('revoke')
    .description('revoke a service token, which closes its connections')
    .argument('<id>', 'the id of the token, from the list')
    .option(...urlOption)
    .action(revoke);
}

async function create(name: string, { url, service, expires, ...limits }: CreateOptions): Promise<void> {
  if (!service) throw new CliError('Only service tokens can be created here. Add --service.');
  const operator = await OperatorClient.open(url, readEnvironment());
  const response = await operator.request('POST', path, { name, ...limits, ...(expires && { expiresAt: expires }) });
  if (response.status !== 201) throw refusal('The token cannot be created', response);
  const made = response.body as ServiceToken & { readonly token: string };
  console.error(`Token ${made.id} was created. It is shown only now:`);
  console.log(made.token);
}

async function list({ url }: { readonly url?: string }): Promise<void> {
  const operator = await OperatorClient.open(url, readEnvironment());
  const response = await operator.request('GET', path);
  if (response.status !== 200) throw refusal('The tokens cannot be listed', response);
  for (const token of response.body as readonly ServiceToken[]) console.log(describe(token));
}

function describe({ id, name, tokenLastCharacters, collections, scopes, expiresAt, dateLastUsed, lastUsedAddress }: ServiceToken): string {
  const use = dateLastUsed === null ? 'never used' : `last used ${dateLastUsed} from ${lastUsedAddress ?? 'an unknown address'}`;
  const end = expiresAt === null ? 'does not expire' : `expires ${expiresAt}`;
  return [id, name, `…${tokenLastCharacters}`, collections?.join() ?? 'all collections', scopes.join(), use, end].join('\t');
}

async function revoke(id: string, { url }: { readonly url?: string }): Promise<void> {
  const operator = await OperatorClient.open(url, readEnvironment());
  const response = await operator.request('DELETE', `${path}${encodeURIComponent(id)}/`);
  if (response.status !== 204) throw refusal(`Token ${id} cannot be revoked`, response);
  console.log(`Token ${id} was revoked.`);
}
