import { createHmac } from 'node:crypto';
import { instanceIdentitySchema, instanceSampleSchema, type LogEntry, orgRecordSchema } from '@rollcall/protocol';
import * as z from 'zod';
import { deriveKey } from '../runtime/secrets/derive-key.ts';
import { isSameDigest, type KeyRing } from '../runtime/secrets/key-ring.ts';
import type { EphemeralMessage, RevisionNotice } from './bus.ts';
import type { MessageOrigin } from './replay-guard.ts';

/**
 * Encodes the messages on Redis as `1.<sender>.<mac>.<json>`. Without the MAC, any client of Redis
 * could make every server process accept changes that never happened. The MAC covers the channel
 * too, so a message can't be moved to another channel. A repeated notice is harmless, because
 * revisions and chains define what it follows. Ephemeral messages and heartbeats have no such
 * order, so they carry a number, and ephemeral messages also carry the time.
 */

/**
 * Raise this version when an older process would misread the messages of a newer one. The older
 * process then drops them, and its sweep still finds the changes.
 */
const formatVersion = '1';

const changeSchema = z.object({
  kind: z.string(),
  id: z.string(),
  before: z.nullable(orgRecordSchema),
  after: z.nullable(orgRecordSchema),
});
const entrySchema: z.ZodType<LogEntry> = z.object({
  orgId: z.string(),
  revision: z.int(),
  command: z.string(),
  actor: z.string(),
  requestId: z.string().nullable(),
  changes: z.array(changeSchema),
});
const noticeSchema = z.object({
  orgId: z.string(),
  revision: z.int(),
  chain: z.string(),
  epoch: z.string().optional(),
  entry: entrySchema.optional(),
});
/**
 * The largest ephemeral message, the same as the largest entry in a notice. Redis channels are not
 * meant for larger messages.
 */
const messageBytesMax = 16 * 1024;
/**
 * The characters of the longest message that is verified: a message of 16 KiB with its envelope,
 * and a margin. The verification of a longer one, which no instance sends, would hold up the
 * process.
 */
const receivedLengthMax = 64 * 1024;
const messageSchema: z.ZodType<EphemeralMessage> = z.discriminatedUnion('type', [
  z.object({ type: z.literal('memberships'), userIds: z.array(z.string()), orgIds: z.array(z.string()) }),
  z.object({
    type: z.literal('presence'),
    orgId: z.string(),
    instance: z.string(),
    number: z.int(),
    viewers: z.array(z.object({ userId: z.string(), page: z.string().nullable(), since: z.string() })),
  }),
  z.object({ type: z.literal('instance'), instance: instanceIdentitySchema, number: z.int(), sample: instanceSampleSchema }),
  z.object({
    type: z.literal('receipts'),
    instance: z.string(),
    questions: z.array(
      z.object({ id: z.int(), ranges: z.array(z.object({ orgId: z.string(), first: z.int(), last: z.int(), chain: z.string() })) }),
    ),
    reports: z.array(z.object({ id: z.int(), ended: z.int() })),
  }),
  z.object({ type: z.literal('viewers-request'), id: z.string(), instance: z.string(), orgId: z.string() }),
  z.object({
    type: z.literal('viewers'),
    id: z.string(),
    instance: z.string(),
    part: z.int(),
    parts: z.int(),
    viewers: z.array(
      z.object({
        address: z.string().nullable(),
        userId: z.string().nullable(),
        orgTokenId: z.string().nullable(),
        session: z
          .object({
            isFull: z.boolean(),
            binding: z.object({ providerId: z.string(), generation: z.int(), expiresAt: z.string() }).nullable(),
          })
          .nullable(),
        subscriptions: z.int(),
      }),
    ),
  }),
]);
/**
 * Instances of earlier versions sent ephemeral messages without a number and a time. They are
 * dropped, because they could be recorded messages that are sent again. The field `word` contains
 * the message; renaming it would make older instances drop it.
 */
const broadcastSchema = z.object({ topic: z.string(), word: messageSchema, number: z.int(), at: z.int() });

export interface DecodedBroadcast extends MessageOrigin {
  readonly message: EphemeralMessage;
}

