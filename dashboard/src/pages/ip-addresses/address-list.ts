import type { AddressRule, OrganizationState } from '@rollcall/client';

/** The list of allowed addresses, as saved or as a draft. */
export interface AddressList {
  readonly isEnabled: boolean;
  readonly rules: readonly AddressRule[];
}

const noList: AddressList = { isEnabled: false, rules: [] };

export function savedList({ ipAllowLists: [list] }: OrganizationState): AddressList {
  return list ?? noList;
}

/** The parts of a list that its editors choose, for saving and comparing. */
export function contentOf({ isEnabled, rules }: AddressList) {
  return { isEnabled, rules: rules.map(({ cidr, description, expiresAt }) => ({ cidr, description, expiresAt })) };
}
export type ListContent = ReturnType<typeof contentOf>;

export function isSameList(one: AddressList, other: AddressList): boolean {
  return JSON.stringify(contentOf(one)) === JSON.stringify(contentOf(other));
}

/** A list with unsaved changes. */
export interface AddressDraft {
  /** The list when editing began. */
  readonly base: AddressList;
  readonly mine: AddressList;
}

/**
 * The draft after another draft was saved. Changes made while it was being saved stay.
 * @param saved the list as it is now
 */
export function draftAfterSave(current: AddressDraft | null, sent: AddressDraft, saved: AddressList): AddressDraft | null {
  return current === null || current === sent ? null : { base: saved, mine: current.mine };
}

/** Reports whether the list will be empty one day, which locks out all members. */
export function expiresEntirely({ isEnabled, rules }: AddressList): boolean {
  return isEnabled && rules.length > 0 && rules.every(({ expiresAt }) => expiresAt !== null);
}
