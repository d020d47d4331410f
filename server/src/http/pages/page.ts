import { escapeHtml } from '../../runtime/escape-html.ts';

/** Small pages for what somebody must do in a browser: a form, sent to the API as JSON by the one script of `assets.ts`. */

export interface Field {
  readonly name: string;
  readonly label: string;
  /** A checkbox is sent as `true` when it is checked, and not at all otherwise. */
  readonly type: 'email' | 'password' | 'text' | 'checkbox';
  /** What the browser may fill in. */
  readonly autocomplete?: string;
  /** Shown only once the API has asked for it. */
  readonly isHidden?: true;
}

export interface Page {
  readonly title: string;
  readonly intro: string;
  /** The API's path that the form is sent to. */
  readonly api: string;
  readonly fields: readonly Field[];
  readonly submit: string;
  /** What the page says afterwards, unless it goes somewhere else. */
  readonly done: string;
  /** Where to go afterwards: a path of ours. */
  readonly next?: string;
  /** Sent along as they are. */
  readonly values?: Readonly<Record<string, string>>;
  /** Another way to go on. */
  readonly link?: { readonly label: string; readonly path: string };
  /** Where to go afterwards may stand behind the address's `#` as well, where the page led from holds a token. */
  readonly takesNext?: true;
  /** `<id>.<token>` stands behind the address's `#`, and is sent along. */
  readonly takesLink?: true;
}

/** Nothing is loaded but what is ours, and nobody frames it. */
export const pageSecurityPolicy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'";

export function renderPage(
  productName: string,
  { title, intro, api, fields, submit, done, next, values = {}, link, takesLink, takesNext }: Page,
): string {
  const attributes = [
    `data-api="${escapeHtml(api)}"`,
    `data-done="${escapeHtml(done)}"`,
    ...(next === undefined ? [] : [`data-next="${escapeHtml(next)}"`]),
    ...(takesLink ? ['data-takes-link'] : []),
    ...(takesNext ? ['data-takes-next'] : []),
  ];
  return renderDocument(productName, title, [
    `<p>${escapeHtml(intro)}</p>`,
    `<form ${attributes.join(' ')}>`,
    ...Object.entries(values).map(([name, value]) => `<input type="hidden" name="${name}" value="${escapeHtml(value)}">`),
    ...fields.map(renderField),
    `<button type="submit">${escapeHtml(submit)}</button>`,
    '</form>',
    ...renderLink(link),
    '<p id="status" role="status"></p>',
    '<noscript><p>This page needs JavaScript.</p></noscript>',
  ]);
}

/** A page on which there is nothing to be done. */
export function renderNotice(productName: string, { title, intro, link }: Pick<Page, 'title' | 'intro' | 'link'>): string {
  return renderDocument(productName, title, [`<p>${escapeHtml(intro)}</p>`, ...renderLink(link)]);
}

function renderDocument(productName: string, title: string, main: readonly string[]): string {
  return [
    '<!doctype html>',
    '<html lang="en">',
    `<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${escapeHtml(`${title} · ${productName}`)}</title>`,
    '<script src="/pages/theme.js"></script><link rel="stylesheet" href="/pages/tokens.css">',
    '<link rel="stylesheet" href="/pages/page.css"><link rel="icon" href="/pages/icon.svg"><script src="/pages/page.js" defer></script></head>',
    `<body><header><a href="/"><img src="/pages/icon.svg" alt="" width="24" height="24">${escapeHtml(productName)}</a></header><main>`,
    `<h1>${escapeHtml(title)}</h1>`,
    ...main,
    '</main></body>',
    '</html>',
    '',
  ].join('\n');
}

function renderLink(link: Page['link']): string[] {
  return link ? [`<p><a href="${escapeHtml(link.path)}">${escapeHtml(link.label)}</a></p>`] : [];
}

function renderField({ name, label, type, autocomplete, isHidden }: Field): string {
  if (type === 'checkbox') {
    return `<label class="choice"><input name="${name}" type="checkbox" value="true"> ${escapeHtml(label)}</label>`;
  }
  const input = `<input name="${name}" type="${type}" autocomplete="${autocomplete ?? 'off'}"${isHidden ? '' : ' required'}>`;
  return `<label data-field="${name}"${isHidden ? ' hidden' : ''}>${escapeHtml(label)} ${input}</label>`;
}
