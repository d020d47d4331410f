import type { Missing, Refusal } from '../domain/sign-on.ts';

/** The texts of the pages on which a login by single sign-on ends without a session. */

export interface NoticeText {
  readonly status: 400 | 403 | 429 | 503;
  readonly title: string;
  readonly intro: string;
}

export type PageRefusal =
  | Refusal
  | {
      readonly reason:
        | 'no-flow'
        | 'not-verified'
        | 'ended-by-provider'
        | 'used-before'
        | 'no-provider'
        | 'too-many'
        | 'busy'
        | 'unreachable'
        | 'forged';
    };

const title = 'You can’t log in';

/** The same text for every response that is not accepted, so that it helps no one to forge one. */
const notAccepted =
  'The response of your identity provider was not accepted. Start again, with a second factor there if your organization requires one. If it fails again, ask an owner of the organization.';

const texts: Readonly<Record<Exclude<PageRefusal['reason'], 'not-linked'>, Omit<NoticeText, 'title'>>> = {
  'no-flow': {
    status: 400,
    intro: 'This login has expired, was already used, or began in another browser. Start again from the login page of your organization.',
  },
  'not-verified': { status: 400, intro: notAccepted },
  'ended-by-provider': {
    status: 403,
    intro:
      'Your identity provider ended the login, for example because you canceled it. Start again. If it fails again, ask an owner of the organization.',
  },
  'used-before': { status: 400, intro: notAccepted },
  'session-over': { status: 400, intro: notAccepted },
  'no-provider': {
    status: 403,
    intro: 'This organization doesn’t use single sign-on at the moment. Log in with your password, or ask an owner of the organization.',
  },
  'provider-changed': {
    status: 403,
    intro: 'The single sign-on of this organization changed during your login. Start again, or ask an owner of the organization.',
  },
  'user-disabled': { status: 403, intro: 'Your account is disabled. Ask an owner of the organization.' },
  'member-removed': {
    status: 403,
    intro: 'You are no longer a member of this organization. Ask an owner to invite you again.',
  },
  'linked-otherwise': {
    status: 403,
    intro: 'Your account is linked to another identity at this provider. Log in there with that identity, or ask an owner to unlink it.',
  },
  'too-many': {
    status: 429,
    intro: 'Too many logins from your network are in progress, or have failed. Try again in a few minutes.',
  },
  busy: { status: 503, intro: 'Too many people are logging in at the moment. Try again in a minute.' },
  unreachable: {
    status: 503,
    intro: 'The identity provider of your organization can’t be reached. Try again in a minute. If it fails again, ask an owner.',
  },
  forged: { status: 403, intro: 'This request did not come from a page of this server. Start again from the login page.' },
};

const missingTexts: Readonly<Record<Missing, string>> = {
  provisioning: 'this organization adds members by invitation only',
  email: 'the provider didn’t send your email address',
  'verified-email': 'the provider didn’t confirm that your email address is verified',
  domain: 'the domain of your email address isn’t one of this organization’s verified domains',
};

/** The text doesn't depend on whether an account has the address. */
function notLinked(missing: Missing | null): string {
  const own = 'This login isn’t linked to an account. If you have one, log in with your password once. You can link the account then.';
  const other = missing === null ? '' : ` A new account can’t be created, because ${missingTexts[missing]}.`;
  return `${own}${other} Otherwise ask an owner of the organization to invite you.`;
}

export function noticeOf(refusal: PageRefusal): NoticeText {
  if (refusal.reason === 'not-linked') return { status: 403, title, intro: notLinked(refusal.missing) };
  return { title, ...texts[refusal.reason] };
}
