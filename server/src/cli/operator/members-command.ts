import type { memberShape, operatorMemberShape, ResponseOf } from '@rollcall/protocol/rest/shapes';
import type { Command } from 'commander';
import { CliError } from '../cli-error.ts';
import { readEnvironment, urlOption } from '../environment.ts';
import { examples } from '../examples.ts';
import { confirmRemoval, yesOption } from './confirm-removal.ts';
import { findUserId, userArgument, userSegment } from './find-user.ts';
import { addListOptions, jsonOption, type ListOptions, readPages } from './list-options.ts';
import { OperatorClient, refusal } from './operator-client.ts';
import { organizationArgument, organizationPath } from './orgs-command.ts';
import { type Column, none, printRecords } from './print-records.ts';

type Member = ResponseOf<typeof operatorMemberShape>;

interface WriteOptions {
  readonly url?: string;
  readonly json?: true;
  readonly role?: string;
  readonly teams?: readonly string[];
}

const columns: readonly Column<Member>[] = [
  ['ID', ({ id }) => id],
  ['USER', ({ user }) => user?.id ?? none],
  ['EMAIL', ({ email }) => email ?? none],
  ['NAME', ({ name }) => name],
  ['ROLE', ({ orgRole }) => orgRole],
  ['STATE', stateOf],
  ['TEAMS', ({ teams }) => teams.join() || none],
  ['EXTERNAL ID', ({ user }) => user?.externalId ?? none],
];

function stateOf({ user, expired }: Member): string {
  if (user === null) return expired ? 'expired' : 'invited';
  return user.isActive ? 'active' : 'disabled';
}

const roleOption = ['--role <role>', 'owner, manager, admin or member'] as const;

export function addMembersCommand(program: Command): void {
  const members = program
    .command('members')
    .description('list, create, change and remove members of an organization (requires OPERATOR_TOKEN)');
  const listing = members
    .command('list')
    .description('list the members and invites of an organization by id')
    .argument(...organizationArgument);
  addListOptions(listing, 'the name or the address', 'role:owner and isInvited:true')
    .option(...urlOption)
    .addHelpText('after', examples('rollcall members list acme --query role:owner', 'rollcall members list acme --json | jq -r .email'))
    .action(list);
  members
    .command('create')
    .description('make a user a member, without an invite')
    .argument(...organizationArgument)
    .argument(...userArgument)
    .option(roleOption[0], `${roleOption[1]} (default: that of the organization)`)
    .option('--teams <slugs...>', 'the teams of the member')
    .option(...jsonOption)
    .option(...urlOption)
    .addHelpText('after', examples('rollcall members create acme ada@example.com --role admin --teams web api'))
    .action(create);
  members
    .command('update')
    .description('change the role or the teams of a member. Adds the user as a member if they are not one')
    .argument(...organizationArgument)
    .argument(...userArgument)
    .option(...roleOption)
    .option('--teams <slugs...>', 'all teams of the member, which replace the current ones (empty: none)')
    .option(...jsonOption)
    .option(...urlOption)
    .addHelpText(
      'after',
      examples('rollcall members update acme ada@example.com --role owner', "rollcall members update acme 7 --teams ''"),
    )
    .action(update);
  members
    .command('remove')
    .description('remove a member, which ends the access on open connections too')
    .argument(...organizationArgument)
    .argument(...userArgument)
    .option(...yesOption)
    .option(...urlOption)
    .addHelpText('after', examples('rollcall members remove acme ada@example.com', 'rollcall members remove acme external:00u1 --yes'))
    .action(remove);
}

async function list(org: string, options: ListOptions): Promise<void> {
  const operator = await OperatorClient.open(options.url, readEnvironment());
  await printRecords(readPages<Member>(operator, `${organizationPath(org)}members/`, options), columns, options.json === true);
}

async function create(org: string, user: string, { url, json, ...options }: WriteOptions): Promise<void> {
  const operator = await OperatorClient.open(url, readEnvironment());
  const body = { userId: await findUserId(operator, user), ...bodyOf(options) };
  const response = await operator.request('POST', `${organizationPath(org)}members/`, body);
  if (response.status !== 201) throw refusal(`${user} cannot become a member of ${org}`, response);
  const member = response.body as ResponseOf<typeof memberShape>;
  console.log(json ? JSON.stringify(member) : `Added ${user} to ${org} as ${member.orgRole}.`);
}

async function update(org: string, user: string, { url, json, ...options }: WriteOptions): Promise<void> {
  const body = bodyOf(options);
  if (Object.keys(body).length === 0) throw new CliError('Nothing to change. Use --role or --teams');
  const operator = await OperatorClient.open(url, readEnvironment());
  const response = await operator.request('PUT', `${organizationPath(org)}members/${await userSegment(operator, user)}/`, body);
  if (response.status !== 200 && response.status !== 201) throw refusal(`The member ${user} of ${org} cannot be changed`, response);
  const member = response.body as Member;
  const teams = member.teams.length > 0 ? `on ${member.teams.join(', ')}` : 'on no team';
  console.log(json ? JSON.stringify(member) : `${user} is ${member.orgRole} of ${org}, ${teams}.`);
}

function bodyOf({ role, teams }: WriteOptions): object {
  return { ...(role !== undefined && { orgRole: role }), ...(teams && { teams: teams.filter((slug) => slug !== '') }) };
}

async function remove(org: string, user: string, { url, yes }: { readonly url?: string; readonly yes?: true }): Promise<void> {
  const operator = await OperatorClient.open(url, readEnvironment());
  const segment = await userSegment(operator, user);
  await confirmRemoval(user, `${user} will lose access to ${org}`, yes === true);
  const response = await operator.request('DELETE', `${organizationPath(org)}members/${segment}/`);
  if (response.status !== 204) throw refusal(`${user} cannot be removed from ${org}`, response);
  console.log(`Removed ${user} from ${org}.`);
}
