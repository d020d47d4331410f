import { isIP } from 'node:net';
import { type AddressRule, apiLimits, type IpAllowListRecord } from '@rollcall/protocol';
import ipaddr from 'ipaddr.js';
import { isAddressIn, type Networks, networksFrom } from './address-networks.ts';

/** The addresses and networks from which an organization may be reached. */

export type ParsedAddressRule = { readonly cidr: string } | { readonly error: string };

/**
 * Parses an address or a network, and returns its normal form. `isIP` comes first, because
 * ipaddr.js alone takes `010.0.0.1` for 8.0.0.1, and also accepts `10.1` and `0x7f.1`.
 */
export function parseAddressRule(text: string): ParsedAddressRule {
  const [, address = '', digits] = /^([^/]*)(?:\/(0|[1-9]\d{0,2}))?$/.exec(text) ?? [];
  const family = isIP(address);
  if (family === 0) return { error: 'Enter an IP address or a network, such as 203.0.113.0/24.' };
  if (address.includes('%')) return { error: 'An address with a zone id is not supported.' };
  const bits = family === 4 ? 32 : 128;
  const length = digits === undefined ? bits : Number(digits);
  if (length > bits) return { error: `The prefix length of this network is at most ${bits}.` };
  const { parsed, prefix } = unmap(ipaddr.parse(address), length);
  if (prefix === 0) return { error: 'A network with the prefix length 0 contains every address.' };
  if (prefix === (parsed.kind() === 'ipv4' ? 32 : 128)) return { cidr: parsed.toString() };
  const network = `${networkOf(parsed, prefix)}/${prefix}`;
  return network === `${parsed}/${prefix}` ? { cidr: network } : { error: `Did you mean ${network}?` };
}

type Address = ipaddr.IPv4 | ipaddr.IPv6;

/** Turns an IPv4-mapped address or network into the IPv4 one, as `addressOf` does. */
function unmap(parsed: Address, prefix: number): { readonly parsed: Address; readonly prefix: number } {
  const isMapped = parsed instanceof ipaddr.IPv6 && parsed.isIPv4MappedAddress() && prefix >= 96;
  return isMapped ? { parsed: parsed.toIPv4Address(), prefix: prefix - 96 } : { parsed, prefix };
}

function networkOf(parsed: Address, prefix: number): Address {
  const text = `${parsed}/${prefix}`;
  return parsed.kind() === 'ipv4' ? ipaddr.IPv4.networkAddressFromCIDR(text) : ipaddr.IPv6.networkAddressFromCIDR(text);
}

/**
 * The rules in their normal form, without those that repeat an earlier address or network. `errors`
 * has a text for each rule that can't be parsed, and one for too many rules.
 */
export function parseAddressRules<Rule extends { readonly cidr: string }>(
  rules: readonly Rule[],
): { readonly rules: readonly Rule[]; readonly errors: readonly string[] } {
  const parsed = new Map<string, Rule>();
  const errors: string[] = [];
  for (const rule of rules) {
    const result = parseAddressRule(rule.cidr);
    if ('error' in result) errors.push(`${rule.cidr}: ${result.error}`);
    else if (!parsed.has(result.cidr)) parsed.set(result.cidr, { ...rule, cidr: result.cidr });
  }
  if (parsed.size > apiLimits.addressRulesMax) errors.push(`A list has at most ${apiLimits.addressRulesMax} rules.`);
  return { rules: [...parsed.values()], errors };
}

/**
 * Whether a caller with this address may reach the organization. An unknown address is not allowed.
 * @param address as `addressOf` returns it
 * @param now milliseconds since 1970
 */
export function isAddressAllowed(list: IpAllowListRecord, address: string | null, now: number): boolean {
  if (!list.isEnabled) return true;
  return isAddressIn(compiledRules(list, now), address);
}

interface CompiledRules {
  /** The rules as JSON. */
  readonly text: string;
  readonly networks: Networks;
  /** When the first of the rules expires. */
  readonly until: number;
}

/**
 * Thousands of viewers are evaluated against the same record, at about 2 microseconds each for 200
 * rules.
 */
const byRecord = new WeakMap<IpAllowListRecord, CompiledRules>();

/**
 * The compiled rules by organization id, the least recently compiled first. REST reads the record
 * again for each request, and compiling 200 rules takes about a millisecond.
 */
const byOrganization = new Map<string, CompiledRules>();
/** The most lists whose compiled form is cached. A list of 200 rules takes about 100 KB. */
const organizationsMax = 200;
/**
 * The fewest rules of a list whose compiled form is cached. Fewer rules are compiled in
 * microseconds.
 */
const keptRulesMin = 10;

function compiledRules(list: IpAllowListRecord, now: number): Networks {
  const ofRecord = byRecord.get(list);
  if (ofRecord && now < ofRecord.until) return ofRecord.networks;
  const text = JSON.stringify(list.rules);
  const known = byOrganization.get(list.id);
  const current = known?.text === text && now < known.until ? known : compile(list, text, now);
  byRecord.set(list, current);
  return current.networks;
}

function compile({ id, rules }: IpAllowListRecord, text: string, now: number): CompiledRules {
  const endOf = ({ expiresAt }: AddressRule) => (expiresAt === null ? Number.POSITIVE_INFINITY : Date.parse(expiresAt));
  const valid = rules.filter((rule) => endOf(rule) > now);
  const networks = networksFrom(valid.map(({ cidr }) => cidr));
  const compiled = { text, networks, until: Math.min(...valid.map(endOf)) };
  if (rules.length < keptRulesMin) return compiled;
  byOrganization.delete(id);
  byOrganization.set(id, compiled);
  if (byOrganization.size > organizationsMax) byOrganization.delete(byOrganization.keys().next().value!);
  return compiled;
}
