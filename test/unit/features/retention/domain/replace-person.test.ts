import assert from 'node:assert/strict';
import type { AuditEntryRecord } from '../../../../../protocol/src/index.ts';
import { personOf, Redactor } from '../../../../../server/src/features/retention/domain/replace-person.ts';

const who = { userId: '7', memberIds: ['12'] };
const redactor = new Redactor([personOf(who, ['Ann@x.example'], ['ann@x.example', 'former@x.example', null])]);
const [name, email] = ['Erased user 7', 'erased-7@users.invalid'];

const anEntry = (changes: Partial<AuditEntryRecord>): AuditEntryRecord => ({
  id: '1',
  event: 'member.edit',
  actor: null,
  targetUser: null,
  targetObject: '99',
  ipAddress: '203.0.113.7',
  note: '',
  data: {},
  dateCreated: '2026-01-01T00:00:00.000000Z',
  ...changes,
});

describe('the redaction of a person', () => {
  it('[13.17] replaces verified addresses in any text, and no name', () => {
    const named = new Redactor([personOf(who, ['ann@x.example'])]);
    const entry = anEntry({ note: 'edited ANN@x.example (role: owner) by Dev', data: { name: 'Dev', of: 'ann@x.example' } });
    const { note, data } = named.auditEntry(entry);
    assert.deepEqual([note, data], [`edited ${email} (role: owner) by Dev`, { name: 'Dev', of: email }]);
  });

  it('[13.17] [S-71] replaces other addresses of the person only in entries about the person', () => {
    const note = 'removed former@x.example';
    const about = [
      anEntry({ note, targetUser: { id: '7', name: 'Dev' } }),
      anEntry({ note, actor: { id: '7', name: 'Dev' } }),
      anEntry({ note, data: { id: '12' } }),
    ];
    for (const entry of about) assert.equal(redactor.auditEntry(entry).note, `removed ${email}`);
    const others = [anEntry({ note }), anEntry({ note, targetUser: { id: '8', name: 'former@x.example' } })];
    for (const entry of others) assert.deepEqual(redactor.auditEntry(entry), entry);
  });

  it('[13.17] [S-71] leaves an entry about another person with the same name as it is', () => {
    const entry = anEntry({ actor: { id: '8', name: 'Dev' }, targetUser: { id: '9', name: 'Dev' }, note: 'Dev', data: { name: 'Dev' } });
    assert.deepEqual(redactor.auditEntry(entry), entry);
  });

  it('[13.17] replaces nothing a second time', () => {
    const entry = anEntry({ actor: { id: '7', name: 'Dev' }, note: 'ann@x.example', data: { email: 'former@x.example' } });
    const once = redactor.auditEntry(entry);
    assert.deepEqual([once.note, once.data.email], [email, email]);
    assert.deepEqual(redactor.auditEntry(once), once);
  });

  it('[13.17] replaces the names and addresses in a record of the member, and leaves the empty ones', () => {
    const member = (changes: object) => ({
      id: '12',
      email: 'former@x.example',
      name: 'former@x.example',
      user: null,
      inviterId: null,
      ...changes,
    });
    const user = { id: '7', name: '', username: null, email: 'ann@x.example', isActive: true };
    assert.deepEqual(redactor.record('member', member({ name: 'Dev', user })), {
      ...member({ email, name, user: { ...user, email } }),
    });
    assert.deepEqual(redactor.record('member', member({})), member({ email, name: email }));
    const invited = member({ id: '13', email: 'bo@x.example', name: 'Bo', inviterId: '7', inviterName: 'Dev' });
    assert.deepEqual(redactor.record('member', invited), { ...invited, inviterName: name });
  });

  it('[13.17] finds an invite by a verified address only, and never the member of another user', () => {
    const invite = (address: string) => ({ id: '20', email: address, name: address, user: null });
    assert.equal(redactor.record('member', invite('ANN@x.example')).email, email);
    for (const record of [
      invite('former@x.example'),
      { ...invite('ann@x.example'), user: { id: '8', name: 'Bo', email: 'bo@x.example' } },
      { ...invite('ann@x.example'), detachedUser: { id: '8', name: 'Bo' } },
      { ...invite('ann@x.example'), id: '12', user: { id: '8', name: 'Bo', email: 'bo@x.example' } },
    ]) {
      assert.deepEqual(redactor.record('member', record), record);
    }
  });

  it('[13.17] replaces the external id, and the account at a provider, of the person only', () => {
    const change = (id: string) => ({ kind: 'external-id', id, before: null, after: { id, externalId: 'hr-7' } });
    assert.deepEqual(redactor.change(change('7')).after, { id: '7', externalId: name });
    assert.deepEqual(redactor.change(change('8')), change('8'));
    const mapping = (memberId: string) => ({ id: '5', memberId, externalName: 'octocat', externalId: '42' });
    assert.deepEqual(redactor.record('external-user', mapping('12')), { ...mapping('12'), externalName: name, externalId: null });
    assert.deepEqual(redactor.record('external-user', mapping('13')), mapping('13'));
  });

  it("[13.17] removes the IP address of the person's own actions only", () => {
    const own = redactor.auditEntry(anEntry({ actor: { id: '7', name: 'Dev' }, targetUser: { id: '8', name: 'Bo' } }));
    assert.deepEqual([own.actor, own.targetUser, own.ipAddress], [{ id: '7', name }, { id: '8', name: 'Bo' }, null]);
    const about = redactor.auditEntry(anEntry({ targetUser: { id: '7', name: 'Dev' } }));
    assert.deepEqual([about.targetUser, about.ipAddress], [{ id: '7', name }, '203.0.113.7']);
  });

  it('[13.17] leaves records of kinds without persons, and of unknown kinds, as they are', () => {
    for (const kind of ['team', 'constructor', 'future-kind']) {
      const change = { kind, id: '12', before: null, after: { id: '12', name: 'ann@x.example', userId: '7' } };
      assert.deepEqual(redactor.change(change), change);
      assert.equal(redactor.isAbout(change), false);
    }
  });

  it('[13.17] [S-71] costs the same for a thousand people as for one', () => {
    const people = Array.from({ length: 1_000 }, (_, index) => personOf({ userId: `${index}`, memberIds: [] }, [`p${index}@x.example`]));
    const before = process.cpuUsage();
    const many = new Redactor(people);
    assert.equal(many.text('p999@x.example'), 'erased-999@users.invalid');
    const { user, system } = process.cpuUsage(before);
    assert.ok(user + system < 100_000, `${user + system} µs`);
  });
});
