import type { ProvisionedOrg } from './provision.ts';
import type { Api, TestResponse, TestServer } from './server.ts';
import { WireReplica } from './wire-replica.ts';

/** Callers of an organization from several addresses. The servers trust the tests as a proxy. */
export const trustTests = { TRUSTED_PROXIES: '127.0.0.1' } as const;

export const inside = '203.0.113.9';
export const outside = '198.51.100.7';

/** The header in which a trusted proxy reports the address of its client. */
export const from = (address: string) => ({ 'X-Forwarded-For': address });

export interface ListCall {
  readonly cookie: string;
  readonly address?: string;
  readonly ifMatch?: string;
}

type GivenRule = string | { readonly cidr: string; readonly description?: string; readonly expiresAt?: string | null };

export interface GivenList {
  readonly isEnabled?: boolean;
  readonly rules?: readonly GivenRule[];
}

export const bodyOf = ({ rules, ...body }: GivenList) => ({
  ...body,
  ...(rules && { rules: rules.map((rule) => (typeof rule === 'string' ? { cidr: rule } : rule)) }),
});

const listPath = (slug: string) => `/api/0/organizations/${slug}/ip-allow-list/`;

export function putList(
  server: Api,
  org: ProvisionedOrg,
  list: GivenList,
  { cookie, address = inside, ifMatch }: ListCall,
): Promise<TestResponse> {
  const headers = { ...from(address), ...(ifMatch === undefined ? {} : { 'If-Match': ifMatch }) };
  return server.request('PUT', listPath(org.slug), { cookie, headers, body: bodyOf(list) });
}

export function previewList(
  server: Api,
  org: ProvisionedOrg,
  list: GivenList,
  { cookie, address = inside }: ListCall,
): Promise<TestResponse> {
  return server.request('POST', `${listPath(org.slug)}preview/`, { cookie, headers: from(address), body: bodyOf(list) });
}

export function readList(server: Api, org: ProvisionedOrg, { cookie, address = inside }: ListCall): Promise<TestResponse> {
  return server.request('GET', listPath(org.slug), { cookie, headers: from(address) });
}

/** A connection of a session from an address. */
export function connectFrom(server: Pick<TestServer, 'url'>, cookie: string, address: string): Promise<WireReplica> {
  return WireReplica.connect(server.url, { cookie, headers: from(address) });
}

/** A complete replica of a session from an address. */
export function openFrom(server: Pick<TestServer, 'url'>, cookie: string, address: string, org: ProvisionedOrg): Promise<WireReplica> {
  return WireReplica.open(server.url, { cookie, headers: from(address) }, org.slug);
}
