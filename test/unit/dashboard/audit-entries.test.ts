import assert from 'node:assert/strict';
import { type AuditEntry, actorNameOf, changesIn, mergeEntries } from '../../../dashboard/src/pages/audit/audit-entry.ts';
import { searchOf } from '../../../dashboard/src/pages/audit/search-of.ts';

describe('entries on the audit log page', () => {
  it('show the old value if the log contains it, or if the new value implies it', () => {
    assert.deepEqual(
      changesIn('org.edit', { name: 'from Acme to Acme Inc', disable_member_invite: 'to True', storeCrashReports: 'to 5' }),
      [
        { field: 'Name', before: 'Acme', after: 'Acme Inc' },
        { field: 'Members can invite people', before: 'On', after: 'Off' },
        { field: 'Native crash reports', before: null, after: '5' },
      ],
    );
    assert.deepEqual(changesIn('project.edit', { id: '1', old_slug: 'a', new_slug: 'b' }), [{ field: 'Slug', before: 'a', after: 'b' }]);
  });

  it('show the name of a person, a token or an operator, and the server as System', () => {
    const nameOf = (fields: Pick<AuditEntry, 'actor' | 'operator'>) => actorNameOf(fields as AuditEntry);
    assert.equal(nameOf({ actor: { id: '1', name: 'Ada' } }), 'Ada');
    assert.equal(nameOf({ actor: null, operator: { name: 'deploy-bot' } }), 'Operator deploy-bot');
    assert.equal(nameOf({ actor: null }), 'System');
  });

  it('show roles by their names', () => {
    assert.deepEqual(changesIn('org.edit', { default_role: 'from member to admin', attachmentsRole: 'to manager' }), [
      { field: 'Default role', before: 'Member', after: 'Admin' },
      { field: 'Attachments', before: null, after: 'Manager' },
    ]);
  });

  it('show an ambiguous text unchanged', () => {
    assert.deepEqual(changesIn('org.edit', { name: 'from Back to Back to Home' }), [
      { field: 'Name', before: null, after: 'from Back to Back to Home' },
    ]);
  });

  it('appear once, in the live version', () => {
    const entry = (id: string, note: string) => ({ id, note }) as never;
    const merged = mergeEntries([entry('9', 'live')], [entry('9', 'read'), entry('8', 'read')]);
    assert.deepEqual(
      merged.map(({ id, note }) => `${id} ${note}`),
      ['9 live', '8 read'],
    );
  });

  it('match a range of days including the last one', () => {
    const { sinceMs, untilMs } = searchOf({ event: '', actorId: '', period: 'days', from: '2026-11-24', to: '2026-11-24' }, 0);
    assert.equal(sinceMs, new Date(2026, 10, 24).getTime());
    assert.equal(untilMs, new Date(2026, 10, 25).getTime());
  });
});
