import { createHmac, timingSafeEqual } from 'node:crypto';
import { instanceIdentitySchema, instanceSampleSchema, type LogEntry, orgRecordSchema } from '@rollcall/protocol';
import * as z from 'zod';
import { deriveKey } from '../runtime/derive-key.ts';
import type { RevisionNotice, Word } from './bus.ts';

/**
 * What travels over Redis: `1.<sender>.<mac>.<json>`. Whoever can write to Redis could otherwise make every server
 * process believe in changes that never happened. The MAC covers the channel too, so that a message cannot be moved
 * to another one; an old one that is sent again tells nothing new.
 */

/** Raise it when an older process would misread what a newer one sends: it drops it then, and its sweep goes on. */
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
const noticeSchema = z.object({ orgId: z.string(), revision: z.int(), chain: z.string(), entry: entrySchema.optional() });
/** As for a notice with its entry: a channel of Redis is no place for more. */
const wordBytesMax = 16 * 1024;
const wordSchema: z.ZodType<Word> = z.discriminatedUnion('type', [
  z.object({ type: z.literal('memberships'), userIds: z.array(z.string()), orgIds: z.array(z.string()) }),
  z.object({
    type: z.literal('presence'),
    orgId: z.string(),
    instance: z.string(),
    number: z.int(),
    viewers: z.array(z.object({ userId: z.string(), page: z.string().nullable(), since: z.string() })),
  }),
  z.object({ type: z.literal('instance'), instance: instanceIdentitySchema, number: z.int(), sample: instanceSampleSchema }),
]);
const saidSchema = z.object({ topic: z.string(), word: wordSchema });

export class NoticeCodec {
  readonly #key: Buffer;
  readonly #sender: string;
  /** From the secret, so that servers with different secrets never meet on one Redis. */
  readonly #prefix: string;

  /** @param sender without dots */
  constructor(secret: string, sender: string) {
    this.#key = deriveKey(secret, 'bus');
    this.#sender = sender;
    this.#prefix = `rollcall:${this.#mac('prefix').slice(0, 12)}`;
  }

  channelOf(orgId: string): string {
    return `${this.#prefix}:org:${orgId}`;
  }

  /** Where counts are kept that the instances share. */
  keyOf(count: string): string {
    return `${this.#prefix}:${count}`;
  }

  channelOfTopic(topic: string): string {
    return `${this.#prefix}:topic:${topic}`;
  }

  /** This process's own: nobody else listens. A Cluster needs several, which begin with this. */
  get beatChannel(): string {
    return `${this.#prefix}:beat:${this.#sender}`;
  }

  encodeNotice(notice: RevisionNotice): string {
    return this.#encode(this.channelOf(notice.orgId), notice);
  }

  /** @throws Error for one that is too long */
  encodeWord(topic: string, word: Word): string {
    const message = this.#encode(this.channelOfTopic(topic), { topic, word });
    if (message.length > wordBytesMax) throw new Error(`a word of ${message.length} bytes is too long`);
    return message;
  }

  encodeBeat(channel: string): string {
    return this.#encode(channel, { beat: true });
  }

  /** Whether this process sent it. Anybody could say so, and would only be ignored. */
  isOwn(message: string): boolean {
    return message.startsWith(`${formatVersion}.${this.#sender}.`);
  }

  /** Null when it is nothing that a process with our secret and of our version sent. */
  decodeNotice(channel: string, message: string): RevisionNotice | null {
    const parsed = noticeSchema.safeParse(this.#decode(channel, message));
    return parsed.success ? (parsed.data as RevisionNotice) : null;
  }

  /** Null when it is no word that this version knows, or on another topic's channel. */
  decodeWord(channel: string, message: string): { readonly topic: string; readonly word: Word } | null {
    const parsed = saidSchema.safeParse(this.#decode(channel, message));
    return parsed.success && this.channelOfTopic(parsed.data.topic) === channel ? parsed.data : null;
  }

  #encode(channel: string, body: object): string {
    const json = JSON.stringify(body);
    return `${formatVersion}.${this.#sender}.${this.#mac(channel, this.#sender, json)}.${json}`;
  }

  #decode(channel: string, message: string): unknown {
    const [, version, sender, mac, json] = /^(\d+)\.([^.]+)\.([^.]+)\.(.*)$/s.exec(message) ?? [];
    if (version !== formatVersion || !sender || !mac || !json) return null;
    const expected = Buffer.from(this.#mac(channel, sender, json));
    const found = Buffer.from(mac);
    if (found.length !== expected.length || !timingSafeEqual(found, expected)) return null;
    // Signed, so it was written by us.
    return JSON.parse(json);
  }

  /** JSON text escapes line ends, and nothing before it has any: no two lists of parts look the same. */
  #mac(...parts: readonly string[]): string {
    return createHmac('sha256', this.#key)
      .update([formatVersion, ...parts].join('\n'))
      .digest('base64url');
  }
}
