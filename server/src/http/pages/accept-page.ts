import { orgRoles } from '@rollcall/protocol';
import { type Request, Router } from 'express';
import { lacksSecondFactor } from '../../domain/authorize.ts';
import { readSelf } from '../../read-path/queries/identity/self.ts';
import { type FoundInvite, findInvite, readAcceptance } from '../../read-path/queries/invites/find-invite.ts';
import { countWrongLink } from '../limits/count-wrong-link.ts';
import { addressOf } from '../requests/caller-address.ts';
import type { Services } from '../services.ts';
import { formSecurityPolicy, pageSecurityPolicy, renderLinkForm, renderNotice, renderPage, renderPlainForm } from './form-page.ts';
import { readSession } from './read-session.ts';
import { sendHtml } from './send-html.ts';
import { redirect, sendPage } from './send-page.ts';
import { fieldOf, smallForm } from './small-form.ts';

/**
 * The page that links of invitations open. Its fragment is `<member>.<token>`, which its script
 * sends to `shownPath`.
 */
const linkPath = '/accept/';
/**
 * The page of one invitation. Another path, because browsers load nothing if only the fragment of
 * an address changes.
 */
const shownPath = '/accept/invitation/';

interface AcceptLink {
  readonly member: string;
  readonly token: string;
}

interface AcceptPage {
  readonly html: string;
  /** The origin of the identity provider to which a form leads. */
  readonly providerOrigin: string | null;
}

export function acceptRouter(services: Services): Router {
  const router = Router({ strict: true, caseSensitive: true });
  const linkPage = renderLinkForm(services.productName, linkForm);
  router.get(linkPath, (_request, response) => sendHtml(response, linkPage, formSecurityPolicy(null)));
  router.post(shownPath, smallForm(services), async (request, response) => {
    const [member = '', token = ''] = (fieldOf(request, 'invite') ?? '').split('.');
    const { html, providerOrigin } = await acceptPage(services, request, { member, token });
    if (providerOrigin === null) sendHtml(response, html, pageSecurityPolicy);
    else sendPage(response, html, providerOrigin);
  });
  // After a page was opened again from the history.
  router.get(shownPath, (_request, response) => redirect(response, linkPath));
  // The links of mails that earlier versions sent.
  router.get('/accept/:member/:token/', ({ params: { member, token } }, response) => redirect(response, linkOf({ member, token })));
  return router;
}

const linkForm = {
  title: 'Open your invitation',
  intro: 'You’ll see who invited you before you accept.',
  action: shownPath,
  field: 'invite',
  incomplete: 'This link is incomplete. Open the link in the email again, or copy all of it, including what follows the #.',
} as const;

function linkOf({ member, token }: AcceptLink): string {
  return `${linkPath}#${encodeURIComponent(member)}.${encodeURIComponent(token)}`;
}

/** The page of an invitation (REST contract 7.4): log in or create an account, then accept. */
async function acceptPage(services: Services, request: Request, { member, token }: AcceptLink): Promise<AcceptPage> {
  const found = await findInvite(services.db, member, token, null, new Date().toISOString());
  if (!found) {
    countWrongLink({ ipAddress: addressOf(request) }, services);
    const intro = 'It expired, was revoked or was already used. Ask the person who invited you for a new one.';
    return { html: renderNotice(services.productName, { title: 'This invitation is no longer valid', intro }), providerOrigin: null };
  }
  const providerOrigin = found.ssoProvider === null ? null : await services.loginOriginOf(found.organization.id);
  return { html: await renderInvite(services, request, found, { member, token }), providerOrigin };
}

async function renderInvite(services: Services, request: Request, found: FoundInvite, { member, token }: AcceptLink): Promise<string> {
  const { organization, invite, ssoProvider } = found;
  const title = `Join ${organization.name}`;
  const own = linkOf({ member, token });
  const home = `/organizations/${organization.slug}/`;
  const acceptApi = '/api/0/accept-invite/';
  const logIn = `/login/#${encodeURIComponent(own)}`;
  const plainForm =
    ssoProvider === null || invite.detachedUser
      ? undefined
      : {
          action: `/auth/sso/${organization.id}/start/?next=${encodeURIComponent(home)}`,
          values: { invite: `${member}.${token}` },
          submit: `Join with ${ssoProvider}`,
        };
  const caller = await readSession(request, services);
  if (caller?.actor.kind !== 'user') {
    if (invite.detachedUser) {
      const intro = `${organization.name} requires two-factor authentication. Log in to set it up.`;
      return renderNotice(services.productName, { title, intro, link: { label: 'Log in', path: logIn } });
    }
    if (plainForm && organization.requiresSso) {
      const link = { label: 'Already have an account? Log in first', path: logIn };
      return renderPlainForm(services.productName, { title, intro: describeInvitation(found), ...plainForm, link });
    }
    return renderPage(services.productName, {
      title,
      intro: `${describeInvitation(found)} Create an account with ${invite.email} to join.`,
      api: '/api/0/auth/register/',
      values: { member, token },
      fields: [
        { name: 'name', label: 'Your name', type: 'text', autocomplete: 'name' },
        { name: 'password', label: 'Password (at least 8 characters)', type: 'password', autocomplete: 'new-password' },
      ],
      submit: 'Create account and join',
      done: '',
      followUp: { api: acceptApi, next: home },
      next: own,
      plainForm,
      link: { label: 'Already have an account? Log in', path: logIn },
    });
  }
  const { userId } = caller.actor;
  const { isMember, hasSecondFactor } = await readAcceptance(services.db, organization.id, userId);
  if (isMember) {
    const link = { label: `Go to ${organization.name}`, path: home };
    return renderNotice(services.productName, { title, intro: `You’re already a member of ${organization.name}.`, link });
  }
  if (organization.require2FA && hasSecondFactor && lacksSecondFactor(caller.actor)) {
    const intro = `${organization.name} requires two-factor authentication, and your login had no code. Log in again with one.`;
    return renderNotice(services.productName, { title, intro, link: { label: 'Log in again', path: logIn } });
  }
  if (organization.require2FA && !hasSecondFactor) {
    const next =
      invite.detachedUser?.id === userId
        ? 'You get access again once you set it up.'
        : 'Set it up for your account, then open the link in the email again.';
    const intro = `${organization.name} requires two-factor authentication. ${next}`;
    const link = { label: 'Set up two-factor authentication', path: '/account/security/' };
    return renderNotice(services.productName, { title, intro, link });
  }
  const email = (await readSelf(services.db, userId))?.user.email;
  const intro = `${describeInvitation(found)} You’re logged in as ${email}.`;
  const other = { label: 'Use a different account', path: logIn };
  if (plainForm && organization.requiresSso) return renderPlainForm(services.productName, { title, intro, ...plainForm, link: other });
  return renderPage(services.productName, {
    title,
    intro,
    api: acceptApi,
    values: { member, token },
    fields: [],
    submit: 'Accept invitation',
    done: `You’re now a member of ${organization.name}.`,
    next: home,
    plainForm,
    link: other,
  });
}

/**
 * "Amara invited you to Harbor & Pine as a Member." With enhanced privacy it omits the inviter, as
 * the email does.
 */
function describeInvitation({ organization, invite }: FoundInvite): string {
  if (invite.detachedUser) return `You’ll get your access to ${organization.name} back.`;
  const inviter = organization.enhancedPrivacy ? null : invite.inviterName;
  const role = orgRoles[invite.orgRole].name;
  const article = /^[AO]/.test(role) ? 'an' : 'a';
  return `${inviter || 'An administrator'} invited you to ${organization.name} as ${article} ${role}.`;
}
