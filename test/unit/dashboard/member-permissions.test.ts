import assert from 'node:assert/strict';
import { type MemberViewer, whyNotRemove } from '../../../dashboard/src/pages/members/member-permissions.ts';
import { type OrgRoleId, orgRoleIds, orgRoles } from '../../../protocol/src/index.ts';
import { aMember } from '../../support/builders.ts';

function viewerOf(orgRole: OrgRoleId): MemberViewer {
  const { scopes } = orgRoles[orgRole];
  return {
    member: aMember({ orgRole }),
    canAdminMembers: scopes.includes('member:admin'),
    canInvite: scopes.includes('member:invite'),
    canWriteOrganization: scopes.includes('org:write'),
    hasOpenMembership: true,
    ownMemberships: new Map(),
    hasOtherAdministrator: true,
  };
}

describe('the permissions of a viewer on the members page', () => {
  it('[4.3] let only managers and owners remove members, and none with a higher role', () => {
    for (const actor of orgRoleIds) {
      for (const target of orgRoleIds) {
        const viewer = viewerOf(actor);
        const mayManage = ['manager', 'owner'].includes(actor) && orgRoleIds.indexOf(target) <= orgRoleIds.indexOf(actor);
        assert.equal(whyNotRemove(viewer, aMember({ orgRole: target })) === null, mayManage, `${actor} removes ${target}`);
      }
    }
  });

  it('[6.6] let members leave, except the last owner or manager', () => {
    const member = viewerOf('member');
    assert.equal(whyNotRemove(member, member.member!), null);
    const owner = { ...viewerOf('owner'), hasOtherAdministrator: false };
    assert.match(whyNotRemove(owner, owner.member!)!, /last owner or manager/);
  });

  it('[6.6] let the member who sent an invitation revoke it', () => {
    const viewer = viewerOf('member');
    const invite = { user: null, pending: true };
    assert.equal(whyNotRemove(viewer, aMember({ ...invite, inviterId: viewer.member!.user!.id })), null);
    assert.match(whyNotRemove(viewer, aMember({ ...invite, inviterId: '999999' }))!, /only revoke invitations that you sent/);
  });

  it('[17.25] do not let that member remove a person who accepted and was locked out', () => {
    const viewer = viewerOf('member');
    const lockedOut = aMember({ user: null, pending: true, inviterId: viewer.member!.user!.id, detachedUser: { id: '77', name: 'Bob' } });
    assert.match(whyNotRemove(viewer, lockedOut)!, /Only managers and owners/);
  });
});
