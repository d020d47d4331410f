import type { OrgRecord } from '@rollcall/protocol';
import { slugErrors, slugLengthMax } from '../domain/slugs.ts';

/** Checks of values that the schemas of records leave open, since the server itself writes them. */

/** RFC 5321 allows no longer address. */
const addressLengthMax = 254;
/** Whether mail can be sent to it is known only then. It must not be several, or a header. */
const addressPattern = /^[^\s@<>,;:"]+@[^\s@<>,;:"]+$/;

/** The first value of a record that can't be stored or used, with the reason. Null without one. */
export function valueProblem(kind: string, { dateCreated, slug, email, user }: OrgRecord): string | null {
  if (typeof dateCreated === 'string' && !isTime(dateCreated)) return 'dateCreated: there is no such time';
  // The slug of the organization is checked with those that are taken.
  if (kind !== 'organization' && typeof slug === 'string' && !isSlug(slug)) return 'slug: it is not a valid slug';
  const addresses = [email, (user as OrgRecord | null | undefined)?.email];
  return addresses.every((address) => typeof address !== 'string' || isAddress(address)) ? null : 'email: it is not a valid address';
}

/** JavaScript continues a 31 February in March. PostgreSQL has no year 0. */
function isTime(text: string): boolean {
  const ms = Date.parse(text);
  return !Number.isNaN(ms) && !text.startsWith('0000') && new Date(ms).toISOString().slice(0, 19) === text.slice(0, 19);
}

function isSlug(slug: string): boolean {
  return slug.length <= slugLengthMax && Object.keys(slugErrors(slug)).length === 0;
}

function isAddress(address: string): boolean {
  return address.length <= addressLengthMax && addressPattern.test(address);
}
