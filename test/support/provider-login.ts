import { locationOf, type Page, type PageClient } from './page-client.ts';

/** A form among others of a page. */
interface FoundForm {
  readonly action: string;
  readonly fields: Readonly<Record<string, string>>;
}

/**
 * Logs in at an identity provider whose pages have several forms and buttons, as a person without
 * JavaScript does. Returns the response of the service, or the redirect to it.
 */
export async function logInAtProvider(
  browser: PageClient,
  { url, service, fields }: { readonly url: URL; readonly service: string; readonly fields: Readonly<Record<string, string>> },
): Promise<Page> {
  let page = await browser.get(url.href);
  for (let step = 0; step < 10; step++) {
    const location = locationOf(page);
    if (location !== null) {
      if (location.startsWith(service)) return browser.get(location);
      page = await browser.get(location);
      continue;
    }
    const form = formWith(page, Object.keys(fields)) ?? formWith(page, ['SAMLResponse']);
    if (!form) throw new Error(`No form to continue at ${page.url}:\n${page.text}`);
    const isResponse = 'SAMLResponse' in form.fields;
    const target = new URL(form.action, page.url).href.replace(/#$/, '');
    const headers = { Origin: page.url.origin, 'Content-Type': 'application/x-www-form-urlencoded' };
    const body = new URLSearchParams(isResponse ? form.fields : { ...form.fields, ...fields }).toString();
    page = await browser.request('POST', target, headers, body);
    if (isResponse) return page;
  }
  throw new Error(`The provider does not lead to ${service}: ${page.url}`);
}

function formWith(page: Page, names: readonly string[]): FoundForm | null {
  for (const [, attributes = '', content = ''] of page.text.matchAll(/<form([^>]*)>(.*?)<\/form>/gs)) {
    const inputs = [...content.matchAll(/<input[^>]*>/g)].map(
      ([input]) => [attributeOf(input, 'name'), attributeOf(input, 'value')] as const,
    );
    const fields = Object.fromEntries(inputs.filter(([name]) => name !== ''));
    if (names.every((name) => name in fields)) return { action: attributeOf(attributes, 'action'), fields };
  }
  return null;
}

function attributeOf(tag: string, name: string): string {
  const [, value = ''] = new RegExp(`\\b${name}="([^"]*)"`).exec(tag) ?? [];
  return value.replaceAll('&quot;', '"').replaceAll('&#39;', "'").replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
}
