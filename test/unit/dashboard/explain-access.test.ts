import assert from 'node:assert/strict';
import { explainAccess } from '../../../dashboard/src/pages/projects/explain-access.ts';
import { can, type MemberRecord, type On, orgRoleIds, type Scope, type Who } from '../../../protocol/src/index.ts';
import { aMember, anOrganization, aProject, aTeam, ofTeam, onTeam, stateOf } from '../../support/numbered-builders.ts';

interface Situation {
  readonly member: MemberRecord;
  readonly openMembership?: boolean;
  readonly require2FA?: boolean;
  readonly isOnTeam?: boolean;
  readonly sees2fa?: boolean;
}

const team = aTeam('1', { slug: 'web' });
const project = aProject('1', { slug: 'shop' });

/** Decides with the same function as the server. */
function explain({ member, openMembership = false, require2FA = false, isOnTeam = false, sees2fa = true }: Situation) {
  const organization = anOrganization({ openMembership, require2FA });
  const teamMembers = isOnTeam ? [onTeam(team, member)] : [];
  const projectTeams = [ofTeam(project, team)];
  const source = stateOf({
    organization: [organization],
    member: [member],
    team: [team],
    project: [project],
    'team-member': teamMembers,
    'project-team': projectTeams,
  } as never);
  const decide = (who: Who, scope: Scope, on?: On) => ({ ...can(source, who, scope, on), revision: 1, fresh: true });
  const state = { organization, members: [member], teams: [team], projects: [project], teamMembers, projectTeams };
  const explanation = explainAccess({ can: decide, state } as never, member, project, sees2fa);
  return { explanation, decision: decide({ memberId: member.id }, 'project:read', { projectId: project.id }) };
}

describe('the explanation of access to a project', () => {
  it('[3.4] agrees with can() and gives the reasons, for every combination of role, team membership and open membership', () => {
    for (const orgRole of orgRoleIds) {
      for (const openMembership of [false, true]) {
        for (const isOnTeam of [false, true]) {
          const { explanation, decision } = explain({ member: aMember('1', { orgRole }), openMembership, isOnTeam });
          const isGlobal = orgRole === 'manager' || orgRole === 'owner';
          assert.equal(explanation.isAllowed, decision.allowed);
          assert.equal(explanation.isAllowed, openMembership || isOnTeam || isGlobal);
          const roads = [openMembership, isOnTeam, isGlobal].filter(Boolean).length;
          assert.equal(explanation.reasons.length, Math.max(roads, 1), explanation.reasons.join(' '));
          assert.match(explanation.verdict, explanation.isAllowed ? / can see shop\.$/ : / can’t see shop\.$/);
          assert.equal(explanation.suggestion === null, explanation.isAllowed);
        }
      }
    }
  });

  it('names the team and the team role', () => {
    const { explanation } = explain({ member: aMember('1'), isOnTeam: true });
    assert.deepEqual(explanation.reasons, ['They’re on #web as Contributor, and this project is assigned to #web.']);
    assert.deepEqual(
      explanation.permissions.map(({ isAllowed }) => isAllowed),
      [true, false, false],
    );
  });

  it('gives the reason why a person has no access', () => {
    const member = aMember('1', { orgRole: 'owner' });
    const reasonOf = (situation: Situation) => explain(situation).explanation.reasons.join(' ');
    assert.match(reasonOf({ member: { ...member, user: null, pending: true } }), /haven’t accepted their invitation/);
    assert.match(reasonOf({ member: { ...member, user: { ...member.user!, isActive: false } } }), /deactivated/);
    assert.match(reasonOf({ member: { ...member, user: { ...member.user!, has2fa: false } }, require2FA: true }), /requires 2FA/);
    assert.match(reasonOf({ member: { ...member, orgRole: 'member' } }), /aren’t on any team of this project \(#web\)/);
  });

  it('hides a person’s missing 2FA from viewers who may not see it', () => {
    const member = aMember('1', { orgRole: 'owner' });
    const without2fa = { ...member, user: { ...member.user!, has2fa: false } };
    const blocked = { ...member, user: null, pending: true, detachedUser: { id: '1', name: 'Ada' } };
    for (const lacking of [without2fa, blocked]) {
      const { reasons, suggestion } = explain({ member: lacking, require2FA: true, sees2fa: false }).explanation;
      assert.deepEqual([reasons, suggestion], [['They have no access at the moment.'], null]);
      assert.match(explain({ member: lacking, require2FA: true }).explanation.reasons.join(' '), /2FA/);
    }
  });
});
