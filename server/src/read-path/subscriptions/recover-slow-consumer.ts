import type { CatchUpStep } from './catch-up-steps.ts';
import type { Subscription } from './subscription.ts';
import type { SubscriptionState } from './subscription-state.ts';

/**
 * Read path: recovery of a subscription that can't receive its group's steps, because its client is
 * slow or a step is long (rule R9).
 */

type Lagging = Extract<SubscriptionState, { phase: 'lagging' }>;

/** The part of `WatchedOrganization` that this file needs. */
interface RecoveringOrganization {
  readonly feed: { readonly head: { readonly revision: number } };
  /**
   * The step from a lagging replica to the feed's head. Null if only a snapshot can continue the
   * replica.
   */
  catchUpStepFor(lagging: Lagging): CatchUpStep | null;
}

/**
 * Sends catch-up steps to a lagging subscription at its client's pace, until it is at the feed's
 * head and back in its group. During each wait the subscription may end, its rights may change, or
 * the history may change.
 * @param first the step to send before any other
 */
export async function recoverSlowConsumer(
  watched: RecoveringOrganization,
  subscription: Subscription,
  first: CatchUpStep | null,
): Promise<void> {
  let step = first;
  for (;;) {
    await subscription.whenWritable();
    const { state } = subscription;
    if (state.phase !== 'lagging') return;
    // Nothing is awaited from here to the first frame, so the step fits the current rights and ends
    // at the current head.
    step = state.isOutdated ? null : (step ?? watched.catchUpStepFor(state));
    if (!step) {
      subscription.handle({ type: 'replica-lost', reason: 'fell-behind' });
      return;
    }
    if (!(await sendPaced(subscription, step))) continue;
    subscription.handle({ type: 'caught-up', step, headRevision: watched.feed.head.revision });
    if (subscription.phase !== 'lagging') return;
    step = null;
  }
}

/**
 * Sends the frames of one step. A change of rights does not stop it: the frames are of earlier
 * revisions, and the client applies them only together. An end or another history does.
 * @returns whether all frames were sent
 */
async function sendPaced(subscription: Subscription, { frames }: CatchUpStep): Promise<boolean> {
  for (const [index, frame] of frames.entries()) {
    if (index > 0) await subscription.whenWritable();
    const { state } = subscription;
    if (state.phase !== 'lagging' || state.isOutdated) return false;
    subscription.handle({ type: 'catch-up-frame', frame });
  }
  return true;
}
