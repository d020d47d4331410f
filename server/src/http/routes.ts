import { features } from '../features/index.ts';
import { auditLogRoutes } from './endpoints/audit/audit-logs.ts';
import { securityEventRoutes } from './endpoints/audit/security-events.ts';
import { changesRoutes } from './endpoints/changes/changes.ts';
import { decisionRoutes } from './endpoints/decisions.ts';
import { accountRoutes } from './endpoints/identity/account.ts';
import { authenticatorRoutes } from './endpoints/identity/authenticators.ts';
import { emailRoutes } from './endpoints/identity/emails.ts';
import { identityRoutes } from './endpoints/identity/identity.ts';
import { passkeyLoginRoutes } from './endpoints/identity/passkey-login.ts';
import { passkeyRoutes } from './endpoints/identity/passkeys.ts';
import { passwordResetRoutes } from './endpoints/identity/password-reset.ts';
import { sessionRoutes } from './endpoints/identity/sessions.ts';
import { acceptInviteRoutes } from './endpoints/invites/accept-invite.ts';
import { inviteRequestRoutes } from './endpoints/invites/invite-requests.ts';
import { joinRequestRoutes } from './endpoints/invites/join-requests.ts';
import { memberRoutes } from './endpoints/members/members.ts';
import { memberBulkRoutes } from './endpoints/members/members-bulk.ts';
import { reinstateMemberRoutes } from './endpoints/members/reinstate-members.ts';
import { resetSecondFactorRoutes } from './endpoints/members/reset-second-factor.ts';
import { ipAllowListRoutes } from './endpoints/organizations/ip-allow-list.ts';
import { organizationRoutes } from './endpoints/organizations/organizations.ts';
import { projectKeyRoutes } from './endpoints/projects/project-keys.ts';
import { projectTeamRoutes } from './endpoints/projects/project-teams.ts';
import { projectRoutes } from './endpoints/projects/projects.ts';
import { accessRequestRoutes } from './endpoints/teams/access-requests.ts';
import { teamMemberRoutes } from './endpoints/teams/team-members.ts';
import { teamRoutes } from './endpoints/teams/teams.ts';
import { apiTokenRoutes } from './endpoints/tokens/api-tokens.ts';
import { orgAuthTokenRoutes } from './endpoints/tokens/org-auth-tokens.ts';
import type { Route, RoutePlace } from './route.ts';

/** All routes below `/api/0`: one row per endpoint, so that tests can iterate over them. */
export const routes: readonly Route[] = [
  ...identityRoutes,
  ...sessionRoutes,
  ...passkeyLoginRoutes,
  ...accountRoutes,
  ...authenticatorRoutes,
  ...passkeyRoutes,
  ...emailRoutes,
  ...passwordResetRoutes,
  ...apiTokenRoutes,
  ...organizationRoutes,
  ...addedAt('organizations'),
  ...ipAllowListRoutes,
  ...addedAt('access'),
  ...decisionRoutes,
  ...memberRoutes,
  ...addedAt('members'),
  ...reinstateMemberRoutes,
  ...resetSecondFactorRoutes,
  ...memberBulkRoutes,
  ...inviteRequestRoutes,
  ...joinRequestRoutes,
  ...acceptInviteRoutes,
  ...teamRoutes,
  ...teamMemberRoutes,
  ...accessRequestRoutes,
  ...addedAt('integrations'),
  ...projectRoutes,
  ...projectTeamRoutes,
  ...projectKeyRoutes,
  ...addedAt('tools'),
  ...auditLogRoutes,
  ...securityEventRoutes,
  ...changesRoutes,
  ...orgAuthTokenRoutes,
];

function addedAt(place: RoutePlace): readonly Route[] {
  return features.flatMap(({ routes: added = {} }) => added[place] ?? []);
}
