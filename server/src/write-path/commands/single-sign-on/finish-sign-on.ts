import type { MemberUser } from '@rollcall/protocol';
import type { Tx } from '../../../database/database.ts';
import { readMemberUsers } from '../../../database/identity/users-read.ts';
import { consumeFlow, restoreFlow, type SsoFlow, saveTestResult } from '../../../database/security/sso-flows.ts';
import { markAssertionUsed } from '../../../database/security/used-assertions.ts';
import { updated } from '../../../domain/changes.ts';
import type { AssertedIdentity } from '../../../domain/single-sign-on/asserted-identity.ts';
import { decideSignOn, type Refusal, type SignOn } from '../../../domain/single-sign-on/sign-on.ts';
import { joinChanges, linkChanges, provisionChanges, type SignOnChanges } from '../../../domain/single-sign-on/sign-on-changes.ts';
import { failedTest, type SignOnTestResult, testResult } from '../../../domain/single-sign-on/sign-on-test.ts';
import type { Command } from '../../command.ts';
import { allocateId } from '../../load-state.ts';
import { emailTaken, insertUser } from '../../users/create-user.ts';
import { type BrowserSession, type LoadedSignOn, type LockedSession, loadSignOn, lockSession } from './load-sign-on.ts';
import { type Browser, saveKnownLogin, saveLinkingLogin } from './save-login.ts';

export interface FinishSignOn extends Browser {
  /** The server's SECRET. */
  readonly key: string;
  readonly handleHash: string;
  /** Null if the browser has none. */
  readonly session: BrowserSession | null;
}

/** The texts of the question that the user of a full session must confirm. */
export interface LinkQuestion {
  /** The subject, and the address at the provider. */
  readonly identity: string;
  readonly account: string;
  readonly organization: string;
  readonly provider: string;
}

export type FinishedSignOn =
  /** The browser has a session with the new token. An earlier session of another user must end. */
  | { readonly kind: 'logged-in'; readonly how: 'known' | 'link' | 'join' | 'provision'; readonly userId: string; readonly next: string }
  | { readonly kind: 'ask'; readonly question: LinkQuestion }
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
    const entry =
      flow.purpose === 'test' || signOn.kind === 'refused' || signOn.kind === 'ask' ? null : await enter(tx, flow, identity, signOn);
    return { input, session, flow, decided: { loaded, signOn, entry } };
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
    const { loaded, signOn, entry } = decided;
    if (signOn.kind === 'refused') return refuse(signOn.refusal);
    if (entry === 'used-before') return refuse({ reason: 'used-before' });
    if (signOn.kind === 'ask') {
      const { identity, organization, provider } = loaded.facts;
      const question = {
        // An identity is its subject. The provider may give the same address to several.
        identity: [...new Set([identity.subject, identity.email ?? identity.subject])].join(', '),
        account: signOn.user.email ?? '',
        organization: organization.name,
        provider: provider!.name,
      };
      return { changes: [], result: { kind: 'ask', question } };
    }
    const result = { kind: 'logged-in', how: signOn.kind, userId: entry!.user.id, next: flow.next } as const;
    return { ...changesOf(signOn, entry!, loaded, now), result };
  },

  async persistSideEffects(tx, { result }, { orgId }, { input, flow, session, decided }) {
    if (!flow) return;
    if (result.kind === 'tested') return saveTestResult(tx, input.key, flow, result.result);
    if (result.kind === 'ask') return restoreFlow(tx, input.key, flow, session!);
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

/** Uses the assertion, and creates the user if the person has no account. */
async function enter(tx: Tx, flow: SsoFlow, { name, assertion }: AssertedIdentity, signOn: Entering): Promise<Decided['entry']> {
  if (assertion && !(await markAssertionUsed(tx, flow, assertion))) return 'used-before';
  const memberId = 'member' in signOn ? signOn.member.id : signOn.kind === 'join' ? signOn.invite.id : await allocateId(tx);
  if (signOn.user) return { user: signOn.user, memberId };
  if (signOn.kind === 'known' || signOn.kind === 'link') throw new Error('A known identity has a user.');
  // The user is saved before the member, which refers to it.
  const email = signOn.kind === 'join' ? signOn.invite.email! : signOn.email;
  const isVerified = signOn.isEmailVerified;
  const userId = await insertUser(tx, { email, name: name ?? '', passwordHash: null, isActive: true, isVerified });
  const [user] = await readMemberUsers(tx, [userId]);
  return { user: user!, memberId };
}

function changesOf(signOn: Entering, { user, memberId }: Entry, { facts, obsolete }: LoadedSignOn, now: string): SignOnChanges {
  switch (signOn.kind) {
    case 'known':
      return { changes: [], audit: [] };
    case 'link':
      return linkChanges(signOn.member);
    case 'join':
      return joinChanges(signOn.invite, user, obsolete);
    case 'provision':
      return provisionChanges({ id: memberId, user, provider: facts.provider!, now }, obsolete);
  }
}

function refuse(refusal: Extract<FinishedSignOn, { kind: 'refused' }>['refusal']) {
  return { changes: [], result: { kind: 'refused', refusal } as const };
}

function reasonOf({ answer }: SsoFlow): string {
  return answer && 'refused' in answer ? answer.refused : 'The provider has not responded.';
}
