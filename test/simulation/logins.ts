import type { AuthProviderRecord, MemberRecord, MemberUser, OrgState, TeamMemberRecord } from '@rollcall/protocol';
import type { SsoBinding } from '../../server/src/domain/caller-access.ts';
import { findVerifiedDomain } from '../../server/src/domain/organizations/verified-domains.ts';
import { finishSignOn } from '../../server/src/features/single-sign-on/commands/login/finish-sign-on.ts';
import { linkIdentity } from '../../server/src/features/single-sign-on/commands/login/link-identity.ts';
import type { LoadedSignOn } from '../../server/src/features/single-sign-on/commands/login/load-sign-on.ts';
import type { SsoFlow } from '../../server/src/features/single-sign-on/database/sso-flows.ts';
import type { AssertedIdentity } from '../../server/src/features/single-sign-on/domain/asserted-identity.ts';
import { decideSignOn, type SignOn, type UserAndMember } from '../../server/src/features/single-sign-on/domain/sign-on.ts';
import { anIdentity } from '../support/builders.ts';
import type { SeededRandom } from '../support/seeds.ts';
import { type Command, contextOf, nothing, type Write } from './command.ts';
import { domainsOf } from './domains.ts';
import { whyNotProven } from './login-checks.ts';
import { createdAt, domainOf, farFuture, orgId, users } from './people.ts';
import { membersOf } from './records.ts';
import { type Rows, withIdentity } from './rows.ts';
import type { Version } from './simulated-log.ts';
import type { SimulatedViewer } from './viewer.ts';

/** Logins at the identity provider. The product decides at the end of each, by the state then. */

/** Persons without an account at the start. Some of them are also invited. */
const strangers = ['newcomer-0@example.com', 'newcomer-1@example.org', 'invited-0@example.com', 'invited-1@example.com'];
export const addresses: readonly string[] = [...users.map(({ email }) => email!), ...strangers];

/** Another provider gives the subject of one person to another person. */
export function subjectAt({ issuer }: Pick<AuthProviderRecord, 'issuer'>, address: string): string {
  const provider = Number(/\d+/.exec(issuer!)![0]);
  return `subject ${(addresses.indexOf(address) + provider) % addresses.length}`;
}

/** A login that a person has begun at the provider. */
export interface Login {
  readonly address: string;
  /** The browser with a session. Null for a person who only logs in. */
  readonly viewer: SimulatedViewer | null;
  readonly flow: SsoFlow;
  readonly identity: AssertedIdentity;
  readonly bindingEndsAt: string;
}

export class Logins {
  readonly #id: () => string;
  /** Users are not part of the organization, so a failover does not lose them here. */
  readonly #users = new Map(users.map((user) => [user.email!, user]));

  constructor(id: () => string) {
    this.#id = id;
  }

  /** @param now virtual milliseconds */
  begin({ state }: Version, viewers: readonly SimulatedViewer[], random: SeededRandom, now: number): Login {
    const browsers = viewers.filter(({ viewer }) => viewer.bindings !== null);
    const viewer = random.chance(0.75) ? random.pick(browsers) : null;
    const address = viewer ? users.find(({ id }) => id === viewer.viewer.userId)!.email! : random.pick(strangers);
    const { id, generation } = state.authProvider!;
    const identity = {
      ...anIdentity(),
      name: null,
      subject: subjectAt(state.authProvider!, address),
      email: address,
      emailVerified: random.chance(0.9),
    };
    const bindingEndsAt = random.chance(0.5) ? farFuture : new Date(now + 500 + random.int(20_000)).toISOString();
    return { address, viewer, identity, bindingEndsAt, flow: { ...flow, providerId: id, generation, answer: { identity } } };
  }

  /** @param confirm called if the user has to confirm the link */
  finish(login: Login, confirm: () => void): Command {
    return { name: 'finish-sign-on', decide: (head) => this.#finish(head, login, confirm) };
  }

  /** The user has pressed the button `Link account`. */
  link(login: Login): Command {
    return { name: 'link-identity', decide: (head) => this.#link(head, login) };
  }

  #finish(head: Version, login: Login, confirm: () => void): Write {
    const loaded = this.#load(head, login);
    const signOn = decideSignOn(loaded.facts, loaded.now);
    const entry = signOn.kind === 'refused' || signOn.kind === 'ask' ? null : this.#enter(login, signOn);
    const facts = { input: null as never, session: null, flow: login.flow, decided: { loaded, signOn, entry } };
    const { changes, result } = finishSignOn.decide(facts.input, facts, contextOf());
    if (result.kind === 'ask') return { changes, done: confirm };
    if (result.kind !== 'logged-in') return nothing;
    return entered(head, login, signOn, { changes, userId: result.userId, memberId: entry!.memberId });
  }

  #link(head: Version, login: Login): Write {
    const loaded = this.#load(head, login);
    const signOn = decideSignOn(loaded.facts, loaded.now);
    const facts = {
      input: null as never,
      session: null,
      flow: login.flow,
      loaded,
      signOn,
      memberId: this.#memberIdOf(signOn),
      isUsedBefore: false,
    };
    const { changes, result } = linkIdentity.decide(facts.input, facts, contextOf());
    if (result.kind !== 'linked' || signOn.kind !== 'ask') return nothing;
    return entered(head, login, signOn, { changes, userId: signOn.user.id, memberId: facts.memberId! });
  }

