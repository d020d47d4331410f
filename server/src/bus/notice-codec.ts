import { createHmac, timingSafeEqual } from 'node:crypto';
import { instanceIdentitySchema, instanceSampleSchema, type LogEntry, orgRecordSchema } from '@rollcall/protocol';
import * as z from 'zod';
import { deriveKey } from '../runtime/derive-key.ts';
import type { RevisionNotice, Word } from './bus.ts';
import type { WordOrigin } from './heard-words.ts';

/**
 * What travels over Redis: `1.<sender>.<mac>.<json>`. Whoever can write to Redis could otherwise make every server
 * process believe in changes that never happened. The MAC covers the channel too, so that a message cannot be moved
 * to another one. A notice that is sent again tells nothing new, since revisions and chains say what it follows. Words and
 * beats have no such order of their own, so they carry a number, and words the time.
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
/** Instances of earlier versions sent words without a number and a time. They are dropped: anybody could have kept them. */
const saidSchema = z.object({ topic: z.string(), word: wordSchema, number: z.int(), at: z.int() });

export interface DecodedWord extends WordOrigin {
  readonly word: Word;
}

export class NoticeCodec {
  readonly #key: Buffer;
  readonly #sender: string;
  /** From the secret, so that servers with different secrets never meet on one Redis. */
  readonly #prefix: string;
  readonly #now: () => number;
  /** Words and beats so far. */
  #count = 0;

  /**
   * @param sender without dots; another one at each start, since it counts from 1
   * @param now milliseconds since 1970
   */
  constructor(secret: string, sender: string, now: () => number) {
    this.#key = deriveKey(secret, 'bus');
    this.#sender = sender;
    this.#now = now;
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
    const message = this.#encode(this.channelOfTopic(topic), { topic, word, number: ++this.#count, at: Math.round(this.#now()) });
    if (message.length > wordBytesMax) throw new Error(`a word of ${message.length} bytes is too long`);
    return message;
  }

  encodeBeat(channel: string): string {
    return this.#encode(channel, { beat: ++this.#count });
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
  decodeWord(channel: string, message: string): DecodedWord | null {
    const parsed = saidSchema.safeParse(this.#decode(channel, message));
    const [, sender] = message.split('.', 2);
    return parsed.success && this.channelOfTopic(parsed.data.topic) === channel ? { ...parsed.data, sender: sender! } : null;
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
