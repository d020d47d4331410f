import type { MemberUser } from '@rollcall/protocol';
import { notFound } from '../../domain/authorize.ts';
import { findUser, findUserByExternalId } from '../../read-path/queries/identity/find-users.ts';
import type { Services } from '../services.ts';
import { externalIdIn } from './external-id-fields.ts';
import type { OperatorRequest } from './operator-route.ts';

/** The user that `:user` names, by id or external id. Null if there is none. */
export function findNamedUser({ params }: OperatorRequest, { db }: Services): Promise<MemberUser | null> {
  const externalId = externalIdIn(params.user!);
  return externalId === null ? findUser(db, params.user!) : findUserByExternalId(db, externalId);
}

/** @throws OrgError `not-found` */
export async function namedUser(request: OperatorRequest, services: Services): Promise<MemberUser> {
  const user = await findNamedUser(request, services);
  if (!user) throw notFound();
  return user;
}
