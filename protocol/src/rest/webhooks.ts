import type { Scope } from '../roles.ts';
import type {
  newWebhookShape,
  ResponseOf,
  webhookDeliveryShape,
  webhookShape,
  webhookStateShape,
  webhookTestShape,
} from './shapes/index.ts';

export type RestWebhook = ResponseOf<typeof webhookShape>;
/** A webhook with its secret, which is only in this response. */
export type RestWebhookWithSecret = ResponseOf<typeof newWebhookShape>;
export type WebhookState = ResponseOf<typeof webhookStateShape>;
export type WebhookDelivery = ResponseOf<typeof webhookDeliveryShape>;
export type WebhookTest = ResponseOf<typeof webhookTestShape>;

export interface NewWebhook {
  readonly url: string;
  readonly description?: string;
  /** Names of events, or all of a group: `member.*`. All events by default. */
  readonly eventTypes?: readonly string[];
  /** Within the caller's own. By default those of a manager that the caller holds. */
  readonly scopes?: readonly Scope[];
}

export interface WebhookChanges extends Partial<NewWebhook> {
  /** `active` resumes deliveries at the first event that was not delivered. */
  readonly status?: RestWebhook['status'];
}

export interface DeliveryFilter {
  readonly status?: 'failed';
}
