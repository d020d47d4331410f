import type { Command } from '../../../../write-path/command.ts';
import { consumeFlow, type SsoFlow } from '../../database/sso-flows.ts';
import { markAssertionUsed } from '../../database/used-assertions.ts';
import { decideSignOn, type Refusal, type SignOn } from '../../domain/sign-on.ts';
import { linkingChanges } from '../../domain/sign-on-changes.ts';
import { type FinishSignOn, isAskedIn, memberIdOf } from './finish-sign-on.ts';
import { type LoadedSignOn, type LockedSession, loadSignOn, lockSession } from './load-sign-on.ts';
import { saveLinkingLogin } from './save-login.ts';

export type LinkedIdentity =
  | { readonly kind: 'linked'; readonly next: string }
  | { readonly kind: 'refused'; readonly refusal: Refusal | { readonly reason: 'no-flow' | 'used-before' } };

interface Facts {
  readonly input: FinishSignOn;
  readonly session: LockedSession | null;
  /** Null if the flow has ended, or if it belongs to another session or user. */
  readonly flow: SsoFlow | null;
  readonly loaded: LoadedSignOn | null;
  readonly signOn: SignOn | null;
  /** Null unless the identity becomes linked. */
  readonly memberId: string | null;
  readonly isUsedBefore: boolean;
}

/**
 * Links the identity of a finished login to the account that the browser is logged in to, after its
 * user has agreed. With an invitation, the user becomes a member. The flow is the proof: it
 * contains the provider and the subject, belongs to the session of the user who was shown the
 * question, and is consumed.
 */
export const linkIdentity: Command<FinishSignOn, Facts, LinkedIdentity> = {
  name: 'link-identity',

  async load(tx, input, { orgId }) {
    const found = await consumeFlow(tx, input.key, orgId, input.handleHash);
    const session = await lockSession(tx, input.session);
    const isAsked = session !== null && found !== null && isAskedIn(found, session);
    const identity = found?.answer && 'identity' in found.answer ? found.answer.identity : null;
    const none = { input, session, flow: null, loaded: null, signOn: null, memberId: null, isUsedBefore: false };
    if (!isAsked || !identity || found.purpose === 'test') return none;
    const loaded = await loadSignOn(tx, orgId, found, identity, session);
    const signOn = decideSignOn(loaded.facts, loaded.now);
    const { assertion } = identity;
    const isUsedBefore = signOn.kind === 'ask' && assertion !== null && !(await markAssertionUsed(tx, found, assertion));
    const memberId = signOn.kind === 'ask' ? await memberIdOf(tx, signOn.linking) : null;
    return { input, session, flow: found, loaded, signOn, memberId, isUsedBefore };
  },

  decide(_input, { flow, loaded, signOn, memberId, isUsedBefore }, { now }) {
    const refuse = (refusal: Extract<LinkedIdentity, { kind: 'refused' }>['refusal']) => ({
      changes: [],
      result: { kind: 'refused', refusal } as const,
    });
    if (!flow || !signOn) return refuse({ reason: 'no-flow' });
    if (signOn.kind === 'refused') return refuse(signOn.refusal);
    // The identity was linked after the question was shown.
    if (signOn.kind !== 'ask') return refuse({ reason: 'no-flow' });
    if (isUsedBefore) return refuse({ reason: 'used-before' });
    const { user, linking } = signOn;
    const { facts, obsolete } = loaded!;
    const changes = linkingChanges(linking, { user, memberId: memberId!, provider: facts.provider!, obsolete, now });
    return { ...changes, result: { kind: 'linked', next: flow.next } };
  },

  async persistSideEffects(tx, { result }, { orgId }, { input, flow, session, loaded, signOn, memberId }) {
    if (result.kind !== 'linked' || signOn?.kind !== 'ask') return;
    const { user } = signOn;
    const { identity, provider } = loaded!.facts;
    const login = { orgId, flow: flow!, sessionHours: provider!.sessionHours, userId: user.id, identity };
    await saveLinkingLogin(tx, input, session, login, memberId!);
  },
};
