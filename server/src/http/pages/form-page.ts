import { whereBrowsersAllowPasskeys } from '../../identity/passkeys/relying-party.ts';
import { escapeHtml } from '../../runtime/text/escape-html.ts';

/** Small pages with a form, which the script of `assets.ts` sends to the API as JSON. */

export interface Field {
  readonly name: string;
  readonly label: string;
  /** A checkbox is sent as `true` if it is checked, and left out otherwise. */
  readonly type: 'email' | 'password' | 'text' | 'checkbox';
  readonly autocomplete?: string;
  readonly value?: string;
  /** Shown only after the API has required it. */
  readonly isHidden?: true;
}

export interface FormPage {
  readonly title: string;
  readonly intro: string;
  /** The API path that the form is sent to. */
  readonly api: string;
  readonly fields: readonly Field[];
  readonly submit: string;
  /** Shown after success if there is no `next`. */
  readonly done: string;
  /**
   * A second API path, to which the hidden fields are sent after the first succeeded; if this one
   * succeeds too, `followUp.next` replaces `next`.
   */
  readonly followUp?: { readonly api: string; readonly next: string };
  /** The API path that begins a login with a passkey. Null where browsers refuse passkeys. */
  readonly passkeyApi?: string | null;
  /** The local path to open after success. */
  readonly next?: string;
  /** Hidden fields. */
  readonly values?: Readonly<Record<string, string>>;
  /** A second form, which the browser sends itself. */
  readonly plainForm?: Pick<PlainForm, 'action' | 'values' | 'submit'> | undefined;
  /** Shown below the form. */
  readonly link?: { readonly label: string; readonly path: string };
  /**
   * The path to open after success may also be in the URL's fragment, which keeps a token in it out
   * of logs.
   */
  readonly takesNext?: true;
  /** The URL's fragment is `<id>.<token>`, and both are sent with the form. */
  readonly takesLink?: true;
}

/** Allows only resources of this origin, and no framing. */
export const pageSecurityPolicy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'";

export function renderPage(
  productName: string,
  { title, intro, api, fields, submit, done, followUp, passkeyApi, next, values = {}, plainForm, link, takesLink, takesNext }: FormPage,
): string {
  const attributes = [
    `data-api="${escapeHtml(api)}"`,
    `data-done="${escapeHtml(done)}"`,
    ...(followUp === undefined ? [] : [`data-then-api="${escapeHtml(followUp.api)}"`, `data-then-next="${escapeHtml(followUp.next)}"`]),
    ...(next === undefined ? [] : [`data-next="${escapeHtml(next)}"`]),
    ...(takesLink ? ['data-takes-link'] : []),
    ...(takesNext ? ['data-takes-next'] : []),
  ];
  return renderDocument(productName, title, [
    `<p>${escapeHtml(intro)}</p>`,
    `<form ${attributes.join(' ')}>`,
    ...renderHidden(values),
    ...fields.map(renderField),
    `<button type="submit">${escapeHtml(submit)}</button>`,
    '</form>',
    ...(passkeyApi === undefined ? [] : [renderPasskey(passkeyApi)]),
    '<p id="status" role="status"></p>',
    ...(plainForm ? [renderForm(plainForm)] : []),
    ...renderLink(link),
    '<noscript><p>This page needs JavaScript.</p></noscript>',
  ]);
}

/** The script shows the button in browsers that know passkeys. */
function renderPasskey(api: string | null): string {
  return api === null
    ? `<p class="aside">Logins with a passkey are not offered here. ${whereBrowsersAllowPasskeys}</p>`
    : `<button type="button" class="other" data-passkey="${escapeHtml(api)}" hidden>Log in with a passkey</button>`;
}

/** A list from which one value is chosen. */
export interface Choice {
  readonly name: string;
  readonly label: string;
  readonly options: readonly { readonly value: string; readonly label: string }[];
}

/** A form that the browser sends itself, so that it works without JavaScript. */
export interface PlainForm {
  readonly title: string;
  readonly intro: string;
  /** A local path. It may have a query. */
  readonly action: string;
  /** Hidden fields. A token belongs here: logs contain the addresses of requests. */
  readonly values?: Readonly<Record<string, string>>;
  readonly fields?: readonly Field[];
  readonly choice?: Choice;
  readonly submit: string;
  readonly link?: FormPage['link'];
  /** The next page gets the fragment of this one, which may contain a token. Needs JavaScript. */
  readonly keepsFragment?: true;
}

export function renderPlainForm(productName: string, { title, intro, link, ...form }: PlainForm): string {
  return renderDocument(productName, title, [`<p>${escapeHtml(intro)}</p>`, renderForm(form), ...renderLink(link)]);
}

/** A form that sends the fragment of the page's address, which may contain a token, in its body. */
export interface LinkForm extends Pick<PlainForm, 'title' | 'intro' | 'action'> {
  /** The field of the form that gets the fragment. */
  readonly field: string;
  /** Shown if the fragment is not `<id>.<token>`. */
  readonly incomplete: string;
}

