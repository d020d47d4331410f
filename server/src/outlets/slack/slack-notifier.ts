import type { IntegrationRecord, MemberRecord } from '@rollcall/protocol';
import { type DeliveryResult, nothingSent } from '../../consumers/log-consumer.ts';
import type { Db } from '../../database/database.ts';
import type { OutletEvent } from '../../domain/outlet-events.ts';
import type { Notifier, OpenIntegration } from '../integrations/integration-consumer.ts';
import { choosesType } from '../integrations/wanted-types.ts';
import { changeMessage, requestMessage } from './messages.ts';
import { readPosted, removePosted, savePosted } from './posted-messages.ts';
import { failureOf, type SlackClient } from './slack-client.ts';

/** The name of the bot token in `org_secrets`. */
export const botTokenSecret = 'bot-token';

/** The events after which a request is no longer open. */
const decidingTypes = new Set(['invite.updated', 'invite.accepted', 'invite.removed']);

export interface SlackNotifierOptions {
  readonly db: Db;
  readonly client: SlackClient;
  readonly publicUrl: string;
}

/** Posts a message per revision to each channel, and rewrites those about decided requests. */
export class SlackNotifier implements Notifier {
  readonly #options: SlackNotifierOptions;

  constructor(options: SlackNotifierOptions) {
    this.#options = options;
  }

  wants(record: IntegrationRecord, type: string): boolean {
    return decidingTypes.has(type) || choosesType(record, type);
  }

  /** A failure repeats the revision in all channels. Messages about requests are posted once. */
  async deliver(integration: OpenIntegration, events: readonly OutletEvent[], signal: AbortSignal): Promise<DeliveryResult> {
    let last = nothingSent;
    for (const event of events.filter(isDecision)) await this.#rewrite(integration, event);
    const chosen = events.filter(({ type }) => choosesType(integration.record, type));
    const requests = chosen.filter(isRequest);
    const others = chosen.filter((event) => !isRequest(event));
    for (const channel of channelsOf(integration.record)) {
      for (const event of requests) {
        if (signal.aborted) return { ...last, outcome: 'failed', error: 'The server is stopping.' };
        last = await this.#postRequest(integration, channel, event);
        if (last.outcome !== 'delivered') return last;
      }
      if (others.length === 0) continue;
      const message = changeMessage(others, this.#options.publicUrl);
      last = await this.#options.client.post(tokenOf(integration), { channel, ...message, ...quiet });
      if (last.outcome !== 'delivered') return last;
    }
    return last;
  }

  async sendTest(integration: OpenIntegration, slug: string): Promise<DeliveryResult> {
    const [channel] = channelsOf(integration.record);
    if (channel === undefined) return { ...nothingSent, outcome: 'refused', error: 'Choose a channel first.' };
    return this.#options.client.post(tokenOf(integration), { channel, text: `Messages of ${slug} arrive in this channel.`, ...quiet });
  }

  async #postRequest(integration: OpenIntegration, channel: string, event: OutletEvent): Promise<DeliveryResult> {
    const { orgId, record } = integration;
    const { db, client, publicUrl } = this.#options;
    const { id: memberId } = event.data.after as MemberRecord;
    const posted = await readPosted(db, record.id, memberId);
    if (posted.some((one) => one.channel === channel)) return nothingSent;
    const message = requestMessage(event, { id: memberId, revision: event.data.revision }, publicUrl);
    const result = await client.post(tokenOf(integration), { channel, ...message, ...quiet });
    if (result.ts !== null) await savePosted(db, { integrationId: record.id, orgId, memberId, channel, ts: result.ts });
    return result;
  }

  /** Best effort: a press of a button that stays only returns that the request is decided. */
  async #rewrite(integration: OpenIntegration, event: OutletEvent): Promise<void> {
    const { record } = integration;
    const { db, client, publicUrl } = this.#options;
    const { id: memberId } = (event.data.after ?? event.data.before) as MemberRecord;
    for (const { channel, ts } of await readPosted(db, record.id, memberId)) {
      try {
        await client.api(tokenOf(integration)).chat.update({ channel, ts, ...changeMessage([event], publicUrl) });
      } catch (error) {
        if (failureOf(error).outcome === 'failed') continue;
      }
      await removePosted(db, record.id, memberId, channel);
    }
  }
}

const quiet = { unfurl_links: false, unfurl_media: false } as const;

function channelsOf({ config }: IntegrationRecord): readonly string[] {
  return Array.isArray(config.channels) ? config.channels : [];
}

function tokenOf({ secrets }: OpenIntegration): string {
  return secrets.get(botTokenSecret) ?? '';
}

function isRequest({ type, data }: OutletEvent): boolean {
  return type === 'invite.created' && (data.after as MemberRecord).inviteStatus !== 'approved';
}

function isDecision({ type, data }: OutletEvent): boolean {
  if (!decidingTypes.has(type)) return false;
  return data.after === null || (data.after as MemberRecord).inviteStatus === 'approved';
}
