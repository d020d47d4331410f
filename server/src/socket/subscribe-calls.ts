import type { SubscribeAck } from '@rollcall/protocol';

/**
 * A later call replaces an earlier one that is still running. Both get the response of the later
 * call.
 */
export interface SubscribeCalls {
  readonly answers: readonly ((answer: SubscribeAck) => void)[];
  /** The organization, once it is known and the subscription has begun. */
  orgId: string | null;
}
