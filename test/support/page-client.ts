import assert from 'node:assert/strict';

/** A page, or the redirect to the next one. */
export interface Page {
  readonly url: URL;
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

export interface PageForm {
  readonly action: string;
  readonly method: string;
  readonly fields: Readonly<Record<string, string>>;
  readonly buttons: readonly string[];
}

/**
 * A browser without JavaScript: it keeps cookies by host and port, follows redirects on request,
 * and sends forms with the `Origin` header.
 */
export class PageClient {
  readonly #cookies = new Map<string, Map<string, string>>();

  /** The `Cookie` header for the site. */
  cookieFor(url: string): string {
    return [...(this.#cookies.get(new URL(url).host) ?? [])].map(([name, value]) => `${name}=${value}`).join('; ');
  }

  /** @param cookie `name=value`, as in a `Set-Cookie` header */
  setCookie(url: string, cookie: string): void {
    const [pair = '', ...attributes] = cookie.split(';').map((part) => part.trim());
    const [name = '', value = ''] = [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)];
    const { host } = new URL(url);
    const jar = this.#cookies.get(host) ?? new Map<string, string>();
    this.#cookies.set(host, jar);
    if (value === '' || attributes.some((one) => one.toLowerCase() === 'max-age=0')) jar.delete(name);
    else jar.set(name, value);
  }

  /** Sends one request, without following a redirect. */
  async request(method: string, url: string, headers: Readonly<Record<string, string>> = {}, body?: string): Promise<Page> {
    const cookie = this.cookieFor(url);
    const response = await fetch(url, {
      method,
      redirect: 'manual',
      headers: { Accept: 'text/html', ...(cookie === '' ? {} : { Cookie: cookie }), ...headers },
      ...(body === undefined ? {} : { body }),
    });
    for (const set of response.headers.getSetCookie()) this.setCookie(url, set);
    return { url: new URL(url), status: response.status, headers: response.headers, text: await response.text() };
  }

  get(url: string): Promise<Page> {
    return this.request('GET', url);
  }

  /** Sends the only form of the page, or this one. */
  submit(page: Page, { action, method, fields }: Omit<PageForm, 'buttons'> = formOf(page)): Promise<Page> {
    const url = new URL(action, page.url).href;
    const headers = { Origin: page.url.origin, 'Content-Type': 'application/x-www-form-urlencoded' };
    return this.request(method.toUpperCase(), url, headers, new URLSearchParams(fields).toString());
  }

  /** Follows redirects up to a page, or to a redirect whose address starts with `stopAt`. */
  async follow(page: Page, stopAt?: string): Promise<Page> {
    let current = page;
    for (let hops = 0; hops < 20; hops++) {
      const location = locationOf(current);
      if (location === null || (stopAt !== undefined && location.startsWith(stopAt))) return current;
      current = await this.get(location);
    }
    throw new Error(`Too many redirects, the last one to ${current.headers.get('location')}`);
  }
}

/** The absolute address of a redirect. Null for a page. */
export function locationOf({ url, headers }: Page): string | null {
  const location = headers.get('location');
  return location === null ? null : new URL(location, url).href;
}

/** The only form of the page, which has one button. */
export function formOf(page: Page): PageForm & { readonly button: string } {
  const forms = formsOf(page);
  assert.equal(forms.length, 1, `expected one form in:\n${page.text}`);
  const [form] = forms as [PageForm];
  assert.equal(form.buttons.length, 1);
  return { ...form, button: form.buttons[0]! };
}

export function formsOf({ text }: Page): PageForm[] {
  return [...text.matchAll(/<form([^>]*)>(.*?)<\/form>/gs)].map(([, attributes = '', content = '']) => {
    const inputs = [...content.matchAll(/<input[^>]*>/g)].map(
      ([input]) => [attributeOf(input, 'name'), attributeOf(input, 'value') ?? ''] as const,
    );
    return {
      action: attributeOf(attributes, 'action') ?? '',
      method: attributeOf(attributes, 'method') ?? 'get',
      // A browser does not send an input without a name.
      fields: Object.fromEntries(inputs.filter(([name]) => name !== null && name !== '')),
      buttons: [...content.matchAll(/<button[^>]*>([^<]*)<\/button>/g)].map(([, label]) => decode(label!)),
    };
  });
}

function attributeOf(tag: string, name: string): string | null {
  const found = new RegExp(`\\b${name}="([^"]*)"`).exec(tag);
  return found ? decode(found[1]!) : null;
}

function decode(text: string): string {
  return text.replaceAll('&quot;', '"').replaceAll('&#39;', "'").replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
}
