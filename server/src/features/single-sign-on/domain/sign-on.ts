import {
  type AuthProviderRecord,
  isSsoLinked,
  type MemberRecord,
  type MemberUser,
  type OrganizationRecord,
  type VerifiedDomainRecord,
} from '@rollcall/protocol';
import { isAcceptableInvite, isProvisionedInvite } from '../../../domain/invites/invites.ts';
import type { AssertedIdentity } from './asserted-identity.ts';

/**
 * Decides what a login at an identity provider leads to (REST contract 13.7). It is evaluated at
 * the end of the login, under the organization's lock, because the facts may have changed since its
 * start.
 */

/** An identity that was linked before, with its user and that user's member. */
export interface StoredIdentity {
  readonly id: string;
  readonly formerEmail: UserAndMember['formerEmail'];
  readonly user: MemberUser;
  /** Null if the member of that time was removed. */
  readonly memberId: string | null;
  /** The user's current member. */
  readonly member: MemberRecord | null;
  /**
   * Whether the member of that time is locked out (`require2FA`), and marked invalid. The provider
   * may have given the subject to another person.
   */
  readonly isInvalid: boolean;
}

/** A user, and their member in this organization. */
export interface UserAndMember {
  readonly user: MemberUser;
  readonly member: MemberRecord | null;
  /** Whether a member of this user was removed. */
  readonly wasRemoved: boolean;
  /**
   * The primary address at that removal, in lower case. Null if the member was not removed, or by
   * an older version.
   */
  readonly formerEmail: string | null;
}

export interface SignOnFacts {
  readonly purpose: 'login' | 'test' | 'invite';
  readonly flow: { readonly providerId: string; readonly generation: number };
  readonly organization: OrganizationRecord;
  readonly provider: AuthProviderRecord | null;
  readonly identity: AssertedIdentity;
  /** The stored identity with the same subject. */
  readonly stored: StoredIdentity | null;
  /** The user of the browser's full session. Null without one. */
  readonly fullSession: UserAndMember | null;
  /** The invitation of the flow, if its link is valid. */
  readonly invite: MemberRecord | null;
  /** Whether a user has the invited address, and does not yield it. */
  readonly isInviteAddressTaken: boolean;
  /**
   * The user with the asserted address, which they have verified. Or a user who has not, and is a
   * member of this organization only.
   */
  readonly addressUser: UserAndMember | null;
  /** The asserted address belongs to a user, whether or not they have verified it. */
  readonly isAddressTaken: boolean;
  /** That user has not proved the address, and yields it to the person who does. */
  readonly isAddressUnproven: boolean;
  /** Whether a member was removed whose user had the asserted address. */
  readonly wasAddressRemoved: boolean;
  /** An invitation or a request for the asserted address. */
  readonly addressInvite: MemberRecord | null;
  /** The organization's verified domain of the asserted address. */
  readonly domain: VerifiedDomainRecord | null;
}

/** The reason why a person without an account can't become a member by their first login. */
export type Missing = 'provisioning' | 'email' | 'verified-email' | 'domain';

export type Refusal =
  | { readonly reason: 'provider-changed' | 'user-disabled' | 'member-removed' | 'linked-otherwise' | 'session-over' }
  | { readonly reason: 'not-linked'; readonly missing: Missing | null };

/**
 * The address of a created user. It is `verified` by the link of an invitation, and by the
 * assertion of the organization that owns its domain. It is `unverified` in another verified domain
 * of the organization. Outside of these, the user gets a placeholder, because an identity provider
 * can assert the address of any stranger.
 */
export type NewAddress = 'verified' | 'unverified' | 'placeholder';

/** The ways in which a person becomes a linked member. */
export type Linking =
  | { readonly kind: 'link'; readonly user: MemberUser; readonly member: MemberRecord }
  /**
   * The invitation is accepted. Without a user, one is created with the invited address. The link
   * of an invitation proves that the person reads that mailbox.
   */
  | { readonly kind: 'join'; readonly user: MemberUser | null; readonly invite: MemberRecord; readonly address: NewAddress }
  /** A member is created. Without a user, one is created with the asserted address. */
  | { readonly kind: 'provision'; readonly user: MemberUser | null; readonly email: string; readonly address: NewAddress };

export type SignOn =
  | { readonly kind: 'refused'; readonly refusal: Refusal }
  /** The identity was linked before. */
  | { readonly kind: 'known'; readonly user: MemberUser; readonly member: MemberRecord }
  /** The user of the full session must confirm this first. */
  | { readonly kind: 'ask'; readonly user: MemberUser; readonly linking: Linking }
  /** Without a question to the user. */
  | Linking;

/** @param now ISO 8601 */
export function decideSignOn(facts: SignOnFacts, now: string): SignOn {
  const { organization, provider, flow, purpose, identity, stored } = facts;
  const isSame = provider?.id === flow.providerId && provider.generation === flow.generation;
  if (!isSame || organization.status !== 'active') return refused('provider-changed');
  if (provider.status !== 'active' && purpose !== 'test') return refused('provider-changed');
  if (identity.sessionEndsAt !== null && Date.parse(identity.sessionEndsAt) <= Date.parse(now)) return refused('session-over');
  if (stored && !stored.user.isActive) return refused('user-disabled');
  const invite = purpose === 'invite' && facts.invite && isAcceptableInvite(facts.invite, now) ? facts.invite : null;
  if (stored?.isInvalid) return decideForUnlinked(facts, invite, now);
  if (stored && (stored.member === null || stored.memberId === null)) {
    return decideForReturned(facts, stored, provisionedInvite(facts) ?? invite);
  }
  if (stored?.member && isSsoLinked(stored.member)) return { kind: 'known', user: stored.user, member: stored.member };
  return decideForUnlinked(facts, invite, now);
}