  /** Creates the user of a person without an account. */
  #enter({ address }: Login, signOn: Exclude<SignOn, { kind: 'refused' | 'ask' }>): { user: MemberUser; memberId: string } {
    const memberId = this.#memberIdOf(signOn)!;
    if (signOn.user) return { user: signOn.user, memberId };
    const user = { id: this.#id(), name: address, username: address, email: address, isActive: true, has2fa: false };
    this.#users.set(address, user);
    return { user, memberId };
  }

  #memberIdOf(signOn: SignOn): string | null {
    if (signOn.kind === 'refused') return null;
    const way = signOn.kind === 'ask' ? signOn.linking : signOn;
    return 'member' in way ? way.member.id : way.kind === 'join' ? way.invite.id : this.#id();
  }

  /** The facts that the product reads from its tables. */
  #load({ state, rows }: Version, { address, viewer, flow: { providerId, generation }, identity }: Login): LoadedSignOn {
    const row = rows.identities.get(identity.subject);
    const withMember = (user: MemberUser): UserAndMember => {
      const member = state.memberOfUser(user.id);
      return { user: member?.user ?? user, member, wasRemoved: rows.removedUserIds.has(user.id), formerEmail: user.email };
    };
    const detached = row && state.memberOfUser(row.userId) === null && row.memberId !== null ? state.member(row.memberId) : null;
    const isInvalid = detached?.flags['sso:invalid'] ?? false;
    const owner = this.#users.get(address);
    const storedUser = row && [...this.#users.values()].find(({ id }) => id === row.userId);
    const isFull = viewer !== null && viewer.viewer.boundOrgIds === null;
    const byAddress = invitesFor(state, address);
    const invites = identity.emailVerified ? byAddress : [];
    return {
      facts: {
        purpose: 'login',
        flow: { providerId, generation },
        organization: state.organization!,
        provider: state.authProvider,
        identity,
        stored: row && storedUser ? { id: '1', memberId: row.memberId, ...withMember(storedUser), isInvalid } : null,
        fullSession: isFull ? withMember(owner!) : null,
        invite: null,
        isInviteAddressTaken: false,
        addressUser: owner ? withMember(owner) : null,
        isAddressTaken: owner !== undefined,
        isAddressUnproven: false,
        wasAddressRemoved: owner !== undefined && rows.removedUserIds.has(owner.id),
        addressInvite: byAddress.find(({ detachedUser }) => !detachedUser) ?? null,
        domain: findVerifiedDomain(domainsOf(state), domainOf(address)),
      },
      obsolete: { invites, teams: teamsOf(state, invites) },
      now: createdAt,
    };
  }
}

interface Entered {
  readonly changes: Write['changes'];
  readonly userId: string;
  readonly memberId: string;
}

/** Saves the identity and the binding, as the product does. */
function entered(head: Version, login: Login, signOn: SignOn, { changes, userId, memberId }: Entered): Write {
  const { flow, identity, viewer, bindingEndsAt } = login;
  const { providerId, generation } = flow;
  const binding: SsoBinding = { providerId, generation, expiresAt: bindingEndsAt, memberId };
  const detail = whyNotProven(head, login, signOn, userId);
  return {
    changes,
    ...(signOn.kind !== 'known' && { rows: (rows: Rows) => withIdentity(rows, identity.subject, { userId, memberId }) }),
    violation: detail === null ? null : { invariant: 'logins proven', detail },
    done: () => viewer?.logIn(binding),
  };
}

function invitesFor(state: OrgState, address: string): MemberRecord[] {
  return membersOf(state).filter(({ user, pending, email }) => user === null && pending && email === address);
}

function teamsOf(state: OrgState, members: readonly MemberRecord[]): TeamMemberRecord[] {
  return members.flatMap(({ id }) => [...state.teamIdsOfMember(id)].map((teamId) => state.teamMember(teamId, id)!));
}

const flow: Omit<SsoFlow, 'providerId' | 'generation' | 'answer'> = {
  handleHash: '',
  orgId,
  purpose: 'login',
  protocol: 'oidc',
  request: { requestKey: '', nonce: '', verifier: '', forceLogin: false },
  invite: null,
  session: null,
  next: '/',
  dateCreated: createdAt,
};
