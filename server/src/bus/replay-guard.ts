/** The origin of an ephemeral message: signed with it. */
export interface MessageOrigin {
  /** The sending process. Each start of an instance has another name, and counts from 1. */
  readonly sender: string;
  readonly topic: string;
  readonly number: number;
  /** Milliseconds since 1970 by the sender's clock. */
  readonly at: number;
}

/** The allowed difference between the clocks of two instances, transmission time included. */
export const messageAgeMsMax = 10_000;
/**
 * Messages of one sender arrive in order on one connection to Redis. Between the nodes of a
 * Cluster, a later message can overtake an earlier one by milliseconds.
 */
const disorderMsMax = 500;

/**
 * Distinguishes new ephemeral messages from repeated ones. Any client of Redis can repeat a message
 * without knowing the secret. A message is accepted when it is recent, later than the sender's last
 * message on its topic, and not much older than the sender's last message on any topic. A sender's
 * entries are removed once its messages have become too old to be accepted.
 */
export class ReplayGuard {
  readonly #lastOnTopic = new Map<string, { readonly number: number; readonly at: number }>();
  readonly #lastOfSender = new Map<string, { readonly at: number }>();

  /** Whether the message is new. From now on it is not. */
  accept({ sender, topic, number, at }: MessageOrigin, now: number): boolean {
    forgetOld(this.#lastOnTopic, now);
    forgetOld(this.#lastOfSender, now);
    const key = `${sender}\n${topic}`;
    const onTopic = this.#lastOnTopic.get(key);
    const ofSender = this.#lastOfSender.get(sender)?.at ?? at;
    if (Math.abs(now - at) > messageAgeMsMax || at < ofSender - disorderMsMax || (onTopic && number <= onTopic.number)) return false;
    putLast(this.#lastOnTopic, key, { number, at: Math.max(at, onTopic?.at ?? at) });
    putLast(this.#lastOfSender, sender, { at: Math.max(at, ofSender) });
    return true;
  }
}

/** Moves the entry to the end, so that the oldest come first. */
function putLast<Value>(map: Map<string, Value>, key: string, value: Value): void {
  map.delete(key);
  map.set(key, value);
}

function forgetOld(map: Map<string, { readonly at: number }>, now: number): void {
  for (const [key, { at }] of map) {
    if (now - at <= messageAgeMsMax) return;
    map.delete(key);
  }
}
