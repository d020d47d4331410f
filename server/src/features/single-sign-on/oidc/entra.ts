/**
 * Hosts of the issuers of Microsoft Entra ID. The first three are listed in
 * https://learn.microsoft.com/entra/identity-platform/authentication-national-cloud. The others are
 * their aliases in Microsoft's instance discovery
 * (https://login.microsoftonline.com/common/discovery/instance), and the issuers of v1.0 tokens:
 * sts.windows.net, and sts.chinacloudapi.cn in China.
 */
const hosts: ReadonlySet<string> = new Set([
  'login.microsoftonline.com',
  'login.microsoftonline.us',
  'login.partner.microsoftonline.cn',
  'login.windows.net',
  'login.microsoft.com',
  'login.usgovcloudapi.net',
  'login.chinacloudapi.cn',
  'sts.windows.net',
  'sts.chinacloudapi.cn',
]);

/**
 * Tenants of Entra External ID have hosts of their own. Their issuer is
 * `https://<tenant id>.ciamlogin.com/<tenant id>/v2.0`
 * (https://learn.microsoft.com/entra/identity-platform/security-tokens#token-endpoints-and-issuers).
 */
const externalIdSuffix = '.ciamlogin.com';

/** Names that stand for many tenants, whose tokens have different issuers. */
const sharedTenants: ReadonlySet<string> = new Set(['common', 'organizations', 'consumers']);

/** The id of the tenant in an issuer of Microsoft Entra. Null for other providers. */
export function entraTenantOf(issuer: string): string | null {
  const { hostname, pathname } = new URL(issuer);
  return hosts.has(hostname) || hostname.endsWith(externalIdSuffix) ? (pathname.split('/')[1] ?? '') : null;
}

/** Whether many tenants share an issuer of Microsoft Entra. */
export function isSharedIssuer(issuer: string): boolean {
  return sharedTenants.has(entraTenantOf(issuer)?.toLowerCase() ?? '');
}
