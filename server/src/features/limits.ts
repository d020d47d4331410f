import type { LimitGroup } from '../runtime/limits/limit.ts';
import { archiveLimits } from './archive/limits.ts';
import { integrationLimits } from './integrations/limits.ts';
import { scimLimits } from './scim/limits.ts';
import { signOnLimits } from './single-sign-on/limits.ts';
import { webhookLimits } from './webhooks/limits.ts';

/**
 * The limits of the features, which docs/operating/limits.md lists after those of the core. They
 * are listed here and not in `index.ts`, so that a program that writes the page loads no feature.
 */
export const featureLimits: readonly LimitGroup[] = [
  { title: 'Export and import', fixed: archiveLimits },
  { title: 'Single sign-on', fixed: signOnLimits },
  { title: 'SCIM', fixed: scimLimits },
  { title: 'Webhooks', fixed: webhookLimits },
  { title: 'Integrations', fixed: integrationLimits },
];
