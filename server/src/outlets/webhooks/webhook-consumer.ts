import { expandScopes, isChosen } from '@rollcall/protocol';
import type { DeliveryResult, LogConsumer } from '../../consumers/log-consumer.ts';
import { readWebhook } from '../../database/outlets/outlet-records.ts';
import { historyReplacedType } from '../../domain/outlet-events.ts';
import type { Outbound, OutboundResponse } from '../../outbound/outbound.ts';
import { version } from '../../runtime/version.ts';
import { disableWebhook } from '../../write-path/commands/webhooks/disable-webhook.ts';
import type { WritePath } from '../../write-path/run-command.ts';
import { runSystemCommand } from '../../write-path/run-system-command.ts';
import { type SentWebhook, sendWebhook } from './send-webhook.ts';

export interface WebhookParts {
  readonly writePath: WritePath;
  readonly outbound: Outbound;
  /** The server's SECRET, with which the secrets of webhooks are encrypted. */
  readonly key: string;
}

export function webhookConsumer({ writePath, outbound, key }: WebhookParts): LogConsumer {
  const { db } = writePath.database;
  const sender = { db, outbound, key, version };
  return {
    kind: 'webhook',

    async open({ orgId, recordId }) {
      const webhook = await readWebhook(db, orgId, recordId);
      if (webhook?.status !== 'active') return null;
      const { id, url, scopes, eventTypes } = webhook;
      return {
        scopes: [...expandScopes(scopes)],
        isPerRevision: false,
        wants: (type) => type === historyReplacedType || eventTypes.length === 0 || isChosen(eventTypes, type),
        async deliver([event], _attempt, signal) {
          const at = new Date();
          const message = { id: `msg_${id}_${event!.data.id.replaceAll('.', '_')}`, body: JSON.stringify(event), at };
          return deliveryResult(await sendWebhook(sender, { orgId, id, url }, message, signal), at);
        },
      };
    },

    async disable({ orgId, recordId }, reason, holdsClaim) {
      await runSystemCommand(writePath, disableWebhook, { orgId, input: { webhook: recordId, reason, holdsClaim }, requestId: null });
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
  // A value that can't be parsed is no wait.
  return Math.max(0, seconds || 0);
}
