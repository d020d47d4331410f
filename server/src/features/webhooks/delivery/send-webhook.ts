import { Webhook } from 'standardwebhooks';
import type { Db } from '../../../database/database.ts';
import { openOrgSecrets } from '../../../database/organizations/org-secrets.ts';
import type { Outbound, OutboundOwner, OutboundResult } from '../../../outbound/outbound.ts';
import { failureTexts } from '../../../outbound/outbound-error.ts';
import type { KeyRing } from '../../../runtime/secrets/key-ring.ts';
import { storedResponse } from '../../../runtime/text/stored-response.ts';
import { webhookSecretOwner } from '../commands/webhook-secret.ts';

/** Sends one message to a webhook by the Standard Webhooks specification. */

export interface WebhookSender {
  readonly outbound: Pick<Outbound, 'request'>;
  /** Whether this is a delivery or a test. */
  readonly purpose: Extract<OutboundOwner['purpose'], 'delivery' | 'test'>;
  readonly version: string;
}

export interface WebhookTarget {
  readonly orgId: string;
  readonly url: string;
  /** The valid secrets, by name. */
  readonly secrets: ReadonlyMap<string, string>;
}

export interface WebhookMessage {
  /** The id of the message, which is the same at each attempt. */
  readonly id: string;
  /** JSON. */
  readonly body: string;
  /** The time of the attempt. */
  readonly at: Date;
}

export interface SentWebhook {
  /** The HTTP status, or null without a response. */
  readonly status: number | null;
  /** For people, without secrets and addresses. Null if the receiver accepted the message. */
  readonly error: string | null;
  /** The beginning of the response, at most 1 KiB. Null without a response. */
  readonly response: string | null;
  readonly ms: number;
  readonly result: OutboundResult;
}

/**
 * The valid secrets of a webhook, by name.
 * @param key the server's SECRET
 */
export function openWebhookSecrets(db: Db, key: KeyRing, orgId: string, id: string): Promise<ReadonlyMap<string, string>> {
  return openOrgSecrets(db, key, webhookSecretOwner(orgId, id));
}

/** Signs the message with each valid secret and sends it once. Never follows a redirect. */
export async function sendWebhook(
  sender: WebhookSender,
  { orgId, url, secrets }: WebhookTarget,
  message: WebhookMessage,
  signal?: AbortSignal,
): Promise<SentWebhook> {
  const signatures = [...secrets.values()].map((secret) => new Webhook(secret).sign(message.id, message.at, message.body));
  const result = await sender.outbound.request(url, {
    owner: { caller: orgId, purpose: sender.purpose },
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'user-agent': `Rollcall/${sender.version}`,
      'webhook-id': message.id,
      'webhook-timestamp': String(Math.floor(message.at.getTime() / 1_000)),
      'webhook-signature': signatures.join(' '),
    },
    body: message.body,
    ...(signal && { signal }),
  });
  if (result.outcome !== 'response') return { status: null, error: failureTexts[result.outcome], response: null, ms: result.ms, result };
  const { status, body, ms } = result;
  const isAccepted = status >= 200 && status < 300;
  const error = isAccepted ? null : `The receiver responded with status ${status}.`;
  return { status, error, response: storedResponse(body), ms, result };
}
