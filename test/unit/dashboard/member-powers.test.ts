import assert from 'node:assert/strict';
import { mayAssign, type Viewer, whyNotChangeRole, whyNotRemove } from '../../../dashboard/src/pages/members/member-powers.ts';
import { type OrgRoleId, orgRoleIds, orgRoles } from '../../../protocol/src/index.ts';
import { aMember } from '../../support/builders.ts';

function viewerOf(orgRole: OrgRoleId): Viewer {
  const { scopes } = orgRoles[orgRole];
  return {
    member: aMember({ orgRole }),
    canAdminMembers: scopes.includes('member:admin'),
    canInvite: scopes.includes('member:invite'),
    canWriteOrganization: scopes.includes('org:write'),
    hasOpenMembership: true,
    ownPlaces: new Map(),
    hasOtherManager: true,
  };
}

describe('what the members page offers', () => {
  it('[4.3] lets managers and owners change and remove those who are not above them, and nobody else', () => {
    for (const actor of orgRoleIds) {
      for (const target of orgRoleIds) {
        const viewer = viewerOf(actor);
        const mayManage = ['manager', 'owner'].includes(actor) && orgRoleIds.indexOf(target) <= orgRoleIds.indexOf(actor);
        assert.equal(whyNotChangeRole(viewer, aMember({ orgRole: target })) === null, mayManage, `${actor} changes ${target}`);
        assert.equal(whyNotRemove(viewer, aMember({ orgRole: target })) === null, mayManage, `${actor} removes ${target}`);
        assert.equal(mayAssign(viewer, target), orgRoleIds.indexOf(target) <= orgRoleIds.indexOf(actor), `${actor} gives ${target}`);
      }
    }
  });

  it('[6.5] lets nobody change their own role', () => {
    const viewer = viewerOf('owner');
    assert.equal(whyNotChangeRole(viewer, viewer.member!), 'You cannot change your own role.');
  });

  it('[6.6] lets everybody leave but the last who could manage the organization', () => {
    const member = viewerOf('member');
    assert.equal(whyNotRemove(member, member.member!), null);
    const owner = { ...viewerOf('owner'), hasOtherManager: false };
    assert.match(whyNotRemove(owner, owner.member!)!, /last owner or manager/);
  });

  it('[6.6] lets whoever sent an invitation withdraw it', () => {
    const viewer = viewerOf('member');
    const invite = { user: null, pending: true };
    assert.equal(whyNotRemove(viewer, aMember({ ...invite, inviterId: viewer.member!.user!.id })), null);
    assert.match(whyNotRemove(viewer, aMember({ ...invite, inviterId: '999999' }))!, /only invitations that you sent/);
  });
});
