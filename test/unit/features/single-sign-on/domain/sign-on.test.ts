import assert from 'node:assert/strict';
import type { MemberRecord, MemberUser, VerifiedDomainRecord } from '../../../../../protocol/src/index.ts';
import {
  decideSignOn,
  type SignOn,
  type SignOnFacts,
  type UserAndMember,
} from '../../../../../server/src/features/single-sign-on/domain/sign-on.ts';
import { aMember, anAuthProvider, anIdentity, anInvite, anOrganization, aUser, now } from '../../../../support/builders.ts';

const provider = anAuthProvider({ jit: 'domains' });
const identity = anIdentity();
const domain = (role: 'owned' | 'affiliated'): VerifiedDomainRecord => ({
  id: '1',
  domain: 'example.com',
  role,
  status: 'verified',
  dateVerified: now,
  dateCreated: now,
});

/** A stranger without an account, whose address is in a verified domain. */
function factsWith(fields: Partial<SignOnFacts>): SignOnFacts {
  return {
    purpose: 'login',
    flow: { providerId: provider.id, generation: provider.generation },
    organization: anOrganization(),
    provider,
    identity,
    stored: null,
    fullSession: null,
    invite: null,
    isInviteAddressTaken: false,
    addressUser: null,
    isAddressTaken: false,
    isAddressUnproven: false,
    wasAddressRemoved: false,
    addressInvite: null,
    domain: domain('affiliated'),
    ...fields,
  };
}

const decide = (fields: Partial<SignOnFacts>) => decideSignOn(factsWith(fields), now);
/** `kind`, or the reason of a refusal, with the missing fact. */
function outcomeOf(decided: SignOn): string {
  if (decided.kind !== 'refused') return decided.kind;
  const { refusal } = decided;
  return refusal.reason === 'not-linked' ? `not-linked: ${refusal.missing}` : refusal.reason;
}
const assertOutcome = (fields: Partial<SignOnFacts>, outcome: string) => assert.equal(outcomeOf(decide(fields)), outcome);

const linked = (member: MemberRecord, flags: Partial<MemberRecord['flags']> = {}): MemberRecord => ({
  ...member,
  flags: { ...member.flags, 'sso:linked': true, ...flags },
});
/** A user whose member here was removed, or who never had one. */
const strangerOf = (user: MemberUser): UserAndMember => ({ user, member: null, wasRemoved: false, formerEmail: null });
const withMember = (member: MemberRecord, wasRemoved = false): UserAndMember => ({ ...strangerOf(member.user!), member, wasRemoved });
const storedAs = (member: MemberRecord) => ({
  id: '5',
  user: member.user!,
  memberId: member.id,
  member,
  formerEmail: null,
  isInvalid: false,
});

