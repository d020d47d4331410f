import type { Scope } from '@rollcall/protocol';
import type { Db } from '../../../database/database.ts';
import { readOrgTokens, type StoredOrgToken } from '../../../database/tokens/org-tokens.ts';
import type { Actor } from '../../../domain/actor.ts';
import { authorizeReader } from '../authorized-reader.ts';

export type { StoredOrgToken };

const anyOrgScope: readonly Scope[] = ['org:read', 'org:write', 'org:admin'];

/**
 * An organization's tokens without their texts, for callers that may see the organization (REST
 * contract 10.1).
 * @param tokenId narrows the list to one token
 * @throws OrgError as `authorizeReader`
 */
export async function listOrgTokens(db: Db, orgId: string, actor: Actor, tokenId?: string): Promise<StoredOrgToken[]> {
  await authorizeReader(db, orgId, actor, anyOrgScope);
  return readOrgTokens(db, orgId, tokenId);
}
