import type { IpAllowListRecord } from '@rollcall/protocol';
import type { CountedViewer } from '../../../bus/bus.ts';
import type { Db } from '../../../database/database.ts';
import { readScimAddresses } from '../../../database/tokens/scim-addresses.ts';
import type { CallingActor } from '../../../domain/actor.ts';
import { type FieldErrors, refuseInvalidFields } from '../../../domain/field-errors.ts';
import {
  addressMatcher,
  changeIpAllowList,
  emptyIpAllowList,
  type IpAllowListChanges,
} from '../../../domain/organizations/ip-allow-list.ts';
import type { Survey } from '../../people/live-viewers.ts';
import { authorizeReader } from '../authorized-reader.ts';
import { readOrgRevision } from './org-revision.ts';

/** The list of allowed addresses and its preview (REST contract 13.3). */

export interface IncludedAddress {
  readonly address: string | null;
  /** Whether the rules include the address, regardless of whether the list is on. */
  readonly isIncluded: boolean;
}

/**
 * The list, for callers who manage the organization. The revision is read before the list, so that
 * a write with it is refused if the list is newer.
 * @throws OrgError as `authorizeReader`
 */
export async function readIpAllowList(
  db: Db,
  orgId: string,
  actor: CallingActor,
): Promise<{ readonly list: IpAllowListRecord; readonly orgRevision: string }> {
  const orgRevision = await readOrgRevision(db, orgId);
  const { state } = await authorizeReader(db, orgId, actor, ['org:write', 'org:admin']);
  return { list: state.ipAllowList ?? emptyIpAllowList(orgId), orgRevision };
}

export function whereIs(list: IpAllowListRecord, { address, at }: CallingActor): IncludedAddress {
  return { address, isIncluded: addressMatcher(list, at)(address) };
}

export interface LiveAddress extends IncludedAddress {
  /** The ids of users, and of organization tokens. */
  readonly users: readonly string[];
  readonly tokens: readonly string[];
  readonly subscriptions: number;
}

export interface IpAllowListPreview {
  readonly you: IncludedAddress;
  readonly live: readonly LiveAddress[];
  readonly wouldEnd: number;
  readonly instances: number;
  readonly complete: boolean;
}

/**
 * The subscriptions that saving a draft would end now, for owners. Identity providers have none,
 * but their recent addresses are shown.
 * @throws OrgError as `authorizeReader`; `invalid` for a draft that can't be saved
 */
export async function previewIpAllowList(
  { db, surveyViewers }: { readonly db: Db; surveyViewers(orgId: string): Promise<Survey> },
  orgId: string,
  actor: CallingActor,
  { changes, malformed }: { readonly changes: IpAllowListChanges; readonly malformed: FieldErrors },
): Promise<IpAllowListPreview> {
  const { state } = await authorizeReader(db, orgId, actor, ['org:admin']);
  const now = new Date();
  const unused = (changes.rules ?? []).map(() => '0');
  const { after, errors } = changeIpAllowList(state.ipAllowList ?? emptyIpAllowList(orgId), changes, unused, now.toISOString());
  refuseInvalidFields(malformed, errors);
  const [{ viewers, instances, isComplete }, scimAddresses] = await Promise.all([surveyViewers(orgId), readScimAddresses(db, orgId)]);
  const callers = scimAddresses.map(({ tokenId, address }) => ({ address, userId: null, orgTokenId: tokenId, subscriptions: 0 }));
  const live = groupByAddress([...viewers, ...callers], addressMatcher(after, now.getTime()));
  const excluded = after.isEnabled ? live.filter(({ isIncluded }) => !isIncluded) : [];
  return {
    you: whereIs(after, actor),
    live,
    wouldEnd: excluded.reduce((sum, { subscriptions }) => sum + subscriptions, 0),
    instances,
    complete: isComplete,
  };
}

type CountedAddress = Omit<CountedViewer, 'session'>;

/** Excluded addresses first, then by the number of subscriptions. */
function groupByAddress(viewers: readonly CountedAddress[], isIncluded: (address: string | null) => boolean): LiveAddress[] {
  const byAddress = new Map<string | null, CountedAddress[]>();
  for (const viewer of viewers) {
    const known = byAddress.get(viewer.address);
    if (known) known.push(viewer);
    else byAddress.set(viewer.address, [viewer]);
  }
  const groups = [...byAddress].map(([address, counted]): LiveAddress => {
    return {
      address,
      isIncluded: isIncluded(address),
      users: unique(counted.map(({ userId }) => userId)),
      tokens: unique(counted.map(({ orgTokenId }) => orgTokenId)),
      subscriptions: counted.reduce((sum, { subscriptions }) => sum + subscriptions, 0),
    };
  });
  return groups.sort((a, b) => Number(a.isIncluded) - Number(b.isIncluded) || b.subscriptions - a.subscriptions);
}

function unique(ids: readonly (string | null)[]): string[] {
  return [...new Set(ids.filter((id) => id !== null))];
}