describe('the decision at the end of a login by single sign-on', () => {
  it('[S-27] refuses a provider that was removed, replaced, changed or deactivated, and an organization in deletion', () => {
    const stored = storedAs(linked(aMember()));
    assertOutcome({ stored }, 'known');
    assertOutcome({ stored, provider: null }, 'provider-changed');
    assertOutcome({ stored, provider: anAuthProvider() }, 'provider-changed');
    assertOutcome({ stored, provider: { ...provider, generation: 2 } }, 'provider-changed');
    assertOutcome({ stored, provider: { ...provider, status: 'draft' } }, 'provider-changed');
    assertOutcome({ stored, organization: anOrganization({ status: 'pending_deletion' }) }, 'provider-changed');
  });

  it('[13.7] evaluates a draft for a test only', () => {
    const draft = { ...provider, status: 'draft' } as const;
    assertOutcome({ purpose: 'test', provider: draft, stored: storedAs(linked(aMember())) }, 'known');
  });

  it('[S-27] refuses a disabled user, and a login whose session at the provider is over', () => {
    assertOutcome({ stored: storedAs(linked(aMember({}, { isActive: false }))) }, 'user-disabled');
    assertOutcome({ stored: storedAs(linked(aMember())), identity: { ...identity, sessionEndsAt: now } }, 'session-over');
  });

  it('[S-27] brings a removed member back only by an invitation or by provisioning', () => {
    const user = aUser();
    const removed = { id: '5', user, memberId: null, member: null, formerEmail: user.email, isInvalid: false };
    assertOutcome({ stored: removed }, 'member-removed');
    assertOutcome({ stored: removed, purpose: 'invite', invite: anInvite() }, 'join');
    assertOutcome(
      { stored: removed, purpose: 'invite', invite: anInvite({ inviteExpiresAt: '2026-02-01T00:00:00.000000Z' }) },
      'member-removed',
    );
    assertOutcome({ stored: removed, addressInvite: anInvite() }, 'member-removed');
    const { flags } = anInvite();
    const provisioned = { stored: removed, addressInvite: anInvite({ flags: { ...flags, 'idp:provisioned': true } }) };
    assertOutcome(provisioned, 'join');
    assertOutcome({ ...provisioned, identity: { ...identity, emailVerified: false } }, 'member-removed');
    const again = aMember({}, { id: user.id });
    assertOutcome({ stored: { ...removed, user: again.user!, member: again } }, 'link');
    assertOutcome({ stored: { ...removed, user: again.user!, member: linked(again, { 'sso:invalid': true }) } }, 'member-removed');
  });

  it('[S-27] does not log a person in as a locked-out member whose identity is invalid', () => {
    const user = aUser();
    const detached = { id: '5', user, memberId: '7', member: null, formerEmail: user.email, isInvalid: true };
    const { flags } = anInvite();
    const provisioned = { addressInvite: anInvite({ flags: { ...flags, 'idp:provisioned': true } }), domain: null };
    assertOutcome({ stored: detached, ...provisioned }, 'not-linked: domain');
    assertOutcome({ stored: { ...detached, isInvalid: false }, ...provisioned }, 'join');
    const joined = decide({ stored: detached, purpose: 'invite', invite: anInvite() });
    assert.equal(joined.kind === 'join' && joined.user, null);
  });

  it('[S-27] does not provision a removed member under another subject', () => {
    const addressUser = { ...strangerOf(aUser({ email: identity.email })), wasRemoved: true };
    assertOutcome({ addressUser, isAddressTaken: true, domain: domain('owned') }, 'member-removed');
    assertOutcome({ addressUser: { ...addressUser, wasRemoved: false }, isAddressTaken: true, domain: domain('owned') }, 'provision');
    assertOutcome({ wasAddressRemoved: true }, 'member-removed');
    assertOutcome({ wasAddressRemoved: true, addressInvite: anInvite() }, 'join');
  });

  it('[S-28] asks only the member of a full session who has no valid identity', () => {
    const member = aMember();
    assertOutcome({ fullSession: withMember(member) }, 'ask');
    assertOutcome({ fullSession: withMember(linked(member, { 'sso:invalid': true })) }, 'ask');
    assertOutcome({ fullSession: withMember(linked(member)) }, 'linked-otherwise');
    assertOutcome({ fullSession: withMember(aMember({}, { isActive: false })) }, 'user-disabled');
    assertOutcome({ fullSession: strangerOf(aUser()), provider: { ...provider, jit: 'off' } }, 'not-linked: provisioning');
  });

  it('[13.7] asks before an invitation is accepted for the account of a full session', () => {
    const fullSession = strangerOf(aUser());
    const invite = anInvite();
    assertOutcome({ fullSession, purpose: 'invite', invite }, 'ask');
    assertOutcome({ purpose: 'invite', invite }, 'join');
    assertOutcome(
      { purpose: 'invite', invite, isInviteAddressTaken: true, provider: { ...provider, jit: 'off' } },
      'not-linked: provisioning',
    );
  });

  it('[13.7] links an address of an owned domain only if this server and the provider have verified it', () => {
    const owned = { domain: domain('owned'), isAddressTaken: true };
    const addressUser = withMember(aMember());
    assertOutcome({ ...owned, addressUser }, 'link');
    assertOutcome({ ...owned, addressUser: withMember(linked(aMember())) }, 'linked-otherwise');
    assertOutcome({ ...owned, addressUser: null }, 'not-linked: null');
    assertOutcome({ ...owned, addressUser, domain: domain('affiliated') }, 'not-linked: null');
    assertOutcome({ ...owned, addressUser, identity: { ...identity, emailVerified: false } }, 'not-linked: verified-email');
    assertOutcome({ ...owned, addressUser: withMember(aMember({}, { isActive: false })) }, 'user-disabled');
  });

  it('[S-35] [13.7] creates a member only for a verified address of a verified domain', () => {
    assert.deepEqual(decide({}), { kind: 'provision', user: null, email: identity.email, address: 'unverified' });
    assert.deepEqual(decide({ domain: domain('owned') }), { kind: 'provision', user: null, email: identity.email, address: 'verified' });
    assertOutcome({ provider: { ...provider, jit: 'off' } }, 'not-linked: provisioning');
    assertOutcome({ identity: { ...identity, email: null, emailVerified: false } }, 'not-linked: email');
    assertOutcome({ identity: { ...identity, emailVerified: false } }, 'not-linked: verified-email');
    assertOutcome({ domain: null }, 'not-linked: domain');
    assertOutcome({ isAddressTaken: true }, 'not-linked: null');
  });

  it('[13.7] accepts an invitation for the address in place of the default role, but no request and no expired one', () => {
    assertOutcome({ addressInvite: anInvite() }, 'join');
    assertOutcome({ addressInvite: anInvite({ inviteStatus: 'requested_to_join' }) }, 'provision');
    assertOutcome({ addressInvite: anInvite({ inviteExpiresAt: '2026-02-01T00:00:00.000000Z' }) }, 'provision');
  });

  it('[12.1] accepts an invitation of the provider also after its end, and in place of the one of a page', () => {
    const { flags } = anInvite();
    const provisioned = anInvite({ inviteExpiresAt: '2026-02-01T00:00:00.000000Z', flags: { ...flags, 'idp:provisioned': true } });
    const joins = (fields: Partial<SignOnFacts>) => {
      const decided = decide({ addressInvite: provisioned, ...fields });
      const linking = decided.kind === 'ask' ? decided.linking : decided;
      return linking.kind === 'join' ? [linking.invite.id, linking.address] : outcomeOf(decided);
    };
    const user = aUser();
    const removed = { id: '5', user, memberId: null, member: null, formerEmail: user.email, isInvalid: false };
    const byPage = { purpose: 'invite', invite: anInvite() } as const;
    assert.deepEqual(joins({}), [provisioned.id, 'unverified']);
    assert.deepEqual(joins({ stored: removed }), [provisioned.id, 'verified']);
    assert.deepEqual(joins({ stored: removed, ...byPage }), [provisioned.id, 'verified']);
    assert.deepEqual(joins({ fullSession: strangerOf(aUser()), ...byPage }), [provisioned.id, 'verified']);
    // The link of another invitation proves nothing about the address of this one.
    assert.deepEqual(joins(byPage), [provisioned.id, 'unverified']);
    assert.deepEqual(joins({ ...byPage, domain: domain('owned') }), [provisioned.id, 'verified']);
    assert.deepEqual(joins({ ...byPage, isAddressTaken: true }), 'not-linked: null');
    assert.deepEqual(joins({ purpose: 'invite', invite: { ...provisioned, inviteExpiresAt: null } }), [provisioned.id, 'verified']);
    assert.deepEqual(joins({ ...byPage, identity: { ...identity, emailVerified: false } }), [byPage.invite.id, 'verified']);
  });

  it('[S-35] treats the address of a new user as verified only by the link of an invitation or in an owned domain', () => {
    const addressOf = (fields: Partial<SignOnFacts>) => (decide(fields) as { address?: string }).address;
    assert.equal(addressOf({}), 'unverified');
    assert.equal(addressOf({ addressInvite: anInvite() }), 'unverified');
    assert.equal(addressOf({ domain: domain('owned') }), 'verified');
    assert.equal(addressOf({ addressInvite: anInvite(), domain: domain('owned') }), 'verified');
    assert.equal(addressOf({ purpose: 'invite', invite: anInvite() }), 'verified');
  });

  it('[H-25] gives a user outside of the organization’s domains a placeholder, also if the address is unproven elsewhere', () => {
    const { flags } = anInvite();
    const provisioned = {
      addressInvite: anInvite({ flags: { ...flags, 'idp:provisioned': true } }),
      purpose: 'invite',
      invite: anInvite(),
    } as const;
    const addressOf = (fields: Partial<SignOnFacts>) => {
      const decided = decide({ ...provisioned, ...fields });
      return decided.kind === 'join' ? decided.address : outcomeOf(decided);
    };
    assert.equal(addressOf({ domain: null }), 'placeholder');
    assert.equal(addressOf({ domain: null, isAddressTaken: true, isAddressUnproven: true }), 'placeholder');
    assert.equal(addressOf({ domain: null, isAddressTaken: true }), 'not-linked: domain');
    assert.equal(addressOf({ isAddressTaken: true, isAddressUnproven: true }), 'not-linked: null');
  });

  it('[H-25] takes an unproven address for a login at the provider that owns its domain, and for no other login', () => {
    const unproven = { isAddressTaken: true, isAddressUnproven: true };
    assertOutcome({ ...unproven, domain: domain('owned') }, 'provision');
    assertOutcome({ ...unproven, domain: domain('owned'), addressInvite: anInvite() }, 'join');
    assertOutcome({ ...unproven, domain: domain('affiliated') }, 'not-linked: null');
    assertOutcome({ ...unproven, domain: domain('owned'), identity: { ...identity, emailVerified: false } }, 'not-linked: verified-email');
    assertOutcome({ ...unproven, domain: domain('owned'), provider: { ...provider, jit: 'off' } }, 'not-linked: provisioning');
    const local = withMember(aMember());
    assertOutcome({ ...unproven, domain: domain('owned'), addressUser: local }, 'link');
  });

  it('[H-27] asks a user whose address the organization does not know before they become a member', () => {
    const secret = strangerOf(aUser({ email: 'private@example.net' }));
    const owned = { domain: domain('owned'), isAddressTaken: true };
    assertOutcome({ ...owned, addressUser: secret }, 'not-linked: null');
    assertOutcome({ ...owned, addressUser: secret, addressInvite: anInvite() }, 'not-linked: null');
    assertOutcome({ ...owned, addressUser: secret, fullSession: strangerOf(aUser()) }, 'not-linked: null');
    assertOutcome({ ...owned, addressUser: secret, fullSession: secret }, 'ask');
    assertOutcome({ ...owned, addressUser: strangerOf(aUser({ email: 'PERSON@example.com' })) }, 'provision');

    const { flags } = anInvite();
    const addressInvite = anInvite({ flags: { ...flags, 'idp:provisioned': true } });
    const returned = { id: '5', memberId: null, isInvalid: false, ...secret };
    assertOutcome({ stored: returned, addressInvite }, 'not-linked: null');
    assertOutcome({ stored: returned, addressInvite, fullSession: secret }, 'ask');
    assertOutcome({ stored: { ...returned, formerEmail: 'private@example.net' }, addressInvite }, 'join');
    const invite = anInvite({ email: 'private@example.net' });
    assertOutcome({ stored: returned, purpose: 'invite', invite }, 'join');
  });
});
