import { expandScopes, isChosen, type WebhookRecord } from '@rollcall/protocol';
import type { DeliveryResult, LogConsumer, OpenConsumer } from '../../../consumers/log-consumer.ts';
import { readSecretsOfKind } from '../../../database/organizations/org-secrets.ts';
import { readWebhooks } from '../../../database/outlets/outlet-records.ts';
import { historyReplacedType } from '../../../domain/outlet-events.ts';
import type { Outbound, OutboundResponse } from '../../../outbound/outbound.ts';
import type { KeyRing } from '../../../runtime/secrets/key-ring.ts';
import { version } from '../../../runtime/version.ts';
import type { WritePath } from '../../../write-path/run-command.ts';
import { runSystemCommand } from '../../../write-path/run-system-command.ts';
import { disableWebhook } from '../commands/disable-webhook.ts';
import { webhookSecretKind } from '../commands/webhook-secret.ts';
import { type SentWebhook, sendWebhook, type WebhookSender } from './send-webhook.ts';

export interface WebhookParts {
  readonly writePath: WritePath;
  readonly outbound: Outbound;
  /** The server's SECRET, with which the secrets of webhooks are encrypted. */
  readonly key: KeyRing;
}

export function webhookConsumer({ writePath, outbound, key }: WebhookParts): LogConsumer {
  const { db } = writePath.database;
  const sender = { outbound, version, purpose: 'delivery' } as const;
  return {
    kind: 'webhook',

    async open(orgId) {
      const [webhooks, secretsOf] = await Promise.all([
        readWebhooks(db, orgId),
        readSecretsOfKind(db, key, { orgId, kind: webhookSecretKind }),
      ]);
      const active = webhooks.filter(({ status }) => status === 'active');
      return new Map(active.map((webhook) => [webhook.id, openWebhook(sender, orgId, webhook, () => secretsOf(webhook.id))]));
    },

    async disable({ orgId, recordId }, reason, holdsClaim) {
      await runSystemCommand(writePath, disableWebhook, { orgId, input: { webhook: recordId, reason, holdsClaim }, requestId: null });
    },
  };
}

function openWebhook(
  sender: WebhookSender,
  orgId: string,
  { id, url, scopes, eventTypes }: WebhookRecord,
  openSecrets: () => ReadonlyMap<string, string>,
): OpenConsumer {
  return {
    scopes: [...expandScopes(scopes)],
    isPerRevision: false,
    wants: (type) => type === historyReplacedType || eventTypes.length === 0 || isChosen(eventTypes, type),
    async deliver([event], _attempt, signal) {
      const at = new Date();
      const message = { id: `msg_${id}_${event!.data.id.replaceAll('.', '_')}`, body: JSON.stringify(event), at };
      return deliveryResult(await sendWebhook(sender, { orgId, url, secrets: openSecrets() }, message, signal), at);
    },
  };
}

/** A proxy in front of the receiver failed, so an attempt in the next seconds would fail too. */
const gatewayPauseSeconds = 60;

function deliveryResult({ result, ...sent }: SentWebhook, now: Date): DeliveryResult {
  if (sent.error === null) return { outcome: 'delivered', ...sent };
  if (result.outcome !== 'response') return { outcome: 'failed', ...sent };
  return { outcome: result.status === 410 ? 'gone' : 'failed', ...sent, retryAfterSeconds: pauseSeconds(result, now) };
}

function pauseSeconds({ status, headers }: OutboundResponse, now: Date): number {
  if (status === 502 || status === 504) return gatewayPauseSeconds;
  const after = headers['retry-after'];
  if ((status !== 429 && status !== 503) || !after) return 0;
  const seconds = /^\d+$/.test(after) ? Number(after) : (Date.parse(after) - now.getTime()) / 1_000;
  // A value that can't be parsed counts as no delay.
  return Math.max(0, seconds || 0);
}