/** A removed member returns by an invitation or by provisioning only, never by a login alone. */
function decideForReturned(facts: SignOnFacts, stored: StoredIdentity, invite: MemberRecord | null): SignOn {
  const { user, member } = stored;
  if (member && !member.flags['sso:invalid']) return { kind: 'link', user, member };
  if (member !== null || !invite) return refused('member-removed');
  return withConsent(facts, stored, { kind: 'join', user, invite, address: 'verified' });
}

/**
 * A member record has the primary address of its user, which may be a private one. A user whose
 * address the organization doesn't know must agree in a full session to become a member.
 */
function withConsent(
  { identity, invite, fullSession }: SignOnFacts,
  { user, formerEmail }: Omit<UserAndMember, 'member' | 'wasRemoved'>,
  linking: Linking,
): SignOn {
  const known = [identity.email, invite?.email, formerEmail].map((email) => email?.toLowerCase());
  if (user.email === null || known.includes(user.email.toLowerCase())) return linking;
  return fullSession?.user.id === user.id ? { kind: 'ask', user, linking } : notLinked(null);
}

/**
 * The invite that the provider has created over SCIM for the asserted address. An address that the
 * provider has not verified must not lead to the invite of another person.
 */
function provisionedInvite({ addressInvite, identity }: SignOnFacts): MemberRecord | null {
  return identity.emailVerified && addressInvite && isProvisionedInvite(addressInvite) ? addressInvite : null;
}

function decideForUnlinked(facts: SignOnFacts, invite: MemberRecord | null, now: string): SignOn {
  const { fullSession, addressUser, identity, domain } = facts;
  // The provider knows the person by its own invite, so a login from the page of another one
  // accepts that of the provider.
  const provisioned = invite && provisionedInvite(facts);
  if (fullSession && (fullSession.member || invite)) {
    const { user, member } = fullSession;
    if (!user.isActive) return refused('user-disabled');
    if (member === null) return { kind: 'ask', user, linking: { kind: 'join', user, invite: provisioned ?? invite!, address: 'verified' } };
    return isSsoLinked(member) ? refused('linked-otherwise') : { kind: 'ask', user, linking: { kind: 'link', user, member } };
  }
  if (provisioned && provisioned.id !== invite.id) {
    const address = newAddressIn(domain);
    if (!isTakenFor(facts, address)) return { kind: 'join', user: null, invite: provisioned, address };
  } else if (invite && !facts.isInviteAddressTaken) return { kind: 'join', user: null, invite, address: 'verified' };
  if (addressUser && identity.emailVerified && domain?.role === 'owned') return decideForOwned(facts, addressUser, now);
  const missing = missingFor(facts);
  if (isTakenFor(facts, newAddressIn(domain)) || missing !== null) return notLinked(missing);
  return newcomer(facts, null, facts.wasAddressRemoved, now);
}

function newAddressIn(domain: VerifiedDomainRecord | null): NewAddress {
  return domain === null ? 'placeholder' : domain.role === 'owned' ? 'verified' : 'unverified';
}

/** A person who proves an address can have it unless another one has proved it. */
function isTakenFor({ isAddressTaken, isAddressUnproven }: SignOnFacts, address: NewAddress): boolean {
  return isAddressTaken && !(isAddressUnproven && address !== 'unverified');
}

/** The organization controls the mailbox of this address, so it may decide who its user is. */
function decideForOwned(facts: SignOnFacts, owner: UserAndMember, now: string): SignOn {
  const { user, member, wasRemoved } = owner;
  if (!user.isActive) return refused('user-disabled');
  if (member) return isSsoLinked(member) ? refused('linked-otherwise') : { kind: 'link', user, member };
  const missing = missingFor(facts);
  if (missing === null) {
    const joining = newcomer(facts, user, wasRemoved, now);
    return joining.kind === 'refused' ? joining : withConsent(facts, owner, joining);
  }
  return wasRemoved ? refused('member-removed') : notLinked(missing);
}

/**
 * An invitation for the address is accepted instead, with its role and teams. Only an invitation
 * brings a removed member back.
 */
function newcomer({ addressInvite, identity, domain }: SignOnFacts, user: MemberUser | null, wasRemoved: boolean, now: string) {
  const address = newAddressIn(domain);
  const isAccepted = addressInvite !== null && (isAcceptableInvite(addressInvite, now) || isProvisionedInvite(addressInvite));
  if (isAccepted) return { kind: 'join', user, invite: addressInvite, address } as const;
  if (wasRemoved) return refused('member-removed');
  return { kind: 'provision', user, email: identity.email!, address } as const;
}

function missingFor({ provider, identity, domain }: SignOnFacts): Missing | null {
  if (provider!.jit !== 'domains') return 'provisioning';
  if (identity.email === null) return 'email';
  if (!identity.emailVerified) return 'verified-email';
  return domain ? null : 'domain';
}

function refused(reason: Exclude<Refusal['reason'], 'not-linked'>): Extract<SignOn, { kind: 'refused' }> {
  return { kind: 'refused', refusal: { reason } };
}

function notLinked(missing: Missing | null): SignOn {
  return { kind: 'refused', refusal: { reason: 'not-linked', missing } };
}
