import type { LogChange } from '@rollcall/protocol';

/**
 * Organization 0 is the server's own stream: what ends somebody's access everywhere is a command on it, so that every
 * instance learns of it as surely as of any other change (rule A5).
 */
export const serverStreamId = '0';

export function userAccessChanged(userId: string, isActive: boolean): LogChange {
  return { kind: 'user', id: userId, before: { id: userId, isActive: !isActive }, after: { id: userId, isActive } };
}

export function userTokenEnded(tokenId: string, userId: string): LogChange {
  return { kind: 'user-token', id: tokenId, before: { id: tokenId, userId }, after: null };
}
