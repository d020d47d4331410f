import type { AuthTokenRecord, OrgState } from '@rollcall/protocol';
import { tokenEvent } from '../../../domain/audit/audit.ts';
import { authorize } from '../../../domain/authorize.ts';
import { removed } from '../../../domain/changes.ts';
import type { Command } from '../../command.ts';
import { loadEnteredState, loadOrgToken } from '../load-by-path.ts';

interface Facts {
  readonly state: OrgState;
  readonly token: AuthTokenRecord;
}

/**
 * Removes an organization token (REST contract 10.1). On every instance, the feed that applies the
 * removal closes the connections that the token opened (rule A5).
 */
export const removeOrgToken: Command<{ readonly tokenId: string }, Facts, null> = {
  name: 'remove-org-token',
  endsAccess: () => true,

  async load(tx, { tokenId }, context) {
    return { state: await loadEnteredState(tx, context), token: await loadOrgToken(tx, context.orgId, tokenId) };
  },

  decide(_input, { state, token }, { actor }) {
    authorize(state, actor, ['org:write', 'org:admin']);
    const audit = [tokenEvent('org-auth-token.remove', token, `removed org auth token ${token.name}`)];
    return { changes: [removed('auth-token', token)], audit, result: null };
  },

  async persistSideEffects(tx, _decision, { orgId }, { token }) {
    await tx.deleteFrom('auth_tokens').where('organization_id', '=', orgId).where('id', '=', token.id).execute();
  },
};
