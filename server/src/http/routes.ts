import { acceptInviteRoutes } from './endpoints/accept-invite.ts';
import { accessRequestRoutes } from './endpoints/access-requests.ts';
import { apiTokenRoutes } from './endpoints/api-tokens.ts';
import { auditLogRoutes } from './endpoints/audit-logs.ts';
import { accountRoutes } from './endpoints/auth/account.ts';
import { authenticatorRoutes } from './endpoints/auth/authenticators.ts';
import { emailRoutes } from './endpoints/auth/emails.ts';
import { passwordResetRoutes } from './endpoints/auth/password-reset.ts';
import { sessionRoutes } from './endpoints/auth/sessions.ts';
import { decisionRoutes } from './endpoints/decisions.ts';
import { identityRoutes } from './endpoints/identity.ts';
import { inviteRequestRoutes } from './endpoints/invite-requests.ts';
import { joinRequestRoutes } from './endpoints/join-requests.ts';
import { memberRoutes } from './endpoints/members.ts';
import { memberBulkRoutes } from './endpoints/members-bulk.ts';
import { orgAuthTokenRoutes } from './endpoints/org-auth-tokens.ts';
import { organizationRoutes } from './endpoints/organizations.ts';
import { projectKeyRoutes } from './endpoints/project-keys.ts';
import { projectTeamRoutes } from './endpoints/project-teams.ts';
import { projectRoutes } from './endpoints/projects.ts';
import { reinstateMemberRoutes } from './endpoints/reinstate-members.ts';
import { resetSecondFactorRoutes } from './endpoints/reset-second-factor.ts';
import { teamMemberRoutes } from './endpoints/team-members.ts';
import { teamRoutes } from './endpoints/teams.ts';
import type { Route } from './route.ts';

/** The whole REST surface below `/api/0`: one row an endpoint, so that tests can walk over it. */
export const routes: readonly Route[] = [
  ...identityRoutes,
  ...sessionRoutes,
  ...accountRoutes,
  ...authenticatorRoutes,
  ...emailRoutes,
  ...passwordResetRoutes,
  ...apiTokenRoutes,
  ...organizationRoutes,
  ...decisionRoutes,
  ...memberRoutes,
  ...reinstateMemberRoutes,
  ...resetSecondFactorRoutes,
  ...memberBulkRoutes,
  ...inviteRequestRoutes,
  ...joinRequestRoutes,
  ...acceptInviteRoutes,
  ...teamRoutes,
  ...teamMemberRoutes,
  ...accessRequestRoutes,
  ...projectRoutes,
  ...projectTeamRoutes,
  ...projectKeyRoutes,
  ...auditLogRoutes,
  ...orgAuthTokenRoutes,
];
