/** Whether the host of a URL is this machine. RFC 6761 gives names below `localhost` no other meaning. */
export function isLoopbackHost(hostname: string): boolean {
  return /^((.+\.)?localhost|127(\.\d{1,3}){3}|\[?::1\]?)$/i.test(hostname);
}
