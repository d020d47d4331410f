import { auditLogRoutes } from './endpoints/audit/audit-logs.ts';
import { changesRoutes } from './endpoints/changes/changes.ts';
import { decisionRoutes } from './endpoints/decisions.ts';
import { accountRoutes } from './endpoints/identity/account.ts';
import { authenticatorRoutes } from './endpoints/identity/authenticators.ts';
import { emailRoutes } from './endpoints/identity/emails.ts';
import { identityRoutes } from './endpoints/identity/identity.ts';
import { passwordResetRoutes } from './endpoints/identity/password-reset.ts';
import { sessionRoutes } from './endpoints/identity/sessions.ts';
import { directoryDriftRoutes } from './endpoints/integrations/directory-drift.ts';
import { externalActorRoutes } from './endpoints/integrations/external-actors.ts';
import { installGitHubRoute } from './endpoints/integrations/install-github.ts';
import { installGitLabRoute } from './endpoints/integrations/install-gitlab.ts';
import { installSlackRoute } from './endpoints/integrations/install-slack.ts';
import { integrationDeliveryRoutes } from './endpoints/integrations/integration-deliveries.ts';
import { integrationRoutes } from './endpoints/integrations/integrations.ts';
import { ownAccountRoute } from './endpoints/integrations/own-account.ts';
import { pagerDutyRoutes } from './endpoints/integrations/pagerduty.ts';
import { slackChannelRoutes } from './endpoints/integrations/slack-channels.ts';
import { acceptInviteRoutes } from './endpoints/invites/accept-invite.ts';
import { inviteRequestRoutes } from './endpoints/invites/invite-requests.ts';
import { joinRequestRoutes } from './endpoints/invites/join-requests.ts';
import { memberRoutes } from './endpoints/members/members.ts';
import { memberBulkRoutes } from './endpoints/members/members-bulk.ts';
import { reinstateMemberRoutes } from './endpoints/members/reinstate-members.ts';
import { resetSecondFactorRoutes } from './endpoints/members/reset-second-factor.ts';
import { exportRoutes } from './endpoints/organizations/exports.ts';
import { ipAllowListRoutes } from './endpoints/organizations/ip-allow-list.ts';
import { organizationRoutes } from './endpoints/organizations/organizations.ts';
import { projectKeyRoutes } from './endpoints/projects/project-keys.ts';
import { projectTeamRoutes } from './endpoints/projects/project-teams.ts';
import { projectRoutes } from './endpoints/projects/projects.ts';
import { retentionRoutes } from './endpoints/retention/retention.ts';
import { scimDiscoveryRoutes } from './endpoints/scim/discovery.ts';
import { scimGroupRoutes } from './endpoints/scim/groups.ts';
import { scimTokenRoutes } from './endpoints/scim/scim-token.ts';
import { scimUserRoutes } from './endpoints/scim/users.ts';
import { authProviderRoutes } from './endpoints/single-sign-on/auth-provider.ts';
import { domainRoutes } from './endpoints/single-sign-on/domains.ts';
import { signOnTestRoutes } from './endpoints/single-sign-on/sign-on-test.ts';
import { spCertificateRoutes } from './endpoints/single-sign-on/sp-certificate.ts';
import { ssoIdentityRoutes } from './endpoints/single-sign-on/sso-identity.ts';
import { ssoImpactRoutes } from './endpoints/single-sign-on/sso-impact.ts';
import { accessRequestRoutes } from './endpoints/teams/access-requests.ts';
import { teamMemberRoutes } from './endpoints/teams/team-members.ts';
import { teamRoutes } from './endpoints/teams/teams.ts';
import { apiTokenRoutes } from './endpoints/tokens/api-tokens.ts';
import { orgAuthTokenRoutes } from './endpoints/tokens/org-auth-tokens.ts';
import { webhookDeliveryRoutes } from './endpoints/webhooks/webhook-delivery.ts';
import { webhookRoutes } from './endpoints/webhooks/webhooks.ts';
import type { Route } from './route.ts';

/** All routes below `/api/0`: one row per endpoint, so that tests can iterate over them. */
export const routes: readonly Route[] = [
  ...identityRoutes,
  ...sessionRoutes,
  ...accountRoutes,
  ...authenticatorRoutes,
  ...emailRoutes,
  ...passwordResetRoutes,
  ...apiTokenRoutes,
  ...organizationRoutes,
  ...exportRoutes,
  ...ipAllowListRoutes,
  ...retentionRoutes,
  ...signOnTestRoutes,
  ...authProviderRoutes,
  ...spCertificateRoutes,
  ...domainRoutes,
  ...ssoImpactRoutes,
  ...decisionRoutes,
  ...memberRoutes,
  ...ssoIdentityRoutes,
  ...reinstateMemberRoutes,
  ...resetSecondFactorRoutes,
  ...memberBulkRoutes,
  ...inviteRequestRoutes,
  ...joinRequestRoutes,
  ...acceptInviteRoutes,
  ...teamRoutes,
  ...teamMemberRoutes,
  ...accessRequestRoutes,
  ...pagerDutyRoutes,
  installSlackRoute,
  installGitHubRoute,
  installGitLabRoute,
  ownAccountRoute,
  ...integrationRoutes,
  ...integrationDeliveryRoutes,
  ...directoryDriftRoutes,
  ...slackChannelRoutes,
  ...externalActorRoutes,
  ...projectRoutes,
  ...projectTeamRoutes,
  ...projectKeyRoutes,
  ...scimUserRoutes,
  ...scimGroupRoutes,
  ...scimDiscoveryRoutes,
  ...scimTokenRoutes,
  ...webhookRoutes,
  ...webhookDeliveryRoutes,
  ...auditLogRoutes,
  ...changesRoutes,
  ...orgAuthTokenRoutes,
];
