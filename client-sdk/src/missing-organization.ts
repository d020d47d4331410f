import { organizationMissing } from '@rollcall/protocol';
import type { ReplicaInput } from './replica-state.ts';

/** Whether the input ends the subscription because the server's database lost the organization. */
export function isMissing(input: ReplicaInput): boolean {
  if (input.type === 'acknowledged') return input.ack.mode === 'denied' && input.ack.reason === organizationMissing;
  return input.type === 'revoked' && input.reason === organizationMissing;
}
