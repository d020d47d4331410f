import type { AuthTokenRecord, OrgState, Scope } from '@rollcall/protocol';
import { sql } from 'kysely';
import type { Tx } from '../../../database/database.ts';
import { type UsedCredential, userIdOf } from '../../../domain/actor.ts';
import { tokenEvent } from '../../../domain/audit/audit.ts';
import { authorize, cannotGrant, forbidden, scopesBeyond } from '../../../domain/authorize.ts';
import { created } from '../../../domain/changes.ts';
import type { NoticeToSend } from '../../../mail/enqueue-mail.ts';
import type { Command, SaveContext } from '../../command.ts';
import { allocateId, loadActorState } from '../../load-state.ts';
import { lockCreator } from '../../users/lock-credentials.ts';
import { nameActor } from '../mail-names.ts';
import { loadOwnerAddresses } from '../mail-recipients.ts';
import { assertAtMost, countNotice } from '../notice-limits.ts';
import { refuseTokenName } from './org-token-name.ts';

export interface MintedToken {
  readonly text: string;
  readonly hash: string;
  readonly lastCharacters: string;
}

export interface CreateOrgToken {
  readonly name: string;
  readonly scopes: readonly Scope[];
  /**
   * Generates the text, which contains the slug of the organization. Only its hash is stored.
   * Called once, under the lock.
   */
  mint(orgSlug: string): MintedToken;
  /** The credential with which the token is created. */
  readonly credential: UsedCredential | null;
}

interface Facts {
  readonly state: OrgState;
  readonly id: string;
  readonly token: MintedToken;
  readonly ownerAddresses: readonly string[];
}

export interface CreatedOrgToken {
  readonly record: AuthTokenRecord;
  /** The text of the token. It is shown only once. */
  readonly text: string;
}

/**
 * The scopes of a token if none are requested. They are too few to read an organization (REST
 * contract 10.1, 17.22).
 */
const scopesForAll: readonly Scope[] = ['org:ci'];

/**
 * Creates an organization token, for a back end (REST contract 10.1). Callers cannot grant more
 * than they have.
 */
export const createOrgToken: Command<CreateOrgToken, Facts, CreatedOrgToken> = {
  name: 'create-org-token',

  async load(tx, input, { orgId, actor }) {
    const state = await loadActorState(tx, orgId, actor);
    await lockCreator(tx, actor, input.credential);
    return {
      state,
      id: await allocateId(tx),
      token: input.mint(state.organization!.slug),
      ownerAddresses: await loadOwnerAddresses(tx, orgId),
    };
  },

  decide(input, { state, id, token, ownerAddresses }, { orgId, actor, now, refuseInvalid }) {
    authorize(state, actor, ['org:read', 'org:write', 'org:admin']);
    // The new token would outlive the service's, which the operator may revoke or let expire.
    if (actor.kind === 'service') throw forbidden();
    refuseInvalid(cannotGrant(scopesBeyond(state, actor, input.scopes).filter((scope) => !scopesForAll.includes(scope))));
    refuseTokenName(input.name);
    const scopes = [...new Set(input.scopes)];
    const record: AuthTokenRecord = { id, name: input.name, scopes, tokenLastCharacters: token.lastCharacters, dateCreated: now };
    const audit = [tokenEvent('org-auth-token.create', record, `added org auth token ${record.name}`)];
    const params = {
      orgName: state.organization!.name,
      tokenName: record.name,
      createdBy: nameActor(state, actor),
      namedUserId: userIdOf(actor),
      scopes,
    };
    const mails = ownerAddresses.map((to): NoticeToSend => ({ template: 'org-token-created', params, to, about: orgId }));
    return { changes: [created('auth-token', record)], audit, mails, result: { record, text: token.text } };
  },

  async persistSideEffects(tx, { result: { record } }, context, { token }) {
    await saveOrgToken(tx, context, record, token, false);
  },
};

/** @throws OrgError `rate-limited`, `invalid` for too many tokens */
export async function saveOrgToken(
  tx: Tx,
  context: SaveContext,
  record: AuthTokenRecord,
  token: MintedToken,
  isForScim: boolean,
): Promise<void> {
  const { orgId, limits } = context;
  await tx
    .insertInto('auth_tokens')
    .values({
      id: record.id,
      organization_id: orgId,
      name: record.name,
      token_hash: token.hash,
      token_last_characters: record.tokenLastCharacters,
      scopes: JSON.stringify(record.scopes),
      date_created: record.dateCreated,
      is_for_scim: isForScim,
    })
    .execute();
  await countNotice(tx, context, 'org-token');
  assertAtMost(await countTokens(tx, orgId), limits.tokensPerOrganization, 'The organization has too many tokens; remove some first.');
}

async function countTokens(tx: Tx, orgId: string): Promise<number> {
  const { count } = await tx
    .selectFrom('auth_tokens')
    .select(sql<number>`count(*)::integer`.as('count'))
    .where('organization_id', '=', orgId)
    .where('user_id', 'is', null)
    .executeTakeFirstOrThrow();
  return count;
}
