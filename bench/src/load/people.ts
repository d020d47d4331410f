import type { OrgRoleId } from '../../../protocol/src/index.ts';
import { addMember, anOrganizationOf, aPerson, type Person, type ProvisionedOrg } from '../../../test/support/provision.ts';
import type { Api } from '../../../test/support/server.ts';
import { teams } from '../options.ts';

/** The organization of the run, and its people. */
export interface Population {
  readonly org: ProvisionedOrg;
  /** Grouped by role. Subscribers are spread over all of them. */
  readonly people: readonly { readonly person: Person; readonly role: OrgRoleId }[];
  /** The people who are repeatedly removed and added. */
  readonly leavers: readonly Person[];
}

/** The roles form three audiences. Most people are members. */
const roles: readonly OrgRoleId[] = ['owner', 'manager', 'member', 'member', 'member', 'member', 'member', 'member'];
const peopleCount = 24;
const leaversCount = 4;

export async function provisionPeople(api: Api, operatorToken: string): Promise<Population> {
  const owner = await aPerson(api);
  const org = await anOrganizationOf(api, owner);
  await importTeams(api, operatorToken, org);
  const people: { person: Person; role: OrgRoleId }[] = [{ person: owner, role: 'owner' }];
  while (people.length < peopleCount) {
    const role = roles[people.length % roles.length]!;
    const person = await aPerson(api);
    await addMember(api, org, person, role);
    people.push({ person, role });
  }
  const leavers: Person[] = [];
  while (leavers.length < leaversCount) {
    const person = await aPerson(api);
    await addMember(api, org, person, 'member');
    leavers.push(person);
  }
  return { org, people, leavers };
}

/** Creates the teams that the writers rename. */
export async function importTeams(api: Api, operatorToken: string, org: ProvisionedOrg): Promise<void> {
  const lines = Array.from({ length: teams }, (_, n) => JSON.stringify({ op: 'team.create', team: `team-${n}` }));
  const imported = await api.request('POST', `/api/operator/organizations/${org.id}/import/`, {
    token: operatorToken,
    body: lines.join('\n'),
    headers: { 'Content-Type': 'application/x-ndjson' },
  });
  if (imported.status !== 200) throw new Error(`creating the teams failed: ${JSON.stringify(imported.body)}`);
}
