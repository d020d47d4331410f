import type { MemberUser } from '@rollcall/protocol';
import type { Tx } from '../../../../database/database.ts';
import { isPlaceholder, newPlaceholder } from '../../../../database/identity/placeholder-address.ts';
import { markVerified } from '../../../../database/identity/user-emails.ts';
import { readMemberUsers } from '../../../../database/identity/users-read.ts';
import { updated } from '../../../../domain/changes.ts';
import type { KeyRing } from '../../../../runtime/secrets/key-ring.ts';
import type { Command } from '../../../../write-path/command.ts';
import { allocateId } from '../../../../write-path/load-state.ts';
import { emailTaken } from '../../../../write-path/users/create-user.ts';
import { insertUser } from '../../../../write-path/users/insert-user.ts';
import { consumeFlow, restoreFlow, type SsoFlow, saveTestResult } from '../../database/sso-flows.ts';
import { markAssertionUsed } from '../../database/used-assertions.ts';
import { decideSignOn, type Refusal, type SignOn, type SignOnFacts } from '../../domain/sign-on.ts';
import { linkingChanges, type SignOnChanges } from '../../domain/sign-on-changes.ts';
import { failedTest, type SignOnTestResult, testResult } from '../../domain/sign-on-test.ts';
import { type BrowserSession, type LoadedSignOn, type LockedSession, loadSignOn, lockSession } from './load-sign-on.ts';
import { type Browser, saveKnownLogin, saveLinkingLogin } from './save-login.ts';

export interface FinishSignOn extends Browser {
  /** The server's SECRET. */
  readonly key: KeyRing;
  readonly handleHash: string;
  /** Null if the browser has none. */
  readonly session: BrowserSession | null;
  /** Whether the user of this session has agreed that a login of another user replaces it. */
  readonly isReplacementAgreed?: boolean;
}

/** The texts of the question that the user of a full session must confirm. */
export interface LinkQuestion {
  /** The subject, and the address at the provider. */
  readonly identity: string;
  readonly account: string;
  readonly organization: string;
  readonly provider: string;
  /** Whether the user becomes a member, so that other members see the account's address. */
  readonly isJoining: boolean;
}

/** The texts of the question before a login replaces the session of another user. */
export interface ReplacementQuestion {
  /** The addresses of the two accounts. */
  readonly current: string;
  readonly next: string;
  readonly organization: string;
}

export type FinishedSignOn =
  /** The browser has a session with the new token. An earlier session of another user must end. */
  | { readonly kind: 'logged-in'; readonly how: 'known' | 'link' | 'join' | 'provision'; readonly userId: string; readonly next: string }
  | { readonly kind: 'ask'; readonly question: LinkQuestion }
  | { readonly kind: 'ask-replacement'; readonly question: ReplacementQuestion }
  | { readonly kind: 'tested'; readonly result: SignOnTestResult }
  | { readonly kind: 'refused'; readonly refusal: Refusal | { readonly reason: 'no-flow' | 'not-verified' | 'used-before' } };

interface Facts {
  readonly input: FinishSignOn;
  readonly session: LockedSession | null;
  /** Null if the flow has ended. */
  readonly flow: SsoFlow | null;
  /** Null without a verified response. */
  readonly decided: Decided | null;
}

interface Decided {
  readonly loaded: LoadedSignOn;
  readonly signOn: SignOn;
  /** Null unless the login succeeds. */
  readonly entry: Entry | 'used-before' | null;
  /** Set if the user of the browser's session must agree first. */
  readonly replacement?: ReplacementQuestion | null;
}

interface Entry {
  /** Created for this login if the person had no account. */
  readonly user: MemberUser;
  readonly memberId: string;
}

/** The decisions that open a session. */
type Entering = Exclude<SignOn, { kind: 'refused' | 'ask' }>;

/**
 * Finishes a login at an identity provider in one transaction: it consumes the flow, decides under
 * the organization's lock, links or creates the member, and opens the session (REST contract 13.7).
 * A refusal is a result, not an error, because the flow is consumed either way.
 */
