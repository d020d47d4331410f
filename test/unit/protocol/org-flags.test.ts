import assert from 'node:assert/strict';
import {
  completeOrganization,
  defaultOrgFlags,
  defaultOrgSettings,
  defaultOrgSso,
  orgFlags,
  orgFlagsSchema,
  orgSettingNames,
  orgSettingsSchema,
} from '../../../protocol/src/index.ts';
import { readSource } from '../../support/source-files.ts';

describe('the flags and settings of organizations', () => {
  it('[5.1] match the flags that the REST contract lists, with their defaults and names', () => {
    const rows = [
      ...readSource('docs/rest-contract/05-organizations.md').matchAll(
        /^\| `(\w+)` \| `(\w+)` \| (yes|no) \| (true|false) \| (yes|no) \|$/gm,
      ),
    ];
    const documented = rows.map(([, flag, auditName, opposite, value, inLists]) => [
      flag,
      { default: value === 'true', auditName, isInverted: opposite === 'yes', isInLists: inLists === 'yes' },
    ]);
    const facts = Object.entries(orgFlags).map(([flag, { label: _label, ...fact }]) => [flag, fact]);
    assert.deepEqual(Object.fromEntries(facts), Object.fromEntries(documented));
  });

  it('have defaults that their schemas accept', () => {
    assert.deepEqual(orgFlagsSchema.parse(defaultOrgFlags), defaultOrgFlags);
    assert.deepEqual(orgSettingsSchema.parse(defaultOrgSettings), defaultOrgSettings);
    assert.deepEqual(orgSettingNames, Object.keys(orgSettingsSchema.shape), 'the order is that of notes in the audit log');
  });

  it('fill the missing fields of a stored organization, and keep its values and unknown fields', () => {
    const { openMembership: _flag, trustedRelays: _setting, ...older } = { ...defaultOrgFlags, ...defaultOrgSettings };
    const stored = { ...older, require2FA: true, allowTeleport: 1 };
    const expected = { ...defaultOrgFlags, ...defaultOrgSettings, ...defaultOrgSso, require2FA: true, allowTeleport: 1 };
    assert.deepEqual(completeOrganization(stored), expected);
    assert.equal(completeOrganization(expected), expected, 'a complete organization is returned as it is');
  });
});
