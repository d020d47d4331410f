import type { Audience } from '../../../protocol/src/index.ts';
import type { Frame } from '../../../server/src/read-path/subscriptions/frame.ts';
import { type EffectPerformer, type FrameSink, Subscription } from '../../../server/src/read-path/subscriptions/subscription.ts';
import type { SubscribedGroup } from '../../../server/src/read-path/subscriptions/subscription-state.ts';
import { aViewer } from '../../support/viewers.ts';

/** Subscriptions for unit tests, without a watched organization. */

export function aSink(send: (frame: Frame) => void): FrameSink {
  return { send, isWritable: () => true, whenWritable: async () => {}, ended() {}, credentialRevoked() {}, tooSlow() {}, failed() {} };
}

export function aSubscription(
  orgId: string,
  userId: string,
  audience: Audience,
  sink: FrameSink,
  perform: EffectPerformer['perform'] = performOnGroup,
): Subscription {
  const subscription = new Subscription(orgId, aViewer({ userId }), userId, audience, sink, { perform, evaluateAgain() {} });
  subscription.handle({ type: 'acknowledged' });
  return subscription;
}

/**
 * Performs what a watched organization does with a subscription that is neither slow nor loses its
 * replica.
 */
export function performOnGroup(...[subscription, effect, sink]: Parameters<EffectPerformer['perform']>): void {
  if (effect.type === 'send') sink.send(effect.frame);
  else if (effect.type === 'join') effect.group.add(subscription, effect.revision);
  else if (effect.type === 'leave') effect.group.remove(subscription);
  else if (effect.type !== 'unregister') throw new Error(`unexpected effect: ${effect.type}`);
}

export function aGroup(audience: Audience): SubscribedGroup {
  return { audience, flushed: 0, cursor: '', checksum: null, sendingUpTo: null, add() {}, remove() {} };
}
