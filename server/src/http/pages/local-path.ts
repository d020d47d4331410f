/**
 * The local path that `next` names; `/` if it leads to another site, so that our links cannot be
 * used to send users there.
 */
export function localPathOf(next: string, publicUrl: string): string {
  if (!URL.canParse(next, publicUrl)) return '/';
  const url = new URL(next, publicUrl);
  // Two leading slashes would name a host.
  const path = url.pathname.replace(/^\/+/, '/');
  return url.origin === new URL(publicUrl).origin ? `${path}${url.search}${url.hash}` : '/';
}
