import type { OrgState, Scope } from '@rollcall/protocol';
import type { Db } from '../../../database/database.ts';
import { authorizeScim } from '../../../domain/access/scim-access.ts';
import type { CallingActor } from '../../../domain/actor.ts';
import { readStateForCaller } from '../../../read-path/queries/organizations/find-organization.ts';

/**
 * The state of an organization for a caller who may use SCIM (REST contract 12).
 * @throws OrgError as `authorizeScim`
 */
export async function readStateForScim(db: Db, orgId: string, actor: CallingActor, scopes: readonly Scope[]): Promise<OrgState> {
  const state = await readStateForCaller(db, orgId, actor);
  authorizeScim(state, actor, scopes);
  return state;
}
