/**
 * Whether the host of a URL is this machine. By RFC 6761, that holds for names below `localhost`.
 */
export function isLoopbackHost(hostname: string): boolean {
  return /^((.+\.)?localhost|127(\.\d{1,3}){3}|\[?::1\]?)$/i.test(hostname);
}