export const finishSignOn: Command<FinishSignOn, Facts, FinishedSignOn> = {
  name: 'finish-sign-on',

  async load(tx, input, { orgId }) {
    const flow = await consumeFlow(tx, input.key, orgId, input.handleHash);
    const session = await lockSession(tx, input.session);
    const identity = flow?.answer && 'identity' in flow.answer ? flow.answer.identity : null;
    if (!flow || !identity) return { input, session, flow, decided: null };
    const loaded = await loadSignOn(tx, orgId, flow, identity, session);
    const signOn = decideSignOn(loaded.facts, loaded.now);
    if (flow.purpose === 'test' || signOn.kind === 'refused' || signOn.kind === 'ask') {
      return { input, session, flow, decided: { loaded, signOn, entry: null } };
    }
    const isAgreed = input.isReplacementAgreed === true && session !== null && isAskedIn(flow, session);
    const replacement = isAgreed ? null : await findReplacement(tx, session, signOn, loaded.facts);
    const entry = replacement === null ? await enter(tx, flow, loaded.facts, signOn) : null;
    return { input, session, flow, decided: { loaded, signOn, entry, replacement } };
  },

  decide(_input, { flow, decided }, { now }) {
    if (!flow?.answer) return refuse({ reason: 'no-flow' });
    if (flow.purpose === 'test') {
      const result = decided ? testResult(decided.loaded.facts.identity, decided.signOn) : failedTest(reasonOf(flow));
      const provider = decided?.loaded.facts.provider;
      const changes = result.ok && provider ? updated('auth-provider', provider, { ...provider, lastTestedAt: now }) : [];
      return { changes, result: { kind: 'tested', result } };
    }
    if (!decided) return refuse({ reason: 'not-verified' });
    const { loaded, signOn, entry, replacement } = decided;
    if (signOn.kind === 'refused') return refuse(signOn.refusal);
    if (replacement) return { changes: [], result: { kind: 'ask-replacement', question: replacement } };
    if (entry === 'used-before') return refuse({ reason: 'used-before' });
    if (signOn.kind === 'ask') {
      const { identity, organization, provider } = loaded.facts;
      const question = {
        // An identity is its subject. The provider may give the same address to several.
        identity: [...new Set([identity.subject, identity.email ?? identity.subject])].join(', '),
        account: signOn.user.email ?? '',
        organization: organization.name,
        provider: provider!.name,
        isJoining: signOn.linking.kind !== 'link',
      };
      return { changes: [], result: { kind: 'ask', question } };
    }
    const result = { kind: 'logged-in', how: signOn.kind, userId: entry!.user.id, next: flow.next } as const;
    return { ...changesOf(signOn, entry!, loaded, now), result };
  },

  async persistSideEffects(tx, { result }, { orgId }, { input, flow, session, decided }) {
    if (!flow) return;
    if (result.kind === 'tested') return saveTestResult(tx, input.key, flow, result.result);
    if (result.kind === 'ask' || result.kind === 'ask-replacement') return restoreFlow(tx, input.key, flow, session!);
    if (result.kind !== 'logged-in') return;
    const { loaded, entry } = decided!;
    const { identity, provider, stored } = loaded.facts;
    const login = { orgId, flow, sessionHours: provider!.sessionHours, userId: result.userId, identity };
    if (result.how === 'known') return saveKnownLogin(tx, input, session, login, stored!.id);
    await saveLinkingLogin(tx, input, session, login, (entry as Entry).memberId);
  },

  // Another login has just created a user with this address.
  conflicts: { users_email_key: emailTaken, user_emails_verified_key: emailTaken },
};

/** Whether this session's user was shown a question about the login. */
export function isAskedIn(flow: SsoFlow, { sessionId, userId }: LockedSession): boolean {
  return flow.session?.sessionId === sessionId && flow.session.userId === userId;
}

/**
 * The question whether the login may replace the session of another user in this browser. Any page
 * can lead a browser here, to the account of another person. Null if it replaces none.
 */
async function findReplacement(
  tx: Tx,
  session: LockedSession | null,
  signOn: Entering,
  { identity, organization }: SignOnFacts,
): Promise<ReplacementQuestion | null> {
  if (session === null || signOn.user?.id === session.userId) return null;
  const [current] = await readMemberUsers(tx, [session.userId]);
  const email = signOn.user ? signOn.user.email : signOn.kind === 'join' ? signOn.invite.email : identity.email;
  const asserted = identity.email ?? identity.subject;
  return {
    current: current!.email,
    next: email === null || isPlaceholder(email) ? asserted : email,
    organization: organization.name,
  };
}

/** Uses the assertion, and creates the user if the person has no account. */
async function enter(tx: Tx, flow: SsoFlow, { identity, isAddressUnproven }: SignOnFacts, signOn: Entering): Promise<Decided['entry']> {
  const { name, email: asserted, assertion } = identity;
  if (assertion && !(await markAssertionUsed(tx, flow, assertion))) return 'used-before';
  const memberId = await memberIdOf(tx, signOn);
  if (signOn.user) {
    // The domain of the address is owned. Otherwise, there would be no such link.
    if (signOn.kind === 'link' && isAddressUnproven) await markVerified(tx, signOn.user.id, asserted!);
    return { user: signOn.user, memberId };
  }
  if (signOn.kind === 'known' || signOn.kind === 'link') throw new Error('A known identity has a user.');
  // The user is saved before the member, which refers to it.
  const isUnknown = signOn.address === 'placeholder';
  const email = isUnknown ? newPlaceholder() : signOn.kind === 'join' ? signOn.invite.email! : signOn.email;
  const userId = await insertUser(tx, `sign-on-${signOn.address}`, {
    email,
    name: name ?? (isUnknown ? localPartOf(asserted!) : ''),
    passwordHash: null,
    isActive: true,
  });
  const [user] = await readMemberUsers(tx, [userId]);
  return { user: user!, memberId };
}

/** The member of the login. A provisioned one gets a new id. */
export async function memberIdOf(tx: Tx, signOn: Entering): Promise<string> {
  if ('member' in signOn) return signOn.member.id;
  return signOn.kind === 'join' ? signOn.invite.id : allocateId(tx);
}

/** A placeholder is no name for a person. */
function localPartOf(email: string): string {
  return email.slice(0, email.lastIndexOf('@'));
}

function changesOf(signOn: Entering, { user, memberId }: Entry, { facts, obsolete }: LoadedSignOn, now: string): SignOnChanges {
  if (signOn.kind === 'known') return { changes: [], audit: [] };
  return linkingChanges(signOn, { user, memberId, provider: facts.provider!, obsolete, now });
}

function refuse(refusal: Extract<FinishedSignOn, { kind: 'refused' }>['refusal']) {
  return { changes: [], result: { kind: 'refused', refusal } as const };
}

function reasonOf({ answer }: SsoFlow): string {
  return answer && 'refused' in answer ? answer.refused : 'The provider has not responded.';
}
