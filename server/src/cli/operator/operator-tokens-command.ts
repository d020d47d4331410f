import type { mintedOperatorTokenShape, operatorTokenShape, ResponseOf } from '@rollcall/protocol/rest/shapes';
import type { Command } from 'commander';
import { readEnvironment, urlOption } from '../environment.ts';
import { examples } from '../examples.ts';
import { confirmRemoval, yesOption } from './confirm-removal.ts';
import { jsonOption } from './list-options.ts';
import { OperatorClient, refusal } from './operator-client.ts';
import { type Column, printRecords } from './print-records.ts';

type OperatorToken = ResponseOf<typeof operatorTokenShape>;

interface CreateOptions {
  readonly url?: string;
  readonly scopes: readonly string[];
  readonly expires?: string;
}

const columns: readonly Column<OperatorToken>[] = [
  ['ID', ({ id }) => id],
  ['NAME', ({ name }) => name],
  ['TOKEN', ({ tokenLastCharacters }) => `…${tokenLastCharacters}`],
  ['SCOPES', ({ scopes }) => scopes.join()],
  ['CREATED BY', ({ createdBy }) => createdBy],
  ['EXPIRES', ({ expiresAt }) => expiresAt],
  ['LAST USED', ({ dateLastUsed }) => dateLastUsed ?? 'never'],
];

export function addOperatorTokensCommand(program: Command): void {
  const tokens = program
    .command('operator-tokens')
    .description('create, list and revoke tokens for operators and their tools (requires OPERATOR_TOKEN)');
  tokens
    .command('create')
    .description('create a token, and print it once')
    .argument('<name>', 'who uses the token, such as deploy-bot. Audit logs show it')
    .requiredOption('--scopes <scopes...>', 'operator:admin, operator:provision, operator:read or metrics:read')
    .option('--expires <time>', 'when the token expires, in ISO 8601, at most 366 days from now (default: in 90 days)')
    .option(...urlOption)
    .addHelpText(
      'after',
      `\nEach scope includes those after it. The token is the only output on stdout. OPERATOR_TOKEN can be another token with operator:admin.\n${examples(
        'rollcall operator-tokens create prometheus --scopes metrics:read > rollcall-token',
        'rollcall operator-tokens create identity-mirror --scopes operator:provision --expires 2027-01-01T00:00:00Z',
      )}`,
    )
    .action(create);
  tokens
    .command('list')
    .description('list the tokens, without their texts')
    .option(...jsonOption)
    .option(...urlOption)
    .addHelpText(
      'after',
      examples('rollcall operator-tokens list', 'rollcall operator-tokens list --json | jq -r "select(.dateLastUsed == null).name"'),
    )
    .action(list);
  tokens
    .command('revoke')
    .description('revoke a token on all instances')
    .argument('<id>', 'the id of the token, from the list')
    .option(...yesOption)
    .option(...urlOption)
    .addHelpText('after', examples('rollcall operator-tokens revoke 7 --yes'))
    .action(revoke);
}

async function create(name: string, { url, scopes, expires: expiresAt }: CreateOptions): Promise<void> {
  const operator = await OperatorClient.open(url, readEnvironment());
  // A repeated request would leave a second token, whose text has been lost.
  const lookUp = `If rollcall operator-tokens list has a new token "${name}", revoke it before you create another`;
  const response = await operator.requestOnce('POST', '/operator-tokens/', { name, scopes, expiresAt }, lookUp);
  if (response.status !== 201) throw refusal('The token cannot be created', response);
  const made = response.body as ResponseOf<typeof mintedOperatorTokenShape>;
  console.error(`Token ${made.id} was created. It expires at ${made.expiresAt}, and is shown only once:`);
  console.log(made.token);
}

async function list({ url, json }: { readonly url?: string; readonly json?: true }): Promise<void> {
  const operator = await OperatorClient.open(url, readEnvironment());
  const response = await operator.request('GET', '/operator-tokens/');
  if (response.status !== 200) throw refusal('The tokens cannot be listed', response);
  await printRecords([response.body as OperatorToken[]], columns, json === true);
}

async function revoke(id: string, { url, yes }: { readonly url?: string; readonly yes?: true }): Promise<void> {
  const operator = await OperatorClient.open(url, readEnvironment());
  await confirmRemoval(id, `Requests with token ${id} will be refused`, yes === true);
  const response = await operator.request('DELETE', `/operator-tokens/${encodeURIComponent(id)}/`);
  if (response.status !== 204) throw refusal(`Token ${id} cannot be revoked`, response);
  console.log(`Token ${id} was revoked.`);
}
