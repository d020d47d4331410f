import { ConfigError } from './config-error.ts';
import { isLoopbackHost } from './loopback.ts';

/** The addresses with which a server listens on all addresses, as in a container. */
export const wildcards: ReadonlySet<string> = new Set(['0.0.0.0', '::']);

export interface PublicUrlSettings {
  /** Undefined if the address is derived from the host. */
  readonly publicUrl: string | undefined;
  readonly host: string;
  readonly isProduction: boolean;
  readonly allowsInsecure: boolean;
}

/**
 * The public URL. Without TLS, passwords and sessions can be read on the way, and the session's
 * cookie is not bound to its host.
 * @throws ConfigError in production if the address of this server has no TLS and is not loopback
 */
export function readPublicUrl({ publicUrl, host, isProduction, allowsInsecure }: PublicUrlSettings): string | null {
  if (!isProduction || allowsInsecure) return publicUrl ?? null;
  const remedy =
    'Set PUBLIC_URL to an https address, with TLS in front of the server. To serve it without TLS anyway, set ALLOW_INSECURE=true';
  if (publicUrl === undefined) {
    // Behind all addresses of a container is a balancer, whose address is unknown.
    if (isLoopbackHost(host) || wildcards.has(host)) return null;
    throw new ConfigError(`HOST is ${host} and PUBLIC_URL is not set, so clients would use this server without TLS. ${remedy}`);
  }
  if (isPlain(publicUrl)) throw new ConfigError(`PUBLIC_URL is ${publicUrl}, so clients would use this server without TLS. ${remedy}`);
  return publicUrl;
}

/** Whether this address of the server can be used from other machines, without TLS. */
export function isPlain(publicUrl: string): boolean {
  const { protocol, hostname } = new URL(publicUrl);
  return protocol === 'http:' && !isLoopbackHost(hostname);
}
