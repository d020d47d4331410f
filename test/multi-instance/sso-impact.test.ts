import assert from 'node:assert/strict';
import { created } from '../../server/src/domain/changes.ts';
import { newMember } from '../../server/src/domain/organizations/new-organization.ts';
import { eventually } from '../support/eventually.ts';
import { type Instances, startInstances } from '../support/instances.ts';
import { aLoggedInMember } from '../support/logged-in.ts';
import { addMember, anOrganizationOf, aPerson, type Person, type ProvisionedOrg } from '../support/provision.ts';
import { sharedRedis } from '../support/redis.ts';
import {
  addAuthProvider,
  bindSession,
  changeFlags,
  changeMember,
  changeRecords,
  enforceChanges,
  linkIdentity,
} from '../support/security-records.ts';
import type { TestServer } from '../support/server.ts';
import { type WireCredential, WireReplica } from '../support/wire-replica.ts';

describe('the preview of required single sign-on, on two instances', () => {
  let instances: Instances;
  let here: TestServer;
  let there: TestServer;
  let owner: Person;
  let org: ProvisionedOrg;

  before(async () => {
    instances = await startInstances(2, { redisUrl: (await sharedRedis()).url });
    [here, there] = instances.servers as [TestServer, TestServer];
  });
  after(() => instances?.stop());
  beforeEach(async () => {
    owner = await aPerson(here, { hasSecondFactor: true });
    org = await anOrganizationOf(here, owner);
  });

  const impact = (server: TestServer, options: { token?: string; cookie?: string }) =>
    server.request('GET', `/api/0/organizations/${org.slug}/auth-provider/impact/`, options);

  const aMember = () => aLoggedInMember(here, org);

  it('[13.5] [S-42] names exactly the access that ends once single sign-on is required', async () => {
    await addAuthProvider(here, org.id);
    await changeRecords(here, org.id, (state) => changeMember(state, owner.memberId!, { isRecoveryOwner: true }));
    const tokenHolder = await aPerson(here);
    await addMember(here, org, tokenHolder, 'member');
    const unlinked = await aMember();
    const unbound = await aMember();
    await linkIdentity(here, org.id, unbound);
    const stale = await aMember();
    await bindSession(here, stale.cookie, await linkIdentity(here, org.id, stale), { generation: 0 });
    const bound = await aMember();
    await bindSession(here, bound.cookie, await linkIdentity(here, org.id, bound));
    const bySso = await aMember();
    await bindSession(here, bySso.cookie, await linkIdentity(here, org.id, bySso), { isSsoSession: true });
    const invalid = await aMember();
    await linkIdentity(here, org.id, invalid);
    await changeRecords(here, org.id, (state) => changeFlags(state, invalid.memberId!, { 'sso:invalid': true }));
    const { body: orgToken } = await here.request('POST', `/api/0/organizations/${org.slug}/org-auth-tokens/`, {
      token: owner.token,
      body: { name: 'back end', scopes: ['org:read'] },
    });
    const sessions = [unlinked, unbound, stale, bound, bySso, invalid].map(({ cookie }): WireCredential => ({ cookie }));
    const credentials = [...sessions, tokenHolder.token, owner.token, orgToken.token];
    const replicas = await Promise.all(
      credentials.flatMap((credential, index) =>
        [here, there, ...(index === 0 ? [there] : [])].map(({ url }) => WireReplica.open(url, credential, org.slug)),
      ),
    );

    // Repeats the request if a busy machine delayed it.
    const { status, body } = await eventually(async () => {
      const startedAt = Date.now();
      const response = await impact(there, { token: owner.token });
      assert.ok(Date.now() - startedAt < 500, `${Date.now() - startedAt} ms`);
      return response;
    });
    assert.equal(status, 200, JSON.stringify(body));
    const notLinked = [owner, tokenHolder, unlinked, invalid].map(({ memberId }) => memberId!);
    assert.deepEqual(
      { ...body, unlinked: idsOf(body.unlinked), recovery: idsOf(body.recovery) },
      {
        members: { linked: 4, unlinked: 4 },
        unlinked: notLinked.toSorted((a, b) => Number(a) - Number(b)),
        live: { users: 8, subscriptions: 19, wouldEnd: 11 },
        tokens: { ofUnlinkedUsers: 1 },
        recovery: [owner.memberId],
        instances: 2,
        complete: true,
      },
    );

    const revision = await changeRecords(here, org.id, (state) => enforceChanges(state));
    await eventually(() => {
      for (const replica of replicas) assert.ok(replica.revoked !== null || replica.revision >= revision, 'the revision has not arrived');
    });
    const ended = replicas.filter(({ revoked }) => revoked !== null);
    assert.deepEqual([ended.length, new Set(ended.map(({ revoked }) => revoked!.reason))], [body.live.wouldEnd, new Set(['sso-required'])]);
    assert.equal((await impact(here, { token: owner.token })).body.live.wouldEnd, 0);
    for (const replica of replicas) replica.close();
  });

  it('[13.5] counts without a list more than a hundred members, and is 404 without a provider', async () => {
    assert.equal((await impact(here, { token: owner.token })).status, 404);
    await addAuthProvider(here, org.id);
    const names = Array.from({ length: 120 }, (_, index) => `many-${index}-of-${org.id}@example.com`);
    const users = await here.services.db
      .insertInto('users')
      .values(names.map((email) => ({ email, name: '' })))
      .returning(['id', 'email'])
      .execute();
    await changeRecords(here, org.id, (state) => {
      const { user } = state.member(owner.memberId!)!;
      return users.map(({ id, email }) => {
        const member = newMember({
          id,
          user: { ...user!, id, email, username: email },
          orgRole: 'member',
          now: '2026-03-01T12:00:00.123456Z',
        });
        return created('member', member);
      });
    });
    const { body } = await impact(here, { token: owner.token });
    assert.deepEqual([body.members.unlinked, body.unlinked.length], [121, 100]);
  });

  it('[13.5] refuses callers without an account, of other organizations, and below org:admin', async () => {
    await addAuthProvider(here, org.id);
    const outsider = await aPerson(here);
    await anOrganizationOf(here, outsider);
    const manager = await aPerson(here);
    await addMember(here, org, manager, 'manager');
    const statuses = await Promise.all(
      [{}, { token: outsider.token }, { token: manager.token }].map(async (options) => (await impact(here, options)).status),
    );
    assert.deepEqual(statuses, [401, 403, 403]);
  });
});

function idsOf(members: readonly { readonly id: string }[]): string[] {
  return members.map(({ id }) => id);
}
