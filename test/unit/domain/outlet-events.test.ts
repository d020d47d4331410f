import assert from 'node:assert/strict';
import { scopes as allScopes, audienceOf, type LogChange, type OrganizationRecord, type OrgRecord, type Scope } from '@rollcall/protocol';
import { type EventSource, outletEvents } from '../../../server/src/domain/outlet-events.ts';
import { aMember, anInvite, anOrganization, aTeam } from '../../support/builders.ts';

const organization = anOrganization({ slug: 'acme' });

function change(kind: string, before: unknown, after: unknown): LogChange {
  const record = (after ?? before) as OrgRecord;
  return { kind, id: String(record.id), before: before as OrgRecord | null, after: after as OrgRecord | null };
}

function revision(changes: readonly LogChange[], fields: Partial<EventSource> = {}): EventSource {
  const origin = { command: 'update-member', actor: 'user:12', requestId: 'request-1' };
  return { orgId: '3', revision: 50, ...origin, committedAt: '2026-03-02T10:00:00.123456Z', changes, ...fields };
}

interface Reader {
  readonly scopes?: readonly Scope[];
  readonly now?: OrganizationRecord;
  readonly wants?: (type: string) => boolean;
}

function eventsFor(source: EventSource, { scopes = allScopes, now = organization, wants = () => true }: Reader = {}) {
  return outletEvents(source, now, audienceOf(now, new Set(scopes), null), wants);
}

const brief = (events: ReturnType<typeof eventsFor>) => events.map(({ type, data }) => [type, data.index, data.count]);

describe('outletEvents', () => {
  const team = aTeam('web');
  const member = aMember({ orgRole: 'member' });
  const changes = [
    change('member', member, { ...member, orgRole: 'admin', name: 'Another' }),
    change('team', null, team),
    change('organization', organization, { ...organization, require2FA: true }),
  ];

  it('describes the revision in each event', () => {
    const [event] = eventsFor(revision([changes[0]!]));
    const { before, after, ...data } = event!.data;
    assert.equal(event!.type, 'member.roleChanged');
    assert.equal(event!.timestamp, '2026-03-02T10:00:00.123456Z');
    assert.deepEqual(data, {
      id: '3.50.0',
      organization: { id: organization.id, slug: 'acme' },
      revision: 50,
      index: 0,
      count: 2,
      actor: { kind: 'user', id: '12' },
      requestId: 'request-1',
      command: 'update-member',
    });
    assert.deepEqual([(before as OrgRecord).orgRole, (after as OrgRecord).orgRole], ['member', 'admin']);
  });

  it('names an actor without an id', () => {
    const [event] = eventsFor(revision([changes[1]!], { actor: 'system' }));
    assert.deepEqual(event!.data.actor, { kind: 'system', id: null });
  });

  it('numbers the events of a revision from 0', () => {
    assert.deepEqual(brief(eventsFor(revision(changes))), [
      ['member.roleChanged', 0, 4],
      ['member.updated', 1, 4],
      ['team.created', 2, 4],
      ['flag.changed', 3, 4],
    ]);
  });

  it('keeps the index, and adjusts the count, for a reader who may not see some of the events', () => {
    assert.deepEqual(brief(eventsFor(revision(changes), { scopes: ['team:read'] })), [['team.created', 2, 1]]);
    assert.deepEqual(brief(eventsFor(revision(changes), { scopes: ['member:read'] })), [
      ['member.roleChanged', 0, 2],
      ['member.updated', 1, 2],
    ]);
    assert.deepEqual(eventsFor(revision(changes), { scopes: [] }), []);
  });

  it('keeps the index, and adjusts the count, for a reader who wants some types', () => {
    assert.deepEqual(brief(eventsFor(revision(changes), { wants: (type) => type.startsWith('flag.') })), [['flag.changed', 3, 1]]);
  });

  it('keeps the index of each event if several flags change', () => {
    const flags = change('organization', organization, { ...organization, require2FA: true, enhancedPrivacy: true, name: 'Acme Inc.' });
    const events = eventsFor(revision([flags]));
    assert.deepEqual(
      events.map(({ data }) => data.index),
      [0, 1, 2],
    );
    assert.deepEqual(events[0]!.type, 'organization.updated');
    assert.equal(new Set(events.map(({ data }) => data.flag)).size, 3);
  });

  it('reports a record that becomes visible as created, and one that is hidden as removed', () => {
    const request = anInvite({ inviteStatus: 'requested_to_join' });
    const approved = { ...request, inviteStatus: 'approved' };
    const now = { ...organization, allowJoinRequests: false };
    const types = (source: EventSource) => eventsFor(source, { now }).map(({ type, data }) => [type, data.index, data.before === null]);
    assert.deepEqual(types(revision([change('member', request, approved)])), [['invite.created', 0, true]]);
    assert.deepEqual(types(revision([change('member', approved, request)])), [['invite.removed', 0, false]]);
    assert.deepEqual(types(revision([change('member', request, { ...request, orgRole: 'admin' })])), []);
  });

  it('hides addresses if enhanced privacy is on now', () => {
    const source = revision([change('member', null, member)]);
    const now = { ...organization, enhancedPrivacy: true };
    const address = member.user!.email!;
    assert.ok(JSON.stringify(eventsFor(source, { now })).includes(address));
    assert.ok(!JSON.stringify(eventsFor(source, { now, scopes: ['member:read'] })).includes(address));
    assert.ok(JSON.stringify(eventsFor(source, { scopes: ['member:read'] })).includes(address));
  });

  it('reports no change of what is hidden, and keeps the index of the next event', () => {
    const now = { ...organization, enhancedPrivacy: true };
    const moved = { ...member, email: 'other@example.com' };
    const source = revision([change('member', { ...member, email: 'one@example.com' }, moved), change('team', null, team)]);
    assert.deepEqual(brief(eventsFor(source, { now, scopes: ['member:read', 'team:read'] })), [['team.created', 1, 1]]);
    assert.equal(eventsFor(source, { now }).length, 2);
  });

  it('reports nothing of a kind that this version does not know, and counts its event', () => {
    const unknown = { kind: 'widget', id: '9', before: null, after: { id: '9' } as OrgRecord };
    assert.deepEqual(brief(eventsFor(revision([unknown, change('team', null, team)]))), [['team.created', 1, 1]]);
  });

  it('has the id of the record in `record.changed`, apart from the id of the event', () => {
    const founded = change('organization', null, organization);
    const [event] = eventsFor(revision([founded]));
    assert.deepEqual(
      [event!.type, event!.data.id, event!.data.kind, event!.data.recordId],
      ['record.changed', '3.50.0', 'organization', organization.id],
    );
  });
});
