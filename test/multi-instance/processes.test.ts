import assert from 'node:assert/strict';
import { eventually } from '../support/eventually.ts';
import { type InstanceProcess, type InstanceProcesses, startInstanceProcesses } from '../support/instance-processes.ts';
import { addMember, anOrganizationOf, aPerson, type Person, type ProvisionedOrg, revisionOf } from '../support/provision.ts';
import { WireReplica } from '../support/wire-replica.ts';

describe('two processes on one database and one Redis', () => {
  let servers: InstanceProcesses;
  let one: InstanceProcess;
  let other: InstanceProcess;
  let owner: Person;
  let org: ProvisionedOrg;

  before(async () => {
    servers = await startInstanceProcesses([{}, {}]);
    [one, other] = servers.instances as [InstanceProcess, InstanceProcess];
    owner = await aPerson(one.api);
    org = await anOrganizationOf(one.api, owner);
  });
  after(() => servers?.stop());

  const createTeam = ({ api }: InstanceProcess, slug: string) =>
    api.request('POST', `/api/0/organizations/${org.slug}/teams/`, { token: owner.token, body: { slug } });

  it('[R1] [A2] push changes and the end of access to each other’s subscribers', async () => {
    const member = await aPerson(one.api);
    await addMember(one.api, org, member, 'member');
    const [ofOwner, ofMember] = await Promise.all([
      WireReplica.open(other.url, owner.token, org.slug),
      WireReplica.open(other.url, member.token, org.slug),
    ]);
    const created = await createTeam(one, 'platform');
    for (const replica of [ofOwner, ofMember])
      await eventually(() => assert.ok(replica.state.get('team', created.body.id), 'the team has not arrived'));

    await one.api.request('DELETE', `/api/0/organizations/${org.slug}/members/${member.memberId}/`, { token: owner.token });
    const later = await createTeam(one, 'later');
    await eventually(() => assert.ok(ofMember.revoked, 'access has not ended'));
    await eventually(() => assert.ok(ofOwner.revision >= revisionOf(later), `it is at ${ofOwner.revision}`));
    assert.equal(ofMember.frames.at(-1)?.event, 'revoked');
    for (const replica of [ofOwner, ofMember]) {
      replica.check();
      replica.close();
    }
  });

  it('[R6] [W8] lose nothing if one is killed, because its subscribers resume at the other', async () => {
    const left = await WireReplica.open(one.url, owner.token, org.slug);
    // Killed after its response: the notice may not have been published.
    const last = await createTeam(one, 'last');
    const stays = await WireReplica.open(other.url, owner.token, org.slug);
    const unanswered = createTeam(one, 'unanswered').catch(() => null);
    await one.process.kill('SIGKILL');
    await Promise.all([unanswered, eventually(() => assert.ok(!left.socket.connected, 'it is still connected'))]);

    const came = await WireReplica.connect(other.url, owner.token);
    came.state = left.state;
    came.revision = left.revision;
    const answer = await came.subscribe(org.slug, { cursor: left.cursor });
    assert.equal(answer.mode, 'resume');
    const created = await createTeam(other, 'afterwards');
    for (const replica of [stays, came]) {
      await eventually(() => assert.equal(replica.revision, revisionOf(created)));
      replica.check();
      assert.ok(replica.state.get('team', last.body.id));
    }
    assert.deepEqual(came.records(), stays.records());
    came.close();
    stays.close();
  });

  it('exit with code 0 on SIGTERM', async () => {
    assert.deepEqual(await other.process.kill('SIGTERM'), { code: 0, signal: null });
  });
});
