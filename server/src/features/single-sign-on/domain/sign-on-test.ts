import type { MemberRecord } from '@rollcall/protocol';
import type { AssertedIdentity } from './asserted-identity.ts';
import type { Missing, Refusal, SignOn } from './sign-on.ts';

/** The result of a test of an identity provider, for the administrator who made it. */
export interface SignOnTestResult {
  readonly ok: boolean;
  readonly subject: string | null;
  readonly email: string | null;
  readonly name: string | null;
  readonly attributes: Readonly<Record<string, readonly string[]>>;
  /** The member that a login with this identity would reach. */
  readonly wouldLinkTo: { readonly id: string; readonly email: string | null } | null;
  /** Why a login would fail, or not be linked by itself. */
  readonly problems: readonly string[];
}

export function failedTest(problem: string): SignOnTestResult {
  const sentence = `${problem.charAt(0).toUpperCase()}${problem.slice(1)}${problem.endsWith('.') ? '' : '.'}`;
  return { ok: false, subject: null, email: null, name: null, attributes: {}, wouldLinkTo: null, problems: [sentence] };
}

/**
 * The result for an identity that the provider asserted. The test succeeds if the response was
 * verified, even if a login with this identity would be refused.
 */
export function testResult({ subject, email, emailVerified, name, attributes }: AssertedIdentity, signOn: SignOn): SignOnTestResult {
  const way = signOn.kind === 'ask' ? signOn.linking : signOn;
  const member = 'member' in way ? way.member : null;
  const problems = [
    ...(email === null ? ['The provider sends no email address, so no member can be created by a login.'] : []),
    ...(email !== null && !emailVerified
      ? ['The provider does not state that the email address is verified, so no member can be created by a login.']
      : []),
    ...(name === null ? ['The provider sends no name. New members are shown by their email address.'] : []),
    ...(isOtherAddress(email, member)
      ? [`The provider sends another email address than that of the member, ${member!.email}. Check that you logged in as yourself.`]
      : []),
    ...(signOn.kind === 'refused' ? [problemOf(signOn.refusal)] : []),
  ];
  const ok = signOn.kind !== 'refused' || signOn.refusal.reason !== 'provider-changed';
  return { ok, subject, email, name, attributes, wouldLinkTo: member && { id: member.id, email: member.email }, problems };
}

/** Logins are matched by the subject, so another address is allowed. It may be another person's. */
function isOtherAddress(email: string | null, member: MemberRecord | null): boolean {
  return email !== null && member !== null && member.email !== null && email.toLowerCase() !== member.email.toLowerCase();
}

const problems: Readonly<Record<Exclude<Refusal['reason'], 'not-linked'>, string>> = {
  'provider-changed': 'The provider changed during the test. Test it again.',
  'user-disabled': 'The user of this identity is disabled.',
  'member-removed': 'The member of this identity was removed. Only an invitation or provisioning brings them back.',
  'linked-otherwise': 'Your account is linked to another identity at this provider. Log in there with that identity.',
  'session-over': 'The provider ended its session before the login.',
};

const missingFacts: Readonly<Record<Missing, string>> = {
  provisioning: 'members are not created by logins',
  email: 'the provider sends no email address',
  'verified-email': 'the email address is not verified',
  domain: 'the domain of the email address is not verified by this organization',
};

function problemOf(refusal: Refusal): string {
  if (refusal.reason !== 'not-linked') return problems[refusal.reason];
  const { missing } = refusal;
  return `No member is linked to this identity${missing === null ? '.' : `, and none would be created: ${missingFacts[missing]}.`}`;
}
