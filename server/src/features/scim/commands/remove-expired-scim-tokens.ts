import type { OrgState } from '@rollcall/protocol';
import { authorize } from '../../../domain/authorize.ts';
import type { Command } from '../../../write-path/command.ts';
import { deleteScimTokens, readScimTokens, removedScimTokens, type ScimToken } from '../../../write-path/commands/tokens/scim-token.ts';
import { loadActorState } from '../../../write-path/load-state.ts';

interface Facts {
  readonly state: OrgState;
  readonly tokens: readonly ScimToken[];
}

/**
 * Removes the tokens of an identity provider that a newer one has replaced (REST contract 12.3). An
 * expired token is refused anyway, but only a revision removes it from the list.
 */
export const removeExpiredScimTokens: Command<Record<string, never>, Facts, { readonly expired: readonly ScimToken[] }> = {
  name: 'remove-expired-scim-tokens',

  async load(tx, _input, { orgId, actor }) {
    return { state: await loadActorState(tx, orgId, actor), tokens: await readScimTokens(tx, orgId) };
  },

  decide(_input, { state, tokens }, { actor, now }) {
    authorize(state, actor, 'org:admin');
    const expired = tokens.filter(({ expiresAt }) => expiresAt !== null && expiresAt <= now);
    return { ...removedScimTokens(expired), result: { expired } };
  },

  persistSideEffects: (tx, { result: { expired } }, { orgId }) => deleteScimTokens(tx, orgId, expired),
};
