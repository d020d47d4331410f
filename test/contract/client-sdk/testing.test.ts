import assert from 'node:assert/strict';
import type { RollcallClient } from '@rollcall/client';
import { TestRollcall } from '@rollcall/client/testing';
import { importExample } from '../../support/readme-example.ts';

describe('the client of the test kit', () => {
  let rollcall: TestRollcall;
  let client: RollcallClient;
  const problems: string[] = [];

  beforeEach(() => {
    rollcall = new TestRollcall();
    client = rollcall.client;
    problems.length = 0;
    client.on('report', ({ kind, detail }) => problems.push(`${kind}: ${detail}`));
  });
  afterEach(() => {
    assert.deepEqual(problems, [], 'the client recovered from a wrong frame');
    client.close();
  });

  it('the example of the README runs', () => importExample('## Testing'));

  it('the client decides by the product scopes that the test defines, also before it connects and after a change', async () => {
    const acme = rollcall.addOrganization({ slug: 'acme', openMembership: false });
    const ada = acme.addMember({ orgRole: 'owner' });
    const team = acme.addTeam({ slug: 'billing' });
    const bo = acme.addMember();
    acme.addTeamMember(team.id, bo.id, 'admin');
    const org = client.organization('acme');
    rollcall.defineScopes({ 'invoice:approve': { orgRoles: ['owner'], teamRoles: ['admin'] } });
    await org.ready();
    const decide = () => [
      org.can({ memberId: ada.id }, 'invoice:approve').why,
      org.can({ memberId: bo.id }, 'invoice:approve').why,
      org.can({ memberId: bo.id }, 'invoice:approve', { team: 'billing' }).why,
    ];
    assert.deepEqual(decide(), ['org-role', 'missing-scope', 'team-role']);
    rollcall.defineScopes({ 'invoice:approve': { orgRoles: ['member'] } });
    assert.deepEqual(decide(), ['missing-scope', 'org-role', 'org-role']);
    assert.equal(org.status.phase, 'live');
    rollcall.disconnect();
    rollcall.defineScopes({});
    rollcall.reconnect();
    await org.waitFor(acme.revision);
    assert.deepEqual(decide(), ['missing-scope', 'missing-scope', 'missing-scope']);
  });

  it('the client emits events, decides by teams and projects, and has each change at once', async () => {
    const acme = rollcall.addOrganization({ slug: 'acme', openMembership: false });
    const ada = acme.addMember({ name: 'Ada', userId: '700' });
    const org = client.organization('acme');
    await org.ready();
    const events: string[] = [];
    org.on('change', (batch) => events.push(...batch.events.map(({ type }) => type)));

    const team = acme.addTeam({ slug: 'engines' });
    const project = acme.addProject({ slug: 'site' }, [team.id]);
    const may = () => org.can({ userId: '700' }, 'project:write', { project: 'site' });
    assert.deepEqual(may(), { allowed: false, why: 'not-on-team', revision: acme.revision, fresh: true });
    acme.addTeamMember(team.id, ada.id, 'admin');
    assert.equal(may().why, 'team-role');
    acme.removeMember(ada.id);
    assert.equal(may().why, 'not-a-member');
    assert.deepEqual([org.state.members.length, org.state.teamMembers.length], [0, 0]);
    assert.equal(
      org.state.projects[0],
      org.state.projects.find(({ id }) => id === project.id),
    );
    assert.deepEqual(
      ['team.created', 'project.created', 'team.memberJoined', 'member.removed'].filter((type) => !events.includes(type)),
      [],
      events.join(),
    );
    assert.throws(() => acme.removeMember(ada.id), /no member with the id/);
  });

  it('[F2] a frozen server makes the state stale, and changes of that time arrive when it continues', async () => {
    const acme = rollcall.addOrganization({ slug: 'acme' });
    const ada = acme.addMember({ orgRole: 'owner' });
    const org = client.organization('acme', { whenStale: 'fail-closed' });
    await org.ready();
    rollcall.goStale();
    acme.addTeam();
    assert.deepEqual(org.can({ memberId: ada.id }, 'org:read'), { allowed: false, why: 'stale', revision: 2, fresh: false });
    assert.equal(org.state.teams.length, 0);
    rollcall.goFresh();
    assert.deepEqual([org.status.phase, org.state.teams.length], ['live', 1]);
    assert.equal(org.can({ memberId: ada.id }, 'org:read').allowed, true);
  });

  it('a lost connection leaves the state readable, and a new one brings it up to date', async () => {
    const acme = rollcall.addOrganization({ slug: 'acme' });
    const org = client.organization(acme.id);
    await org.ready();
    rollcall.disconnect();
    assert.deepEqual([client.status.phase, org.status.phase], ['reconnecting', 'reconnecting']);
    acme.addTeam({ slug: 'engines' });
    assert.equal(org.state.teams.length, 0);
    rollcall.goStale();
    assert.equal(org.status.phase, 'stale');
    rollcall.goFresh();
    rollcall.reconnect();
    await org.waitFor(acme.revision);
    assert.deepEqual([org.status.phase, org.state.teams.map(({ slug }) => slug)], ['live', ['engines']]);
  });

  it('access ends by a revocation and with the credential, with the reasons of the real client', async () => {
    const acme = rollcall.addOrganization({ slug: 'acme' });
    const org = client.organization('acme');
    const kept = client.organization(rollcall.addOrganization({ slug: 'other' }).slug);
    await Promise.all([org.ready(), kept.ready()]);
    await client.organizations.ready();
    assert.deepEqual(client.organizations.list.map(({ slug }) => slug).sort(), ['acme', 'other']);
    acme.revoke('two-factor-required');
    assert.deepEqual([org.status.phase, org.status.reason], ['revoked', 'two-factor-required']);
    await assert.rejects(client.organization('acme').ready(), { code: 'denied' });
    await assert.rejects(client.organization('unknown').ready(), { code: 'denied' });
    rollcall.endCredential();
    assert.deepEqual([client.status.reason, kept.can({ userId: '1' }, 'org:read').why], ['credential-revoked', 'credential-ended']);
  });

  it('the list of organizations is live, and a client of all of them follows it', async () => {
    const all = new TestRollcall({ organizations: ({ slug }) => slug !== 'skipped' });
    const slugs = () => all.client.organizations.list.map(({ slug }) => slug);
    const first = all.addOrganization({ slug: 'first', id: 'first-id' });
    await all.client.organizations.ready();
    await all.client.organization('first').ready();
    const events: string[] = [];
    for (const name of ['gained', 'lost', 'changed'] as const)
      all.client.organizations.on(name, (event) => events.push(`${name} ${('after' in event ? event.after : event.organization).slug}`));

    const added = all.addOrganization({ slug: 'acme' });
    all.addOrganization({ slug: 'skipped' });
    assert.deepEqual(slugs(), ['acme', 'first', 'skipped']);
    const handle = all.client.organization(added.id);
    await handle.ready();
    first.update({ slug: 'renamed' });
    first.put('external-id', { id: 'organization', externalId: 'crm-42' });
    first.addTeam();
    assert.deepEqual(
      all.client.organizations.list.map(({ slug, externalId }) => [slug, externalId]),
      [
        ['acme', undefined],
        ['renamed', 'crm-42'],
        ['skipped', undefined],
      ],
    );
    assert.equal(all.client.organization('renamed'), all.client.organization('first-id'));
    added.revoke();
    assert.deepEqual([slugs(), handle.status.phase], [['renamed', 'skipped'], 'revoked']);
    assert.deepEqual(events, ['gained acme', 'gained skipped', 'changed renamed', 'changed renamed', 'lost acme']);

    all.disconnect();
    first.update({ slug: 'again' });
    assert.deepEqual(slugs(), ['renamed', 'skipped']);
    all.reconnect();
    await all.client.organization('first-id').waitFor(first.revision);
    assert.deepEqual(slugs(), ['again', 'skipped']);
    all.goStale();
    first.update({ slug: 'frozen' });
    assert.deepEqual(slugs(), ['again', 'skipped']);
    all.goFresh();
    assert.deepEqual(slugs(), ['frozen', 'skipped']);
    all.client.close();
  });

  it('a subscription to some collections gets only those, also when an invite becomes a member', async () => {
    const acme = rollcall.addOrganization({ slug: 'acme' });
    const invite = acme.addMember({ user: null, pending: true });
    const org = client.organization('acme', { collections: ['invites'] });
    await org.ready();
    assert.deepEqual([org.state.organization, org.state.invites.length], [null, 1]);
    acme.updateMember(invite.id, { pending: false });
    assert.deepEqual([org.state.invites.length, org.state.members.length], [0, 0]);
    rollcall.goStale();
    rollcall.goFresh();
    assert.equal(org.status.phase, 'live');
  });

  it('the client sets no timer', async () => {
    const { setTimeout, setInterval } = globalThis;
    const fail = () => assert.fail('a timer was set');
    Object.assign(globalThis, { setTimeout: fail, setInterval: fail });
    try {
      const acme = rollcall.addOrganization({ slug: 'acme' });
      const org = client.organization('acme');
      await org.ready();
      acme.addMember();
      rollcall.goStale();
      rollcall.goFresh();
      rollcall.disconnect();
      rollcall.reconnect();
      await org.waitFor(acme.revision);
    } finally {
      Object.assign(globalThis, { setTimeout, setInterval });
    }
  });

  it('the client refuses commands unless the test handles them', async () => {
    rollcall.addOrganization({ slug: 'acme' });
    const org = client.organization('acme');
    await assert.rejects(org.createTeam({ slug: 'engines' }), { code: 'invalid' });
    const handling = new TestRollcall({ fetch: async () => Response.json({ slug: 'engines' }, { status: 201 }) });
    handling.addOrganization({ slug: 'acme' });
    const { data } = await handling.client.organization('acme').createTeam({ slug: 'engines' });
    assert.equal(data.slug, 'engines');
  });
});
