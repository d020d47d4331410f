/** Where and when a word was said: part of what is signed. */
export interface WordOrigin {
  /** The process: each start of an instance has another name, and counts from 1. */
  readonly sender: string;
  readonly topic: string;
  readonly number: number;
  /** Milliseconds since 1970 by the sender's clock. */
  readonly at: number;
}

/** How far the clocks of two instances may be apart, with the time that a word takes. */
export const wordAgeMsMax = 10_000;
/** Words of one sender come in order on one connection to Redis. Between the nodes of a Cluster one overtakes another by milliseconds. */
const disorderMsMax = 500;

/**
 * Tells new words from those that were sent before: by whoever can write to Redis, which needs no secret for it. A word
 * counts when it is recent, later than the last one of its sender on its topic, and not much older than that sender's last on
 * any topic. What is remembered of a sender is forgotten when its words have become too old to count.
 */
export class HeardWords {
  readonly #lastOnTopic = new Map<string, { readonly number: number; readonly at: number }>();
  readonly #lastOfSender = new Map<string, { readonly at: number }>();

  /** Whether the word is new; from now on it is not. */
  accept({ sender, topic, number, at }: WordOrigin, now: number): boolean {
    forgetOld(this.#lastOnTopic, now);
    forgetOld(this.#lastOfSender, now);
    const key = `${sender}\n${topic}`;
    const onTopic = this.#lastOnTopic.get(key);
    const ofSender = this.#lastOfSender.get(sender)?.at ?? at;
    if (Math.abs(now - at) > wordAgeMsMax || at < ofSender - disorderMsMax || (onTopic && number <= onTopic.number)) return false;
    putLast(this.#lastOnTopic, key, { number, at: Math.max(at, onTopic?.at ?? at) });
    putLast(this.#lastOfSender, sender, { at: Math.max(at, ofSender) });
    return true;
  }
}

/** Keeps what was heard last at the end. */
function putLast<Value>(map: Map<string, Value>, key: string, value: Value): void {
  map.delete(key);
  map.set(key, value);
}

function forgetOld(map: Map<string, { readonly at: number }>, now: number): void {
  for (const [key, { at }] of map) {
    if (now - at <= wordAgeMsMax) return;
    map.delete(key);
  }
}
