import { isId } from '@rollcall/protocol';
import type { Db } from '../../../database/database.ts';
import { readStoredDomain, readStoredDomains } from '../../../database/security/verified-domains.ts';
import type { CallingActor } from '../../../domain/actor.ts';
import { notFound } from '../../../domain/authorize.ts';
import { type DomainDetails, detailsOf } from '../../../domain/organizations/verified-domains.ts';
import { authorizeReader } from '../../../read-path/queries/authorized-reader.ts';

/**
 * The domains of an organization, for its owners (REST contract 13.6).
 * @throws OrgError as `authorizeReader`
 */
export async function listDomains(db: Db, orgId: string, actor: CallingActor): Promise<DomainDetails[]> {
  await authorizeReader(db, orgId, actor, ['org:admin']);
  return (await readStoredDomains(db, orgId)).map(detailsOf);
}

/** @throws OrgError as `authorizeReader`; `not-found` */
export async function readDomain(db: Db, orgId: string, actor: CallingActor, id: string): Promise<DomainDetails> {
  await authorizeReader(db, orgId, actor, ['org:admin']);
  const stored = isId(id) ? await readStoredDomain(db, orgId, id) : null;
  if (!stored) throw notFound();
  return detailsOf(stored);
}
