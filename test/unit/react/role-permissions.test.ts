import assert from 'node:assert/strict';
import { type OrgRoleId, orgRoleIds, orgRoles } from '../../../protocol/src/index.ts';
import { mayAssign, whyNotChangeRole } from '../../../react/src/role-permissions.ts';
import { aMember } from '../../support/builders.ts';

const viewerOf = (orgRole: OrgRoleId) => ({
  member: aMember({ orgRole }),
  canAdminMembers: orgRoles[orgRole].scopes.includes('member:admin'),
});

describe('the permissions to change a role', () => {
  it('[4.3] let only managers and owners change roles, and none with a higher role', () => {
    for (const actor of orgRoleIds) {
      for (const target of orgRoleIds) {
        const viewer = viewerOf(actor);
        const isLower = orgRoleIds.indexOf(target) <= orgRoleIds.indexOf(actor);
        const mayManage = ['manager', 'owner'].includes(actor) && isLower;
        assert.equal(whyNotChangeRole(viewer, aMember({ orgRole: target })) === null, mayManage, `${actor} changes ${target}`);
        assert.equal(mayAssign(viewer, target), isLower, `${actor} gives ${target}`);
      }
    }
  });

  it('[6.5] do not let owners change their own role', () => {
    const viewer = viewerOf('owner');
    assert.equal(whyNotChangeRole(viewer, viewer.member), 'You can’t change your own role.');
  });
});
