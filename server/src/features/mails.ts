import { organizationExport } from './archive/mails/organization-export.ts';
import { integrationDisabled } from './integrations/mails/integration-disabled.ts';
import { smallerPlan } from './retention/mails/smaller-plan.ts';
import { certificateExpiry } from './single-sign-on/mails/certificate-expiry.ts';
import { domainLapsed } from './single-sign-on/mails/domain-lapsed.ts';
import { ssoLink } from './single-sign-on/mails/sso-link.ts';
import { webhookDisabled } from './webhooks/mails/webhook-disabled.ts';

/**
 * The mail templates of the features, by the names that are stored in the database. They are listed
 * here and not in `index.ts`, because the features depend on the table of all templates.
 */
export const featureMails = {
  'organization-export': organizationExport,
  'integration-disabled': integrationDisabled,
  'smaller-plan': smallerPlan,
  'certificate-end': certificateExpiry,
  'domain-lapsed': domainLapsed,
  'sso-link': ssoLink,
  'webhook-disabled': webhookDisabled,
} as const;
