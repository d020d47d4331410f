import type { AuthTokenRecord, OrgState } from '@rollcall/protocol';
import { authorize } from '../../../domain/authorize.ts';
import { updated } from '../../../domain/changes.ts';
import type { Command } from '../../command.ts';
import { loadEnteredState, loadOrgToken } from '../load-by-path.ts';
import { refuseTokenName } from './org-token-name.ts';

export interface RenameOrgToken {
  readonly tokenId: string;
  readonly name: string;
}

interface Facts {
  readonly state: OrgState;
  readonly token: AuthTokenRecord;
}

/** Renames a token without an audit entry. Every member may do this (REST contract 10.1). */
export const renameOrgToken: Command<RenameOrgToken, Facts, AuthTokenRecord> = {
  name: 'rename-org-token',

  async load(tx, { tokenId }, context) {
    return { state: await loadEnteredState(tx, context), token: await loadOrgToken(tx, context.orgId, tokenId) };
  },

  decide({ name }, { state, token }, { actor }) {
    authorize(state, actor, ['org:read', 'org:write', 'org:admin']);
    refuseTokenName(name);
    const renamed = { ...token, name };
    return { changes: updated('auth-token', token, renamed), result: renamed };
  },

  async persistSideEffects(tx, { result: { id, name } }, { orgId }) {
    await tx.updateTable('auth_tokens').set({ name }).where('organization_id', '=', orgId).where('id', '=', id).execute();
  },
};
