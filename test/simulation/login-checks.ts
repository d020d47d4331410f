import type { MemberRecord, OrgState } from '@rollcall/protocol';
import type { Viewer } from '../../server/src/domain/evaluate-access.ts';
import type { SignOn } from '../../server/src/features/single-sign-on/domain/sign-on.ts';
import type { Login } from './logins.ts';
import { domainOf, orgId, users } from './people.ts';
import type { Rows } from './rows.ts';
import type { Version } from './simulated-log.ts';

/**
 * The rules about access by single sign-on, stated again without the product's code. If the product
 * lacks a safeguard, the rules here still have it.
 */

/** Why a login must not lead to this session (REST contract 13.7). Null if it may. */
export function whyNotProven({ state, rows }: Version, { address, flow, identity }: Login, signOn: SignOn, userId: string): string | null {
  const provider = state.authProvider!;
  const member = state.memberOfUser(userId);
  const own = users.find(({ email }) => email === address);
  if (provider.status !== 'active') return `${address} logs in although the provider is not active`;
  if (provider.generation !== flow.generation) return `${address} logs in at generation ${flow.generation}, not ${provider.generation}`;
  if (own && own.id !== userId) return `${address} gets a session of user ${userId}`;
  if (member?.user?.isActive === false) return `${address} logs in although the user is disabled`;
  const domain = provenDomain(state, rows, address);
  if (signOn.kind === 'known') return member && isLinked(member) ? null : `${address} logs in without a linked identity`;
  if (signOn.kind !== 'provision' && signOn.kind !== 'join') return null;
  if (rows.removedUserIds.has(userId) && signOn.kind === 'provision') return `${address} becomes a member again by a login`;
  if (signOn.kind === 'join' && signOn.invite.flags['idp:provisioned']) return null;
  if (provider.jit !== 'domains') return `${address} becomes a member although logins create none`;
  return identity.emailVerified && domain ? null : `${address} becomes a member without a verified domain`;
}

function provenDomain(state: OrgState, { domains }: Rows, address: string): boolean {
  return [...state.recordsOf('verified-domain').values()].some(
    ({ id, domain }) => domain === domainOf(address) && domains.get(id)!.isProven,
  );
}

/**
 * Whether a viewer must have no access, regardless of their role (REST contract 12.1 and 13.1).
 * Other checks cover bindings that expire.
 */
export function isBarred({ state, rows }: Version, { userId, bindings, boundOrgIds }: Viewer): boolean {
  if (userId === null) return false;
  if (rows.barredUserIds.has(userId)) return true;
  const { organization, authProvider } = state;
  if (bindings === null || (!organization!.requiresSso && boundOrgIds === null)) return false;
  const member = state.memberOfUser(userId);
  const binding = bindings.get(orgId);
  if (!member || !isLinked(member) || binding?.memberId !== member.id) return true;
  return authProvider!.status !== 'active' || binding.generation !== authProvider!.generation;
}

function isLinked({ flags }: MemberRecord): boolean {
  return flags['sso:linked'] && !flags['sso:invalid'];
}
