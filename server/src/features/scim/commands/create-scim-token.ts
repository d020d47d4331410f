import { OrgError, type OrgState } from '@rollcall/protocol';
import { usesScim } from '../../../domain/access/scim-access.ts';
import type { UsedCredential } from '../../../domain/actor.ts';
import { authorize } from '../../../domain/authorize.ts';
import { addMilliseconds } from '../../../domain/date-time.ts';
import type { Command } from '../../../write-path/command.ts';
import { loadEnteredState } from '../../../write-path/commands/load-by-path.ts';
import type { MintedToken } from '../../../write-path/commands/tokens/create-org-token.ts';
import {
  type CreatedScimToken,
  createdScimToken,
  type NewScimToken,
  prepareScimToken,
  readScimTokens,
  type ScimToken,
  saveScimToken,
} from '../../../write-path/commands/tokens/scim-token.ts';
import { lockCreator } from '../../../write-path/users/lock-credentials.ts';

export interface CreateScimToken {
  /** Generates the text, which contains the slug of the organization. */
  mint(orgSlug: string): MintedToken;
  /** The credential with which the token is created. */
  readonly credential: UsedCredential | null;
}

interface Facts {
  readonly state: OrgState;
  readonly token: NewScimToken;
  /** Tokens that a new one replaces. */
  readonly older: readonly ScimToken[];
}

/** The time in which the identity provider must be given the new token. */
const handoverMs = 24 * 60 * 60 * 1_000;

/**
 * Creates another token for the identity provider. The older ones end after a day, so that no
 * request is refused in between (REST contract 12.3).
 */
export const createScimToken: Command<CreateScimToken, Facts, Pick<CreatedScimToken, 'record' | 'text'>> = {
  name: 'create-scim-token',

  async load(tx, { mint, credential }, context) {
    const state = await loadEnteredState(tx, context);
    await lockCreator(tx, context.actor, credential);
    const older = (await readScimTokens(tx, context.orgId)).filter(({ expiresAt }) => expiresAt === null);
    return { state, token: await prepareScimToken(tx, state, mint), older };
  },

  decide(_input, { state, token }, context) {
    authorize(state, context.actor, 'org:admin');
    if (!usesScim(state)) throw new OrgError('invalid', 'SCIM is not enabled.');
    const { changes, audit, mails, ...result } = createdScimToken(token, state, context);
    return { changes, audit, mails, result };
  },

  async persistSideEffects(tx, { result: { record } }, context, { token, older }) {
    await saveScimToken(tx, context, record, token);
    if (older.length === 0) return;
    await tx
      .updateTable('auth_tokens')
      .set({ expires_at: addMilliseconds(context.now, handoverMs) })
      .where('organization_id', '=', context.orgId)
      .where(
        'id',
        'in',
        older.map(({ record: { id } }) => id),
      )
      .execute();
  },
};
