import type { Caller } from '../../identity/caller.ts';
import type { Limits } from '../../runtime/limits/limits.ts';
import { socketLimits } from '../../runtime/limits/rows/sockets.ts';
import { MessageAllowance } from './message-allowance.ts';

type Rates = Pick<Limits, 'socketMessages' | 'socketSubscribes'>;

export interface ConnectionLimits {
  readonly subscriptionsMax: number;
  readonly messages: MessageAllowance;
  readonly subscribes: MessageAllowance;
}

/** @param now milliseconds of any monotonic clock */
export function connectionLimits({ actor }: Caller, { socketMessages, socketSubscribes }: Rates, now: number): ConnectionLimits {
  const factor = actor.kind === 'service' ? socketLimits.serviceFactor.value : 1;
  return {
    subscriptionsMax: socketLimits.subscriptionsPerConnection.value * factor,
    messages: new MessageAllowance(now, socketMessages * factor, socketLimits.messageBurstSeconds.value),
    subscribes: new MessageAllowance(now, socketSubscribes * factor, socketLimits.subscribeBurstSeconds.value),
  };
}
