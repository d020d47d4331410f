import assert from 'node:assert/strict';
import { HydratedOrganization } from '../../../client-sdk/src/hydrate.ts';
import { connect, dehydrate, type OrganizationHandle, type OrgRoleId, type RollcallClient } from '../../../client-sdk/src/index.ts';
import { eventually } from '../../support/eventually.ts';
import { addMember, anOrganizationOf, aPerson, type Person, type ProvisionedOrg } from '../../support/provision.ts';
import { startServer, type TestServer } from '../../support/server.ts';

const roles: readonly OrgRoleId[] = ['member', 'admin', 'manager', 'owner'];

describe('dehydrate, from the replica of an owner', () => {
  let server: TestServer;
  let owner: Person;
  let provisioned: ProvisionedOrg;
  let client: RollcallClient;
  let org: OrganizationHandle;
  const people = new Map<OrgRoleId, Person>();

  before(async () => {
    server = await startServer();
    owner = await aPerson(server);
  });
  after(() => server?.stop());
  beforeEach(async () => {
    provisioned = await anOrganizationOf(server, owner);
    for (const role of roles) {
      const person = await aPerson(server);
      await addMember(server, provisioned, person, role);
      people.set(role, person);
    }
    client = connect({ url: server.url, token: owner.token });
    org = client.organization(provisioned.slug);
    await org.ready();
    await org.createTeam({ slug: 'web', name: 'Web' });
    await org.createProject({ team: 'web', slug: 'site', name: 'Site' });
    await org.inviteMember({ email: 'invited@example.com' });
    const { revision } = await org.createToken({ name: 'deploy' });
    await org.waitFor(revision);
  });
  afterEach(() => client.close());

  /** The state that the person receives from the server over a connection of their own. */
  async function received(person: Person, revision: number) {
    using own = connect({ url: server.url, token: person.token });
    const handle = own.organization(provisioned.slug);
    await handle.ready();
    await handle.waitFor(revision);
    return handle.state;
  }

  const changed = async ({ revision }: { readonly revision: number | string | null }) => {
    await org.waitFor(revision);
    return org.state.revision!;
  };

  for (const flags of [{}, { enhancedPrivacy: true }, { openMembership: false, allowJoinRequests: false }]) {
    it(`[S-17] gives each role exactly what the server sends them, with ${JSON.stringify(flags)}`, async () => {
      const revision = await changed(await org.updateOrganization(flags));
      for (const [role, person] of people) {
        const dehydrated = JSON.parse(JSON.stringify(dehydrate(org, { userId: person.userId })));
        assert.ok(dehydrated, role);
        assert.deepEqual(new HydratedOrganization(dehydrated).state, await received(person, revision), role);
      }
    });
  }

  it('gives only the requested collections', () => {
    const { userId } = people.get('owner')!;
    const dehydrated = dehydrate(org, { userId, collections: ['organization', 'members'] });
    assert.deepEqual(Object.keys(dehydrated!.records).sort(), ['member', 'organization']);
  });

  it('gives nothing to outsiders, removed and deactivated people', async () => {
    const [outsider, member, admin] = [await aPerson(server), people.get('member')!, people.get('admin')!];
    assert.ok(dehydrate(org, member));
    await changed(await org.removeMember(member.memberId!));
    await server.operate('PUT', `/users/${admin.userId}/`, { isActive: false });
    await eventually(() => {
      for (const { userId } of [outsider, member, admin]) assert.equal(dehydrate(org, { userId }), null);
    });
  });

  it('gives nothing of a replica that is not fresh', () => {
    const { userId } = people.get('owner')!;
    client.close();
    assert.equal(dehydrate(org, { userId }), null);
  });
});
