// Calls the operator API.
import { Refusal } from './directory-file.mjs';

export const named = (externalId) => `external:${encodeURIComponent(externalId)}`;

export function operatorApi(address, token) {
  if (!URL.canParse(address))
    throw new Refusal(`ROLLCALL_URL must be an address such as https://rollcall.example.com, and not ${address}.`);
  const url = address.replace(/\/+$/, '');
  /** The status, the body as text and as JSON, and the link to the next page. */
  async function call(method, path, body = undefined) {
    const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' };
    const response = await fetch(`${url}/api/operator${path}`, { method, headers, body: JSON.stringify(body) });
    const text = await response.text();
    return { status: response.status, text, body: response.ok && text ? JSON.parse(text) : null, link: response.headers.get('Link') };
  }

  /** All pages. A failed page must not look like the end of the list, so it ends the program. */
  async function list(path) {
    const rows = [];
    for (let next = path; next !== undefined; ) {
      const { status, text, body, link } = await call('GET', next);
      if (!Array.isArray(body)) throw new Refusal(`GET ${next}: ${status} ${text}`);
      rows.push(...body);
      next = /\/api\/operator([^>]*)>; rel="next"; results="true"/.exec(link)?.[1];
    }
    return rows;
  }

  return { call, list };
}
