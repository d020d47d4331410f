import type { Caller } from '../../identity/caller.ts';
import type { Limits } from '../../runtime/limits/limits.ts';
import { MessageAllowance, messageBurstSeconds, subscribeBurstSeconds } from './message-allowance.ts';

/**
 * The most subscriptions of a connection. A person works in fewer organizations at the same time,
 * and each costs a feed.
 */
const subscriptionsMax = 100;
/**
 * The factor by which the limits of a service are higher than those of a user. It may have 20,000
 * subscriptions, each with some 2 KB besides the feed.
 */
const serviceFactor = 200;

type Rates = Pick<Limits, 'socketMessages' | 'socketSubscribes'>;

export interface ConnectionLimits {
  readonly subscriptionsMax: number;
  readonly messages: MessageAllowance;
  readonly subscribes: MessageAllowance;
}

/** @param now milliseconds of any monotonic clock */
export function connectionLimits({ actor }: Caller, { socketMessages, socketSubscribes }: Rates, now: number): ConnectionLimits {
  const factor = actor.kind === 'service' ? serviceFactor : 1;
  return {
    subscriptionsMax: subscriptionsMax * factor,
    messages: new MessageAllowance(now, socketMessages * factor, messageBurstSeconds),
    subscribes: new MessageAllowance(now, socketSubscribes * factor, subscribeBurstSeconds),
  };
}
