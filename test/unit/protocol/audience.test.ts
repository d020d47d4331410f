import assert from 'node:assert/strict';
import { audienceOf, type OrganizationRecord, type Scope } from '../../../protocol/src/index.ts';
import { anOrganization } from '../client-sdk/records.ts';

const withSettings = (settings: object) => anOrganization(settings).record as unknown as OrganizationRecord;
const held = new Set<Scope>(['org:read', 'member:read', 'team:read', 'project:read']);

describe('the audience of a viewer', () => {
  it('[A1] belongs to all organizations with the same settings, and differs with each setting', () => {
    const settings = { openMembership: true, allowJoinRequests: true, enhancedPrivacy: false };
    const audience = audienceOf(withSettings({ ...settings, id: '1' }), held, null);
    assert.equal(audienceOf(withSettings({ ...settings, id: '2', name: 'Another' }), held, null), audience);
    const other = (changed: object) => audienceOf(withSettings({ ...settings, ...changed }), held, null);
    assert.equal(other({ enhancedPrivacy: true }).hidesEmails, true);
    assert.equal(audience.hidesEmails, false);
    assert.notDeepEqual(other({ openMembership: false }).sees, audience.sees);
    assert.notDeepEqual(other({ allowJoinRequests: false }).sees, audience.sees);
    assert.notEqual(audienceOf(withSettings(settings), new Set<Scope>(['org:read']), null).key, audience.key);
    assert.notEqual(audienceOf(withSettings(settings), held, ['teams']).key, audience.key);
  });
});
