import { accessOf, audienceOf, type Collection, type OrgRecord, projectRecord } from '@rollcall/protocol';
import type { OrganizationHandle } from './organization-handle.ts';

/** The part of an organization that one user may see, as JSON. */
export interface DehydratedOrganization {
  /** The user who may see it. */
  readonly userId: string;
  readonly id: string;
  readonly slug: string;
  readonly revision: number;
  /** Lists of records by kind. */
  readonly records: Readonly<Record<string, readonly OrgRecord[]>>;
}

export interface DehydrateOptions {
  /** The user who will receive the state, as the program itself has authenticated them. */
  readonly userId: string;
  /** The collections of the result. Absent for all that the user may see. */
  readonly collections?: readonly Collection[];
}

/**
 * The state of a replica for the first render of a page, reduced to what the user would receive
 * from the server. The replica may belong to another credential, such as that of a back end. Null
 * if the replica can't prove that the user has access:
 * - The replica isn't fresh.
 * - The user isn't an active member, or a second factor is missing.
 * - The organization requires single sign-on or has a list of allowed addresses. These depend on
 *   the user's own session and address, which only the server knows.
 *
 * A list of addresses is noticed only if the replica contains the collection `security`. Without
 * it, the result may be a state that the server would refuse to the user's address.
 */
export function dehydrate(handle: OrganizationHandle, { userId, collections }: DehydrateOptions): DehydratedOrganization | null {
  const { records, revision, isFresh } = handle.subscription;
  const { organization } = records;
  if (!isFresh || revision === null || !organization) return null;
  if (organization.requiresSso || records.ipAllowList?.isEnabled) return null;
  const access = accessOf(records, { userId });
  if (access.denied) return null;
  const audience = audienceOf(organization, access.scopes, collections ?? null);
  const visible: Record<string, OrgRecord[]> = {};
  for (const kind of records.kinds()) {
    const ofKind = [...records.recordsOf(kind).values()].flatMap((record) => projectRecord(audience, kind, record) ?? []);
    if (ofKind.length > 0) visible[kind] = ofKind;
  }
  return { userId, id: organization.id, slug: organization.slug, revision, records: visible };
}
