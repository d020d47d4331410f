import { bindingChanged } from '../../../domain/server-stream.ts';
import type { Command } from '../../command.ts';

export interface ReauthenticateSessions {
  readonly orgId: string;
  /** Sessions that a login has bound to the organization, or whose binding to it has ended. */
  readonly sessions: readonly { readonly id: string; readonly userId: string }[];
}

/**
 * Closes the sockets of sessions whose bindings changed, by a command on the server's own stream.
 * Their clients reconnect with the current bindings (rule A5).
 */
export const reauthenticateSessions: Command<ReauthenticateSessions, null, null> = {
  name: 'reauthenticate-sessions',
  endsAccess: () => true,
  load: async () => null,
  decide: ({ orgId, sessions }) => ({ changes: sessions.map(({ id, userId }) => bindingChanged(id, orgId, userId)), result: null }),
};