/** A page that sends its form when it is opened. */
export function renderLinkForm(productName: string, { title, intro, action, field, incomplete }: LinkForm): string {
  return renderDocument(productName, title, [
    `<p>${escapeHtml(intro)}</p>`,
    `<form method="post" action="${escapeHtml(action)}" data-sends-fragment="${field}" data-incomplete="${escapeHtml(incomplete)}" hidden>`,
    ...renderHidden({ [field]: '' }),
    '</form>',
    '<p id="status" role="status"></p>',
    '<noscript><p>This page needs JavaScript, because it reads the part of the link that follows the #.</p></noscript>',
  ]);
}

type FormOnly = Pick<PlainForm, 'action' | 'values' | 'fields' | 'choice' | 'submit' | 'keepsFragment'>;

function renderForm({ action, values = {}, fields = [], choice, submit, keepsFragment }: FormOnly): string {
  return [
    `<form method="post" action="${escapeHtml(action)}"${keepsFragment ? ' data-keeps-fragment' : ''}>`,
    ...renderHidden(values),
    ...fields.map(renderField),
    ...(choice ? [renderChoice(choice)] : []),
    `<button type="submit">${escapeHtml(submit)}</button></form>`,
  ].join('');
}

/** A host may contain a semicolon, which would begin another directive. */
const plainOrigin = /^https?:\/\/[a-z0-9.:[\]-]+$/i;

/**
 * The same as `pageSecurityPolicy`, for a form that is sent to this server. Browsers also check all
 * redirects that follow. The identity provider may redirect to a host that is not known here, for
 * example Entra ID to AD FS. So all origins with the provider's scheme are allowed.
 */
export function formSecurityPolicy(providerOrigin: string | null): string {
  const isPlain = providerOrigin !== null && plainOrigin.test(providerOrigin);
  const provider = isPlain ? ` ${providerOrigin} ${providerOrigin.slice(0, providerOrigin.indexOf(':') + 1)}` : '';
  return pageSecurityPolicy.replace("form-action 'none'", `form-action 'self'${provider}`);
}

export interface NoticePage extends Pick<FormPage, 'title' | 'intro' | 'link'> {
  /** Values to copy, such as an address. */
  readonly facts?: readonly { readonly label: string; readonly text: string }[];
}

/** A page without a form. */
export function renderNotice(productName: string, { title, intro, facts = [], link }: NoticePage): string {
  const rows = facts.map(({ label, text }) => `<p>${escapeHtml(label)}<br><code>${escapeHtml(text)}</code></p>`);
  return renderDocument(productName, title, [`<p>${escapeHtml(intro)}</p>`, ...rows, ...renderLink(link)]);
}

/** Where `sendHtml` names the user. Texts in a page are escaped, so none of them contains it. */
export const accountPlace = '<!--account-->';

function renderDocument(productName: string, title: string, main: readonly string[]): string {
  return [
    '<!doctype html>',
    '<html lang="en">',
    `<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${escapeHtml(`${title} · ${productName}`)}</title>`,
    '<script src="/pages/theme.js"></script><link rel="stylesheet" href="/pages/tokens.css">',
    '<link rel="stylesheet" href="/pages/page.css"><link rel="icon" href="/pages/icon.svg"><script src="/pages/page.js" defer></script></head>',
    `<body><header><a href="/"><img src="/pages/icon.svg" alt="" width="24" height="24">${escapeHtml(productName)}</a>${accountPlace}</header><main>`,
    `<h1>${escapeHtml(title)}</h1>`,
    ...main,
    '</main></body>',
    '</html>',
    '',
  ].join('\n');
}

function renderHidden(values: Readonly<Record<string, string>>): string[] {
  return Object.entries(values).map(([name, value]) => `<input type="hidden" name="${name}" value="${escapeHtml(value)}">`);
}

function renderLink(link: FormPage['link']): string[] {
  return link ? [`<p><a href="${escapeHtml(link.path)}">${escapeHtml(link.label)}</a></p>`] : [];
}

function renderField({ name, label, type, autocomplete, value, isHidden }: Field): string {
  if (type === 'checkbox') {
    return `<label class="choice"><input name="${name}" type="checkbox" value="true"> ${escapeHtml(label)}</label>`;
  }
  const input = `<input name="${name}" type="${type}" autocomplete="${autocomplete ?? 'off'}"${value === undefined ? '' : ` value="${escapeHtml(value)}"`}${isHidden ? '' : ' required'}>`;
  return `<label data-field="${name}"${isHidden ? ' hidden' : ''}>${escapeHtml(label)} ${input}</label>`;
}

function renderChoice({ name, label, options }: Choice): string {
  const rendered = options.map(({ value, label: text }) => `<option value="${escapeHtml(value)}">${escapeHtml(text)}</option>`);
  return `<label>${escapeHtml(label)} <select name="${name}" required>${rendered.join('')}</select></label>`;
}
