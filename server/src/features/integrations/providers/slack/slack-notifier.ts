import type { IntegrationRecord, MemberRecord } from '@rollcall/protocol';
import { type DeliveryResult, nothingSent } from '../../../../consumers/log-consumer.ts';
import type { Db } from '../../../../database/database.ts';
import type { OutletEvent } from '../../../../domain/outlet-events.ts';
import { choosesType } from '../../outlets/chosen-event-types.ts';
import type { Notifier, OpenIntegration } from '../../outlets/integration-consumer.ts';
import { changeMessage, type Message, requestMessage } from './messages.ts';
import { type PostRef, readPosted, removePosted, savePosted, subjects } from './posted-messages.ts';
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

/** A message to each channel, at most once per subject. */
interface Post {
  readonly subject: string;
  readonly message: Message;
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

  /**
   * Posts to each channel on its own: what one channel refuses reaches the others, and an attempt
   * after a failure posts only where the message is missing.
   */
  async deliver(integration: OpenIntegration, events: readonly OutletEvent[], signal: AbortSignal): Promise<DeliveryResult> {
    for (const event of events.filter(isDecision)) await this.#rewrite(integration, event);
    const chosen = events.filter(({ type }) => choosesType(integration.record, type));
    if (chosen.length === 0) return nothingSent;
    const posts = [
      ...chosen.filter(isRequest).map((event) => this.#requestPost(event)),
      ...this.#changePosts(chosen.filter((event) => !isRequest(event))),
    ];
    let worst = nothingSent;
    for (const channel of channelsOf(integration.record)) {
      for (const post of posts) {
        if (signal.aborted) return { ...worst, outcome: 'failed', error: 'The server is stopping.' };
        const result = await this.#postOnce(integration, channel, post);
        if (result.outcome === 'unauthorized') return result;
        worst = worseOf(worst, result);
      }
    }
    if (worst.outcome !== 'failed') {
      await removePosted(this.#options.db, refOf(integration, subjects.revision(chosen[0]!.data.revision)));
    }
    return worst;
  }

  async sendTest(integration: OpenIntegration, slug: string): Promise<DeliveryResult> {
    const [channel] = channelsOf(integration.record);
    if (channel === undefined) return { ...nothingSent, outcome: 'refused', error: 'Choose a channel first.' };
    return this.#options.client.post(tokenOf(integration), {
      channel,
      text: `Messages about ${slug} will be posted in this channel.`,
      ...quiet,
    });
  }

  #requestPost(event: OutletEvent): Post {
    const { id } = event.data.after as MemberRecord;
    const message = requestMessage(event, { id, revision: event.data.revision }, this.#options.publicUrl);
    return { subject: subjects.request(id), message };
  }

  #changePosts(events: readonly OutletEvent[]): Post[] {
    const [first] = events;
    if (!first) return [];
    return [{ subject: subjects.revision(first.data.revision), message: changeMessage(events, this.#options.publicUrl) }];
  }

  async #postOnce(integration: OpenIntegration, channel: string, { subject, message }: Post): Promise<DeliveryResult> {
    const { db, client } = this.#options;
    const ref = refOf(integration, subject);
    const posted = await readPosted(db, ref);
    if (posted.some((one) => one.channel === channel)) return nothingSent;
    const { ts, ...result } = await client.post(tokenOf(integration), { channel, ...message, ...quiet });
    if (ts !== null) await savePosted(db, { ...ref, channel, ts });
    return result.error === null ? result : { ...result, error: `Channel ${channel}: ${result.error}` };
  }

  /**
   * Best effort. If the buttons stay, pressing one only shows that the request was already decided.
   */
  async #rewrite(integration: OpenIntegration, event: OutletEvent): Promise<void> {
    const { db, client, publicUrl } = this.#options;
    const { id: memberId } = (event.data.after ?? event.data.before) as MemberRecord;
    const ref = refOf(integration, subjects.request(memberId));
    for (const { channel, ts } of await readPosted(db, ref)) {
      try {
        await client.api(tokenOf(integration)).chat.update({ channel, ts, ...changeMessage([event], publicUrl) });
      } catch (error) {
        if (failureOf(error).outcome === 'failed') continue;
      }
      await removePosted(db, ref, channel);
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

function refOf({ orgId, record }: OpenIntegration, subject: string): PostRef {
  return { integrationId: record.id, orgId, subject };
}

const severities: readonly DeliveryResult['outcome'][] = ['delivered', 'refused', 'failed'];

/**
 * The worse of two results, which is reported. If both are failures, it is the one with the longer
 * wait.
 */
function worseOf(a: DeliveryResult, b: DeliveryResult): DeliveryResult {
  const difference = severities.indexOf(b.outcome) - severities.indexOf(a.outcome);
  const isLonger = (b.retryAfterSeconds ?? 0) > (a.retryAfterSeconds ?? 0);
  return difference > 0 || (difference === 0 && (isLonger || a.status === null)) ? b : a;
}

function isRequest({ type, data }: OutletEvent): boolean {
  return type === 'invite.created' && (data.after as MemberRecord).inviteStatus !== 'approved';
}

function isDecision({ type, data }: OutletEvent): boolean {
  if (!decidingTypes.has(type)) return false;
  return data.after === null || (data.after as MemberRecord).inviteStatus === 'approved';
}