export class NoticeCodec {
  readonly #keys: KeyRing;
  readonly #sender: string;
  /** Differs between installations, so that they stay separate on one Redis. */
  readonly #prefix: string;
  readonly #now: () => number;
  /** The number of ephemeral messages and heartbeats sent so far. */
  #count = 0;

  /**
   * @param sender contains no dots, and differs at each start, because the numbers start at 1 again
   * @param now milliseconds since 1970
   */
  constructor(keys: KeyRing, sender: string, now: () => number) {
    this.#keys = keys;
    this.#sender = sender;
    this.#now = now;
    this.#prefix = `rollcall:${keys.lasting.busName}`;
  }

  channelOf(orgId: string): string {
    return `${this.#prefix}:org:${orgId}`;
  }

  /** The Redis key of a count that the instances share. */
  keyOf(count: string): string {
    return `${this.#prefix}:${count}`;
  }

  channelOfTopic(topic: string): string {
    return `${this.#prefix}:topic:${topic}`;
  }

  /**
   * The heartbeat channel of this process, to which no other process subscribes. A Cluster needs
   * several, whose names begin with this.
   */
  get beatChannel(): string {
    return `${this.#prefix}:beat:${this.#sender}`;
  }

  encodeNotice(notice: RevisionNotice): string {
    return this.#encode(this.channelOf(notice.orgId), notice);
  }

  /** @throws Error when the message is too long */
  encodeBroadcast(topic: string, message: EphemeralMessage): string {
    const body = { topic, word: message, number: ++this.#count, at: Math.round(this.#now()) };
    const text = this.#encode(this.channelOfTopic(topic), body);
    if (text.length > messageBytesMax) throw new Error(`the ephemeral message has ${text.length} bytes; the maximum is ${messageBytesMax}`);
    return text;
  }

  encodeBeat(channel: string): string {
    return this.#encode(channel, { beat: ++this.#count });
  }

  /**
   * Whether this process sent the message. The sender is not authenticated here: a forged one only
   * causes the message to be ignored.
   */
  isOwn(message: string): boolean {
    return message.startsWith(`${formatVersion}.${this.#sender}.`);
  }

  /** Null unless a process with one of the keys, and the same format version, sent it. */
  decodeNotice(channel: string, message: string): RevisionNotice | null {
    const parsed = noticeSchema.safeParse(this.#decode(channel, message));
    return parsed.success ? (parsed.data as RevisionNotice) : null;
  }

  /**
   * Null when this version does not know the message, or when it belongs to another topic's
   * channel.
   */
  decodeBroadcast(channel: string, message: string): DecodedBroadcast | null {
    const parsed = broadcastSchema.safeParse(this.#decode(channel, message));
    if (!parsed.success || this.channelOfTopic(parsed.data.topic) !== channel) return null;
    const { topic, word, number, at } = parsed.data;
    const [, sender] = message.split('.', 2);
    return { sender: sender!, topic, number, at, message: word };
  }

  #encode(channel: string, body: object): string {
    const json = JSON.stringify(body);
    return `${formatVersion}.${this.#sender}.${macOf(this.#keys.secret, channel, this.#sender, json)}.${json}`;
  }

  #decode(channel: string, message: string): unknown {
    if (message.length > receivedLengthMax) return null;
    const [, version, sender, mac, json] = /^(\d+)\.([^.]+)\.([^.]+)\.(.*)$/s.exec(message) ?? [];
    if (version !== formatVersion || !sender || !mac || !json) return null;
    if (!this.#keys.secrets.some((secret) => isSameDigest(macOf(secret, channel, sender, json), mac))) return null;
    // The MAC is valid, so a process of this server wrote the JSON.
    return JSON.parse(json);
  }
}

/**
 * JSON text escapes line ends, and the parts before it contain none. So different lists of parts
 * never join to the same text.
 */
function macOf(secret: string, ...parts: readonly string[]): string {
  return createHmac('sha256', deriveKey(secret, 'bus'))
    .update([formatVersion, ...parts].join('\n'))
    .digest('base64url');
}
