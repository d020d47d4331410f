import { archive } from './archive/feature.ts';
import type { Feature } from './feature.ts';
import { integrations } from './integrations/feature.ts';
import type { ProviderServices } from './integrations/providers/provider.ts';
import { retention } from './retention/feature.ts';
import type { RetentionServices } from './retention/services.ts';
import { scim } from './scim/feature.ts';
import { singleSignOn } from './single-sign-on/feature.ts';
import type { SingleSignOnServices } from './single-sign-on/services.ts';
import { webhooks } from './webhooks/feature.ts';

/** All features. Endpoints of the same place are described in this order. */
export const features: readonly Feature[] = [archive, retention, singleSignOn, scim, webhooks, integrations];

/** The services of a server with all features. */
export type AllServices = ProviderServices & RetentionServices & SingleSignOnServices;
