import { apiLimits, eventChoices, type IpAllowListRecord, type OrgRecord, type WebhookRecord } from '@rollcall/protocol';
import { parseAddressRules } from '../../../domain/address-rules.ts';
import { slugErrors } from '../../../domain/slugs.ts';
import { addressLengthMax, parseDomainName } from '../../../runtime/text/domain-name.ts';

/** Checks of values that the schemas of records leave open, since the server itself writes them. */

/**
 * A text with several addresses or a header is refused. Only a mail can prove that the address
 * exists.
 */
const addressPattern = /^[^\s@<>,;:"]+@[^\s@<>,;:"]+$/;

/** The first value of a record that can't be stored or used, with the reason. Null without one. */
export function valueProblem(kind: string, record: OrgRecord): string | null {
  const { dateCreated, slug, email, user } = record;
  if (typeof dateCreated === 'string' && !isTime(dateCreated)) return 'dateCreated: there is no such time';
  // The slug of the organization is checked with those that are taken.
  if (kind !== 'organization' && typeof slug === 'string' && !isSlug(slug)) return 'slug: it is not a valid slug';
  if (kind === 'ip-allow-list') return addressRuleProblem(record as unknown as IpAllowListRecord);
  if (kind === 'webhook') return webhookProblem(record as unknown as WebhookRecord);
  if (kind === 'verified-domain')
    return parseDomainName(String(record.domain)) === record.domain ? null : 'domain: it is not a domain name';
  const addresses = [email, (user as OrgRecord | null | undefined)?.email];
  return addresses.every((address) => typeof address !== 'string' || isAddress(address)) ? null : 'email: it is not a valid address';
}

function addressRuleProblem({ rules }: IpAllowListRecord): string | null {
  const [error] = parseAddressRules(rules).errors;
  if (error !== undefined) return `rules: ${error}`;
  const isUsable = rules.every(
    ({ description, expiresAt }) => description.length <= apiLimits.addressRuleTextMax && (expiresAt === null || isTime(expiresAt)),
  );
  return isUsable ? null : 'rules: a description is too long, or there is no such time';
}

/** Does not check whether the server may call the URL, because each delivery checks that. */
function webhookProblem({ url, description, eventTypes }: WebhookRecord): string | null {
  const protocol = URL.canParse(url) ? new URL(url).protocol : null;
  if (url.length > apiLimits.webhookUrlMax || (protocol !== 'https:' && protocol !== 'http:')) return 'url: it is not a URL of a receiver';
  if (description.length > apiLimits.webhookTextMax) return `description: it has more than ${apiLimits.webhookTextMax} characters`;
  return eventTypes.every((type) => eventChoices.has(type)) ? null : 'eventTypes: there is no such event';
}

/** JavaScript reads 31 February as a day in March. PostgreSQL has no year 0. */
function isTime(text: string): boolean {
  const ms = Date.parse(text);
  return !Number.isNaN(ms) && !text.startsWith('0000') && new Date(ms).toISOString().slice(0, 19) === text.slice(0, 19);
}

function isSlug(slug: string): boolean {
  return slug.length <= apiLimits.slugLengthMax && Object.keys(slugErrors(slug)).length === 0;
}

function isAddress(address: string): boolean {
  return address.length <= addressLengthMax && addressPattern.test(address);
}
