import assert from 'node:assert/strict';
import type { AuditEntryRecord } from '../../../../protocol/src/index.ts';
import { personOf, Redactor } from '../../../../server/src/domain/retention/redact.ts';

const who = { userId: '7', memberIds: ['12'] };
const redactor = new Redactor(personOf(who, ['Dev', 'Ann (Ops) Ö', 'ann@x.example', 'ann@x.example', '', null]));
const [name, email] = ['Erased user 7', 'erased-7@users.invalid'];

const anEntry = (changes: Partial<AuditEntryRecord>): AuditEntryRecord => ({
  id: '1',
  event: 'member.edit',
  actor: null,
  targetUser: null,
  targetObject: '12',
  ipAddress: '203.0.113.7',
  note: '',
  data: {},
  dateCreated: '2026-01-01T00:00:00.000000Z',
  ...changes,
});

describe('the redaction of a person', () => {
  it('[13.17] replaces names as whole words and addresses in any case', () => {
    assert.equal(redactor.text('Dev joined Developers'), `${name} joined Developers`);
    assert.equal(redactor.text('removed ANN@x.example, not joann@x.example'), `removed ${email}, not joann@x.example`);
    assert.equal(redactor.text('by Ann (Ops) Ö.'), `by ${name}.`);
  });

  it('[13.17] replaces nothing a second time, even if the name is a word of its replacement', () => {
    const unlucky = new Redactor(personOf(who, ['user', 'erased-7@users.invalid.example']));
    const once = unlucky.text('the user wrote');
    assert.equal(once, `the ${name} wrote`);
    assert.equal(unlucky.text(once), once);
    assert.equal(redactor.text(redactor.text('Dev ann@x.example')), `${name} ${email}`);
  });

  it('[13.17] replaces the external id of the person only', () => {
    const change = (id: string) => ({ kind: 'external-id', id, before: null, after: { id, externalId: 'hr-7' } });
    assert.deepEqual(redactor.change(change('7')).after, { id: '7', externalId: name });
    assert.deepEqual(redactor.change(change('8')), change('8'));
  });

  it("[13.17] removes the IP address of the person's own actions only", () => {
    const own = redactor.auditEntry(anEntry({ actor: { id: '7', name: 'Dev' }, targetUser: { id: '8', name: 'Bo' } }));
    assert.deepEqual([own.actor, own.targetUser, own.ipAddress], [{ id: '7', name }, { id: '8', name: 'Bo' }, null]);
    const about = redactor.auditEntry(anEntry({ targetUser: { id: '7', name: 'Dev' }, data: { email: 'ann@x.example' } }));
    assert.deepEqual([about.targetUser, about.data, about.ipAddress], [{ id: '7', name }, { email }, '203.0.113.7']);
  });

  it('[13.17] leaves a person without known names, and records of other kinds, as they are', () => {
    const unknown = new Redactor(personOf({ userId: null, memberIds: ['3'] }, []));
    assert.equal(unknown.text('Dev left'), 'Dev left');
    const team = { kind: 'team', id: '5', before: null, after: { id: '5', name: 'Dev' } };
    assert.deepEqual(redactor.change(team), team);
  });
});
