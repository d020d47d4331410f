import { apiLimits } from '../../../protocol/src/index.ts';
import { putList } from '../../../test/support/address-lists.ts';
import { configureProvider, readyToEnforce } from '../../../test/support/auth-providers.ts';
import { anOrgWithOwner, type OrgWithOwner } from '../../../test/support/logged-in.ts';
import { addMember, aPerson, type Person } from '../../../test/support/provision.ts';
import { changeFlags, changeRecords } from '../../../test/support/security-records.ts';
import { startServer } from '../../../test/support/server.ts';
import type { Cluster } from '../load/cluster.ts';
import { importTeams } from '../load/people.ts';

/** An organization that can require single sign-on. Half of its members are not linked. */
export interface EnforceableOrg {
  readonly org: OrgWithOwner;
  readonly linked: readonly Person[];
  readonly unlinked: readonly Person[];
}

/** The number of simultaneous requests. */
const creatingMax = 8;

/** @param members divisible by two */
export async function makeOrganization(cluster: Cluster, members: number): Promise<EnforceableOrg> {
  const api = cluster.operator(cluster.slots[0]!);
  const org = await anOrgWithOwner(api);
  await importTeams(api, cluster.operatorToken, org);
  const people: Person[] = [];
  let begun = 0;
  const addOneByOne = async () => {
    while (begun++ < members) {
      const person = await aPerson(api);
      await addMember(api, org, person, 'manager');
      people.push(person);
    }
  };
  await Promise.all(Array.from({ length: creatingMax }, addOneByOne));
  const linked = people.slice(0, members / 2);
  await prepareProvider(cluster, org, linked);
  const put = await putList(api, org, { isEnabled: true, rules: rulesWithLoopbackLast() }, { cookie: org.cookie });
  if (put.status !== 200) throw new Error(`saving the list of addresses failed: ${JSON.stringify(put.body)}`);
  return { org, linked, unlinked: people.slice(members / 2) };
}

/**
 * Starts a server in this process, which writes records that otherwise only logins at the provider
 * write.
 */
async function prepareProvider(cluster: Cluster, org: OrgWithOwner, linked: readonly Person[]): Promise<void> {
  const server = await startServer(cluster.environment);
  try {
    await configureProvider(server, org);
    await readyToEnforce(server, org);
    await changeRecords(server, org.id, (state) => linked.flatMap(({ memberId }) => changeFlags(state, memberId!, { 'sso:linked': true })));
  } finally {
    await server.stop();
  }
}

/** The only rule that fits is the last one, so that each evaluation reads all of them. */
function rulesWithLoopbackLast(): string[] {
  const others = Array.from({ length: apiLimits.addressRulesMax - 1 }, (_, n) => `10.${n}.0.0/16`);
  return [...others, '127.0.0.1'];
}
