import assert from 'node:assert/strict';
import { type ChangeBatch, connect, type MemberRecord, type RollcallClient } from '../../../client-sdk/src/index.ts';
import { eventually } from '../../support/eventually.ts';
import { addMember, anOrganizationOf, aPerson, type Person, type ProvisionedOrg } from '../../support/provision.ts';
import { startServer, type TestServer } from '../../support/server.ts';

/** The client on the real server, as an application uses it. */
describe('the client', () => {
  let server: TestServer;
  let owner: Person;
  let member: Person;
  let org: ProvisionedOrg;
  const soon = () => ({ signal: AbortSignal.timeout(5_000) });
  const connectAs = ({ token }: Person): RollcallClient => connect({ url: server.url, token });

  before(async () => {
    server = await startServer();
  });
  beforeEach(async () => {
    owner = await aPerson(server);
    member = await aPerson(server);
    org = await anOrganizationOf(server, owner);
    await addMember(server, org, member, 'member');
  });
  after(() => server.stop());

  it('subscribes, writes, waits for its own writes, evaluates can(), and loses its replica with its access', async () => {
    using client = connectAs(owner);
    using own = client.organization(org.slug);
    using memberClient = connectAs(member);
    const theirs = memberClient.organization(org.slug);
    await Promise.all([own.ready(soon()), theirs.ready(soon())]);
    assert.equal(own.can({ userId: member.userId }, 'org:admin').allowed, false);
    assert.equal(client.organization(org.slug), own);

    const roles: [MemberRecord, MemberRecord][] = [];
    theirs.on('member.roleChanged', ({ before, after }) => roles.push([before, after]));
    const teams = own.select((state) => state.teams.map(({ slug }) => slug).join());
    const seenTeams: string[] = [];
    teams.subscribe(() => seenTeams.push(teams.get()));
    const batches: ChangeBatch[] = [];
    own.on('change', (batch) => batches.push(batch));

    const promoted = await own.changeMemberRole(member.memberId!, 'owner');
    await Promise.all([own.waitFor(promoted.revision, soon()), theirs.waitFor(promoted.revision, soon())]);
    const decision = own.can({ userId: member.userId }, 'org:admin');
    assert.deepEqual([decision.allowed, decision.fresh, decision.revision], [true, true, own.state.revision]);
    const [[before, after] = []] = roles;
    assert.deepEqual([before?.orgRole, after?.orgRole, before?.id, after?.id], ['member', 'owner', member.memberId, member.memberId]);
    assert.deepEqual(seenTeams, []);

    const created = await own.createTeam({ slug: 'builders' });
    await own.waitFor(created.revision, soon());
    assert.deepEqual(seenTeams, ['builders']);
    assert.deepEqual(
      batches.map(({ cause, events }) => [cause, events.map(({ type }) => type).filter((type) => type !== 'audit.recorded')]),
      [
        ['step', ['member.roleChanged']],
        ['step', ['team.created', 'team.memberJoined']],
      ],
    );

    const endings: unknown[] = [];
    theirs.on('access.revoked', ({ reason }) => endings.push([reason, theirs.state.members.length, theirs.state.revision]));
    await own.removeMember(member.memberId!);
    await eventually(() => assert.deepEqual(endings, [['removed', 0, null]]));
    assert.equal(theirs.status.phase, 'revoked');
    assert.equal(theirs.can({ userId: owner.userId }, 'org:read').allowed, false);
    await assert.rejects(memberClient.organization(org.slug).ready(soon()), { code: 'denied' });

    client.close();
    assert.deepEqual([own.status.phase, own.state.teams.length, client.status.phase], ['closed', 0, 'closed']);
    await assert.rejects(own.ready(), { code: 'aborted' });
  });

  describe('one organization under two names', () => {
    it('ends the second handle when it requests other collections, and leaves the first live and complete', async () => {
      for (const [first, second] of [
        [org.slug, org.id],
        [org.id, org.slug],
      ] as const) {
        using client = connectAs(owner);
        const kept = client.organization(first, { collections: ['members'] });
        await kept.ready(soon());
        const types: string[] = [];
        kept.on('change', ({ events }) => types.push(...events.map(({ type }) => type)));
        const refused = client.organization(second, { collections: ['teams'] });
        await assert.rejects(refused.ready(soon()), { code: 'invalid' });
        await eventually(() => assert.deepEqual([kept.status.phase, kept.status.fresh], ['live', true]));
        assert.deepEqual([kept.state.members.length, types], [2, []]);

        const { revision } = await kept.updateMember(member.memberId!, { orgRole: first === org.slug ? 'manager' : 'member' });
        await kept.waitFor(revision, soon());
        assert.deepEqual(types, ['member.roleChanged']);
      }
    });

    it('has one replica, until the last handle is closed', async () => {
      using client = connectAs(owner);
      const byId = client.organization(org.id);
      await byId.ready(soon());
      const bySlug = client.organization(org.slug);
      await bySlug.ready(soon());
      const { revision } = await bySlug.createTeam({ slug: 'builders' });
      await bySlug.waitFor(revision, soon());
      assert.equal(bySlug.state, byId.state);
      bySlug.close();
      const { revision: next } = await byId.createTeam({ slug: 'painters' });
      await byId.waitFor(next, soon());
      assert.deepEqual([byId.state.teams.length, bySlug.state.teams.length], [2, 0]);
      await eventually(() => assert.equal(byId.status.phase, 'live'));
    });

    it('loads for two concurrent handles in each of many rounds', async () => {
      for (let round = 0; round < 10; round++) {
        using client = connectAs(owner);
        const handles = [org.slug, org.id].map((name) => client.organization(name, { collections: ['members'] }));
        await Promise.all(handles.map((handle) => handle.ready(soon())));
        assert.equal(handles[0]!.state, handles[1]!.state);
        assert.equal(handles[0]!.state.members.length, 2);
      }
    });
  });
});
