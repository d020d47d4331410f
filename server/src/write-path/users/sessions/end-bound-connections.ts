import { bindingEnded } from '../../../domain/server-stream.ts';
import type { Command } from '../../command.ts';

export interface EndBoundConnections {
  readonly orgId: string;
  /** Sessions whose bindings to the organization have ended. */
  readonly sessions: readonly { readonly id: string; readonly userId: string }[];
}

/**
 * Closes the sockets of sessions whose bindings ended with their identity, by a command on the
 * server's own stream. Their clients reconnect with the bindings that remain (rule A5).
 */
export const endBoundConnections: Command<EndBoundConnections, null, null> = {
  name: 'end-bound-connections',
  endsAccess: () => true,
  load: async () => null,
  decide: ({ orgId, sessions }) => ({ changes: sessions.map(({ id, userId }) => bindingEnded(id, orgId, userId)), result: null }),
};
