import assert from 'node:assert/strict';
import type { ChangeEvent, OrganizationState } from '../../../client-sdk/src/index.ts';
import { describeChange } from '../../../dashboard/src/live/describe-change.ts';
import { nameOfSetting } from '../../../dashboard/src/live/setting-names.ts';
import { changesIn } from '../../../dashboard/src/pages/audit/audit-entry.ts';
import { orgFlagNames, orgFlags, orgSettingNames } from '../../../protocol/src/index.ts';

describe('the names of flags and settings', () => {
  const notice = (event: object) => describeChange(event as ChangeEvent, {} as OrganizationState)?.text;

  it('appear in notices and in the audit log as on the page of the setting', () => {
    assert.equal(nameOfSetting('githubPRBot'), 'Comment on merged GitHub pull requests');
    for (const setting of orgSettingNames) {
      const name = nameOfSetting(setting);
      assert.equal(notice({ type: 'setting.changed', setting }), `“${name}” was changed`);
      assert.deepEqual(changesIn('org.edit', { [setting]: 'to 5' }), [{ field: name, before: null, after: '5' }]);
    }
    for (const flag of orgFlagNames) {
      const name = nameOfSetting(flag);
      assert.equal(notice({ type: 'flag.changed', flag, after: true }), `“${name}” was turned on`);
      assert.equal(changesIn('org.edit', { [orgFlags[flag].auditName]: 'to True' })[0]!.field, name);
    }
  });

  it('differ from each other', () => {
    const names = [...orgFlagNames, ...orgSettingNames].map(nameOfSetting);
    assert.equal(new Set(names).size, names.length);
  });
});
