import type { LogConsumer } from '../consumers/log-consumer.ts';
import { type WebhookParts, webhookConsumer } from '../features/webhooks/delivery/webhook-consumer.ts';
import type { Integrations } from './open-integrations.ts';

export interface OutletParts extends WebhookParts {
  readonly integrations: Integrations;
}

/** The consumers of the log, one line for each kind of outlet. */
export function outletsOf(parts: OutletParts): readonly LogConsumer[] {
  return [webhookConsumer(parts), parts.integrations.integrationConsumer];
}
