import { OrgError } from '@rollcall/protocol';
import type { Caller } from '../../identity/caller.ts';
import { readSelf } from '../../read-path/queries/identity/self.ts';
import { findInvite, readAcceptance } from '../../read-path/queries/invites/find-invite.ts';
import { countWrongLink } from '../count-wrong-link.ts';
import type { Services } from '../services.ts';
import { renderNotice, renderPage } from './page.ts';

export interface AcceptLink {
  readonly member: string;
  readonly token: string;
  readonly cookie: string | undefined;
  /** Null when the connection is gone. */
  readonly ipAddress: string | null;
}

/** Where the link of an invitation leads (REST contract 7.4): to log in or make an account, then to accept. */
export async function acceptPage(services: Services, { member, token, cookie, ipAddress }: AcceptLink): Promise<string> {
  const found = await findInvite(services.db, member, token, null, new Date().toISOString());
  if (!found) {
    countWrongLink({ ipAddress }, services);
    const intro = 'It was withdrawn, used, or is older than 30 days. Whoever invited you can send another one.';
    return renderNotice(services.productName, { title: 'This invitation is not valid', intro });
  }
  const { organization, invite } = found;
  const title = `Join ${organization.name}`;
  const own = `/accept/${member}/${token}/`;
  const caller = await sessionOf(services, cookie);
  if (caller?.actor.kind !== 'user') {
    return renderPage(services.productName, {
      title,
      intro: `You are invited as ${invite.email}. Make an account to accept.`,
      api: '/api/0/auth/register/',
      values: { member, token },
      fields: [
        { name: 'name', label: 'Your name', type: 'text', autocomplete: 'name' },
        { name: 'password', label: 'Password, 8 characters or more', type: 'password', autocomplete: 'new-password' },
      ],
      submit: 'Make the account',
      done: '',
      next: own,
      link: { label: 'I have an account: log in', path: `/login/#${encodeURIComponent(own)}` },
    });
  }
  const { userId } = caller.actor;
  const { isMember, hasSecondFactor } = await readAcceptance(services.db, organization.id, userId);
  const home = `/organizations/${organization.slug}/`;
  if (isMember) {
    const link = { label: `Go to ${organization.name}`, path: home };
    return renderNotice(services.productName, { title, intro: `You are a member of ${organization.name} already.`, link });
  }
  if (organization.require2FA && !hasSecondFactor) {
    const intro = `${organization.name} requires two-factor authentication. Set it up for your account, then open this link again.`;
    return renderNotice(services.productName, { title, intro, link: { label: 'Set it up', path: '/account/security/' } });
  }
  const email = (await readSelf(services.db, userId))?.user.email;
  return renderPage(services.productName, {
    title,
    intro: `You are logged in as ${email}.`,
    api: `/api/0/accept-invite/${member}/${token}/`,
    fields: [],
    submit: 'Accept the invitation',
    done: `You are now a member of ${organization.name}.`,
    next: home,
    link: { label: 'Log in as somebody else', path: `/login/#${encodeURIComponent(own)}` },
  });
}

/** A session that ended is none: the page then asks to log in. */
async function sessionOf(services: Services, cookie: string | undefined): Promise<Caller | null> {
  const sessionToken = services.sessionCookie.read(cookie);
  if (sessionToken === null) return null;
  return services.authenticate({ authorization: undefined, sessionToken }).catch((error: unknown) => {
    if (error instanceof OrgError && error.code === 'unauthenticated') return null;
    throw error;
  });
}
