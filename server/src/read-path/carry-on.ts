import type { Leg } from './legs.ts';
import type { Subscription } from './subscription.ts';

/** Read path: a copy that cannot be carried on by its group's steps, because its client is behind with reading or the step is long (rule R9). */

/** What this file needs of the subscription's `Channel`. */
interface CarryingChannel {
  legTo(subscription: Subscription): Leg | null;
  rejoin(subscription: Subscription, to: number): boolean;
  restart(subscription: Subscription, reason: string): void;
}

/**
 * Sends a subscription that is `behind` what it lacks, never more than its client reads, until it is level with the
 * feed and back in its group. Every wait may bring the end, another audience, or another history.
 * @param first what to send before anything else
 */
export async function carryOn(channel: CarryingChannel, subscription: Subscription, first: Leg | null): Promise<void> {
  let leg = first;
  for (;;) {
    await subscription.room();
    if (subscription.status !== 'behind') return;
    // In one turn from here: what is sent is for the rights of now, and reaches the head of now.
    if (!subscription.mustRestart) leg ??= channel.legTo(subscription);
    if (!leg || subscription.mustRestart) {
      channel.restart(subscription, subscription.mustRestart ? 'history-changed' : 'fell-behind');
      return;
    }
    if (!(await sendPaced(subscription, leg))) continue;
    if (leg.frames.length > 0) subscription.own = leg.to;
    subscription.held = leg.audience;
    if (channel.rejoin(subscription, leg.to)) return;
    leg = null;
  }
}

/**
 * The pieces of one step follow each other, whatever happens to the rights meanwhile: they are of revisions before
 * it, and the client applies them only together. An end stops them. False when they were stopped.
 */
async function sendPaced(subscription: Subscription, { frames }: Leg): Promise<boolean> {
  for (const [index, frame] of frames.entries()) {
    if (index > 0) await subscription.room();
    if (subscription.status !== 'behind' || subscription.mustRestart) return false;
    subscription.send(frame);
  }
  return true;
}
