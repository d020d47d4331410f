import { exportRoutes } from '../features/archive/http/exports.ts';
import { installGitHubRoute } from '../features/integrations/github/install-github.ts';
import { installGitLabRoute } from '../features/integrations/gitlab/install-gitlab.ts';
import { directoryDriftRoutes } from '../features/integrations/http/directory-drift.ts';
import { externalActorRoutes } from '../features/integrations/http/external-actors.ts';
import { integrationDeliveryRoutes } from '../features/integrations/http/integration-deliveries.ts';
import { integrationRoutes } from '../features/integrations/http/integrations.ts';
import { ownAccountRoute } from '../features/integrations/http/own-account.ts';
import { pagerDutyRoutes } from '../features/integrations/pagerduty/pagerduty.ts';
import { installSlackRoute } from '../features/integrations/slack/install-slack.ts';
import { slackChannelRoutes } from '../features/integrations/slack/slack-channels.ts';
import { retentionRoutes } from '../features/retention/http/retention.ts';
import { scimDiscoveryRoutes } from '../features/scim/http/discovery.ts';
import { scimGroupRoutes } from '../features/scim/http/groups.ts';
import { scimTokenRoutes } from '../features/scim/http/scim-token.ts';
import { scimUserRoutes } from '../features/scim/http/users.ts';
import { authProviderRoutes } from '../features/single-sign-on/http/auth-provider.ts';
import { domainRoutes } from '../features/single-sign-on/http/domains.ts';
import { signOnTestRoutes } from '../features/single-sign-on/http/sign-on-test.ts';
import { spCertificateRoutes } from '../features/single-sign-on/http/sp-certificate.ts';
import { ssoIdentityRoutes } from '../features/single-sign-on/http/sso-identity.ts';
import { ssoImpactRoutes } from '../features/single-sign-on/http/sso-impact.ts';
import { webhookDeliveryRoutes } from '../features/webhooks/http/webhook-delivery.ts';
import { webhookRoutes } from '../features/webhooks/http/webhooks.ts';
import { auditLogRoutes } from './endpoints/audit/audit-logs.ts';
import { changesRoutes } from './endpoints/changes/changes.ts';
import { decisionRoutes } from './endpoints/decisions.ts';
import { accountRoutes } from './endpoints/identity/account.ts';
import { authenticatorRoutes } from './endpoints/identity/authenticators.ts';
import { emailRoutes } from './endpoints/identity/emails.ts';
import { identityRoutes } from './endpoints/identity/identity.ts';
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
