import type { AuthTokenRecord, LogChange, OrgState, Scope } from '@rollcall/protocol';
import type { Tx } from '../../../database/database.ts';
import { authTokenColumns, authTokenFromRow } from '../../../database/records/records-read.ts';
import { userIdOf } from '../../../domain/actor.ts';
import { type AuditEvent, tokenEvent } from '../../../domain/audit/audit.ts';
import { forbidden } from '../../../domain/authorize.ts';
import { created, removed } from '../../../domain/changes.ts';
import type { NoticeToSend } from '../../../mail/enqueue-mail.ts';
import type { CommandContext, SaveContext } from '../../command.ts';
import { allocateId } from '../../load-state.ts';
import { nameActor } from '../mail-names.ts';
import { loadOwnerAddresses } from '../mail-recipients.ts';
import { type MintedToken, saveOrgToken } from './create-org-token.ts';

/**
 * The tokens of an organization's identity provider (REST contract 12.3), as parts of the commands
 * that create and end them. They are organization tokens, but valid for SCIM only.
 */

const name = 'SCIM';
const scopes: readonly Scope[] = ['member:admin', 'team:admin'];

export interface NewScimToken {
  readonly id: string;
  readonly minted: MintedToken;
  readonly ownerAddresses: readonly string[];
}

/** @param mint generates the text, which contains the slug of the organization */
export async function prepareScimToken(tx: Tx, { organization }: OrgState, mint: (orgSlug: string) => MintedToken): Promise<NewScimToken> {
  const { id: orgId, slug } = organization!;
  return { id: await allocateId(tx), minted: mint(slug), ownerAddresses: await loadOwnerAddresses(tx, orgId) };
}

export interface ScimTokenChanges {
  readonly changes: readonly LogChange[];
  readonly audit: readonly AuditEvent[];
}

export interface CreatedScimToken extends ScimTokenChanges {
  readonly record: AuthTokenRecord;
  /** The text of the token. It is shown only once. */
  readonly text: string;
  /** The owners are mailed, as for every organization token. */
  readonly mails: readonly NoticeToSend[];
}

/** @throws OrgError `forbidden` for a service, as for every organization token */
export function createdScimToken(
  { id, minted, ownerAddresses }: NewScimToken,
  state: OrgState,
  { orgId, actor, now }: Pick<CommandContext, 'orgId' | 'actor' | 'now'>,
): CreatedScimToken {
  if (actor.kind === 'service') throw forbidden();
  const record: AuthTokenRecord = { id, name, scopes: [...scopes], tokenLastCharacters: minted.lastCharacters, dateCreated: now };
  const params = {
    orgName: state.organization!.name,
    tokenName: name,
    createdBy: nameActor(state, actor),
    namedUserId: userIdOf(actor),
    scopes: record.scopes,
  };
  return {
    record,
    text: minted.text,
    changes: [created('auth-token', record)],
    audit: [tokenEvent('org-auth-token.create', record, `added org auth token ${name}`)],
    mails: ownerAddresses.map((to) => ({ template: 'org-token-created', params, to, about: orgId })),
  };
}

/** @throws OrgError `rate-limited`, `invalid` for too many tokens */
export async function saveScimToken(tx: Tx, context: SaveContext, record: AuthTokenRecord, { minted }: NewScimToken): Promise<void> {
  await saveOrgToken(tx, context, record, minted, true);
}

/** A token of an identity provider. */
export interface ScimToken {
  readonly record: AuthTokenRecord;
  /** Null while there is no newer token. */
  readonly expiresAt: string | null;
}

export async function readScimTokens(tx: Tx, orgId: string): Promise<ScimToken[]> {
  const rows = await tx
    .selectFrom('auth_tokens')
    .select([...authTokenColumns, 'expires_at'])
    .where('organization_id', '=', orgId)
    .where('is_for_scim', '=', true)
    .orderBy('id')
    .execute();
  return rows.map((row) => ({ record: authTokenFromRow(row), expiresAt: row.expires_at }));
}

/** The end of these tokens. `deleteScimTokens` belongs to it. */
export function removedScimTokens(tokens: readonly ScimToken[]): ScimTokenChanges {
  return {
    changes: tokens.map(({ record }) => removed('auth-token', record)),
    audit: tokens.map(({ record }) => tokenEvent('org-auth-token.remove', record, `removed org auth token ${record.name}`)),
  };
}

export async function deleteScimTokens(tx: Tx, orgId: string, tokens: readonly ScimToken[]): Promise<void> {
  if (tokens.length === 0) return;
  const ids = tokens.map(({ record }) => record.id);
  await tx.deleteFrom('auth_tokens').where('organization_id', '=', orgId).where('id', 'in', ids).execute();
}
