import { formsOf, locationOf, type Page, type PageClient } from './page-client.ts';

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
    const forms = formsOf(page);
    const formWith = (names: readonly string[]) => forms.find((one) => names.every((name) => name in one.fields));
    const form = formWith(Object.keys(fields)) ?? formWith(['SAMLResponse']);
    if (!form) throw new Error(`No form to continue at ${page.url}:\n${page.text}`);
    const isResponse = 'SAMLResponse' in form.fields;
    page = await browser.submit(page, isResponse ? form : { ...form, fields: { ...form.fields, ...fields } });
    if (isResponse) return page;
  }
  throw new Error(`The provider does not lead to ${service}: ${page.url}`);
}
