import type { operatorOrganizationShape, ResponseOf } from '@rollcall/protocol/rest/shapes';
import type { Command } from 'commander';
import { CliError } from '../cli-error.ts';
import { readEnvironment, urlOption } from '../environment.ts';
import { examples } from '../examples.ts';
import { confirmRemoval, yesOption } from './confirm-removal.ts';
import { findUserId } from './find-user.ts';
import { addListOptions, jsonOption, type ListOptions, readPages } from './list-options.ts';
import { OperatorClient, refusal } from './operator-client.ts';
import { type Column, none, printRecords } from './print-records.ts';

type Organization = ResponseOf<typeof operatorOrganizationShape>;

interface WriteOptions {
  readonly url?: string;
  readonly json?: true;
  readonly name?: string;
  readonly slug?: string;
  readonly externalId?: string;
  readonly owner?: string;
}

/** The argument of each command that takes an organization, for its help. */
export const organizationArgument = ['<org>', 'slug or id of the organization, or external:<id>'] as const;

const columns: readonly Column<Organization>[] = [
  ['ID', ({ id }) => id],
  ['SLUG', ({ slug }) => slug],
  ['NAME', ({ name }) => name],
  ['STATUS', ({ status }) => status.id],
  ['CREATED', ({ dateCreated }) => dateCreated.slice(0, 'YYYY-MM-DD'.length)],
  ['EXTERNAL ID', ({ externalId }) => externalId ?? none],
];

export function organizationPath(org: string): string {
  return `/organizations/${encodeURIComponent(org)}/`;
}

export function addOrgsCommand(program: Command): void {
  const orgs = program.command('orgs').description('list, create, change, remove and restore organizations (requires OPERATOR_TOKEN)');
  addListOptions(orgs.command('list').description('list organizations by id'), 'the name or the slug', 'status:active and externalId:acme')
    .option(...urlOption)
    .addHelpText('after', examples('rollcall orgs list --query status:active', 'rollcall orgs list --json | jq -r .slug'))
    .action(list);
  orgs
    .command('show')
    .description('show one organization')
    .argument(...organizationArgument)
    .option(...jsonOption)
    .option(...urlOption)
    .addHelpText('after', examples('rollcall orgs show acme', 'rollcall orgs show external:42 --json'))
    .action(show);
  orgs
    .command('create')
    .description('create an organization')
    .argument('<name>', 'the name')
    .requiredOption('--owner <user>', 'id or address of the first owner, or external:<id>')
    .option('--slug <slug>', 'the slug (default: made from the name)')
    .option('--external-id <id>', 'the id that your own system has for the organization')
    .option(...jsonOption)
    .option(...urlOption)
    .addHelpText(
      'after',
      examples('rollcall orgs create Acme --owner ada@example.com', 'rollcall orgs create Acme --owner 7 --external-id 42'),
    )
    .action(create);
  orgs
    .command('update')
    .description('change an organization. With external:<id>, creates the organization if there is none')
    .argument(...organizationArgument)
    .option('--name <name>', 'the name')
    .option('--slug <slug>', 'the slug')
    .option('--external-id <id>', 'the id that your own system has for the organization (empty: none)')
    .option('--owner <user>', 'the first owner of an organization that is created')
    .option(...jsonOption)
    .option(...urlOption)
    .addHelpText(
      'after',
      examples(
        'rollcall orgs update acme --name "Acme Corporation"',
        'rollcall orgs update external:42 --name Acme --owner ada@example.com',
      ),
    )
    .action(update);
  orgs
    .command('remove')
    .description('mark an organization for deletion. It works as before for 24 hours, and can be restored in that time')
    .argument(...organizationArgument)
    .option(...yesOption)
    .option(...urlOption)
    .addHelpText('after', examples('rollcall orgs remove acme', 'rollcall orgs remove external:42 --yes'))
    .action(remove);
  orgs
    .command('restore')
    .description('cancel the deletion of an organization that was removed less than 24 hours ago')
    .argument(...organizationArgument)
    .option(...jsonOption)
    .option(...urlOption)
    .addHelpText('after', examples('rollcall orgs restore acme', 'rollcall orgs restore external:42 --json'))
    .action(restore);
}

async function list(options: ListOptions): Promise<void> {
  const operator = await OperatorClient.open(options.url, readEnvironment());
  await printRecords(readPages<Organization>(operator, '/organizations/', options), columns, options.json === true);
}

async function show(org: string, { url, json }: WriteOptions): Promise<void> {
  const operator = await OperatorClient.open(url, readEnvironment());
  const response = await operator.request('GET', organizationPath(org));
  if (response.status !== 200) throw refusal(`The organization ${org} cannot be read`, response);
  await printRecords([[response.body as Organization]], columns, json === true);
}

async function create(name: string, { url, json, ...options }: WriteOptions): Promise<void> {
  const operator = await OperatorClient.open(url, readEnvironment());
  const response = await operator.request('POST', '/organizations/', { name, ...(await bodyOf(operator, options)) });
  if (response.status !== 201) throw refusal('The organization cannot be created', response);
  report('Created', response.body as Organization, json);
}

async function update(org: string, { url, json, ...options }: WriteOptions): Promise<void> {
  if (Object.keys(options).length === 0) throw new CliError('Nothing to change. Use --name, --slug or --external-id');
  const operator = await OperatorClient.open(url, readEnvironment());
  const response = await operator.request('PUT', organizationPath(org), await bodyOf(operator, options));
  if (response.status !== 200 && response.status !== 201) throw refusal(`The organization ${org} cannot be changed`, response);
  report(response.status === 201 ? 'Created' : 'Updated', response.body as Organization, json);
}

async function bodyOf(operator: OperatorClient, { name, slug, externalId, owner }: WriteOptions): Promise<object> {
  return {
    ...(name !== undefined && { name }),
    ...(slug !== undefined && { slug }),
    ...(externalId !== undefined && { externalId: externalId === '' ? null : externalId }),
    ...(owner !== undefined && { ownerId: await findUserId(operator, owner) }),
  };
}

function report(what: string, organization: Organization, json: true | undefined): void {
  console.log(json ? JSON.stringify(organization) : `${what} organization ${organization.id} (${organization.slug}).`);
}

async function remove(org: string, { url, yes }: { readonly url?: string; readonly yes?: true }): Promise<void> {
  const operator = await OperatorClient.open(url, readEnvironment());
  await confirmRemoval(org, `In 24 hours, ${org} and all its data will be deleted and its members lose access`, yes === true);
  const response = await operator.request('DELETE', organizationPath(org));
  if (response.status !== 202) throw refusal(`The organization ${org} cannot be removed`, response);
  console.log(`Marked ${org} for deletion. It can be restored for 24 hours.`);
}

async function restore(org: string, { url, json }: WriteOptions): Promise<void> {
  const operator = await OperatorClient.open(url, readEnvironment());
  const response = await operator.request('PUT', organizationPath(org), { cancelDeletion: true });
  if (response.status !== 200) throw refusal(`The organization ${org} cannot be restored`, response);
  report('Restored', response.body as Organization, json);
}
