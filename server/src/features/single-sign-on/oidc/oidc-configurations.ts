import { createHash } from 'node:crypto';
import type { OidcConfig } from '@rollcall/protocol';
import {
  allowInsecureRequests,
  ClientSecretBasic,
  ClientSecretPost,
  Configuration,
  clockTolerance,
  customFetch,
  discovery,
  enableNonRepudiationChecks,
  type ServerMetadata,
} from 'openid-client';
import type { Outbound } from '../../../outbound/outbound.ts';
import { outboundFetch } from '../../../outbound/outbound-fetch.ts';
import { outboundLimits } from '../../../runtime/limits/rows/outbound.ts';
import { type ConfiguredProvider, providerSecrets } from '../database/auth-provider-configs.ts';

/** Signatures of ID tokens. Never `none`, and never an HMAC with the client secret. */
const signingAlgorithms: readonly string[] = ['RS256', 'PS256', 'ES256', 'EdDSA'];

/** Providers announce a change of their endpoints days before. */
const keptMs = 60 * 60 * 1_000;
/** Protects a provider that is down from a request for each view of a login page. */
const failureKeptMs = 10_000;
const keptMax = 500;
const clockToleranceSeconds = 60;

interface Kept {
  readonly configuration: Promise<Configuration>;
  /** A digest of the settings that the configuration depends on. */
  readonly settings: string;
  readonly until: number;
}

/**
 * The endpoints and keys of OpenID Connect providers, as they describe themselves. A configuration
 * is kept for an hour, and the library refreshes the keys in it.
 */
export class OidcConfigurations {
  readonly #outbound: Outbound;
  /**
   * One configuration per organization, so that changes of its settings remove none of another
   * organization. The oldest comes first.
   */
  readonly #kept = new Map<string, Kept>();

  constructor(outbound: Outbound) {
    this.#outbound = outbound;
  }

  /** @throws if the provider can't be reached, or describes itself wrongly */
  async read(issuer: string, provider: ConfiguredProvider): Promise<Configuration> {
    const { orgId } = provider;
    const settings = digestOf(issuer, provider);
    const kept = this.#kept.get(orgId);
    if (kept?.settings === settings && kept.until > Date.now()) return kept.configuration;
    const configuration = this.#discover(issuer, provider);
    const keep = (ms: number) => this.#keep(orgId, { configuration, settings, until: Date.now() + ms });
    keep(keptMs);
    configuration.catch(() => {
      if (this.#kept.get(orgId)?.configuration === configuration) keep(failureKeptMs);
    });
    return configuration;
  }

  #keep(orgId: string, kept: Kept): void {
    this.#kept.delete(orgId);
    this.#kept.set(orgId, kept);
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= keptMax) return;
      this.#kept.delete(oldest);
    }
  }

  async #discover(issuer: string, provider: ConfiguredProvider): Promise<Configuration> {
    const config = oidcConfigOf(provider);
    const secret = provider.secrets.get(providerSecrets.clientSecret);
    if (secret === undefined) throw new Error('The provider has no client secret.');
    const authentication = config.auth_method === 'client_secret_basic' ? ClientSecretBasic(secret) : ClientSecretPost(secret);
    const owner = { caller: provider.orgId, purpose: 'login' } as const;
    const fetch = outboundFetch(this.#outbound, owner, outboundLimits.bodyBytes.value);
    const hosts = {
      [customFetch]: fetch as never,
      // The client for foreign servers refuses http, unless the operator allows the destination.
      execute: issuer.startsWith('http:') ? [allowInsecureRequests] : [],
    };
    const discovered = await discovery(new URL(issuer), config.client_id, {}, authentication, hosts);
    const { supportsPKCE: _method, ...found } = discovered.serverMetadata();
    if (found.issuer !== issuer)
      throw new Error(`The provider describes itself as the issuer ${found.issuer}, which has to be entered exactly like this.`);
    const announced = found.id_token_signing_alg_values_supported ?? ['RS256'];
    const accepted = announced.filter((algorithm) => signingAlgorithms.includes(algorithm));
    if (accepted.length === 0) throw new Error('The provider supports no accepted signature algorithm.');
    const metadata: ServerMetadata = { ...found, id_token_signing_alg_values_supported: accepted };
    const configuration = new Configuration(metadata, config.client_id, { [clockTolerance]: clockToleranceSeconds }, authentication);
    configuration[customFetch] = fetch as never;
    for (const one of hosts.execute) one(configuration);
    // Makes the library check the signature of the ID token. By default it trusts a token that came
    // by TLS.
    enableNonRepudiationChecks(configuration);
    return configuration;
  }
}

export function oidcConfigOf({ config }: ConfiguredProvider): OidcConfig {
  if (config.protocol !== 'oidc') throw new Error('The provider does not use OpenID Connect.');
  return config;
}

function digestOf(issuer: string, { config, secrets }: ConfiguredProvider): string {
  return createHash('sha256')
    .update(JSON.stringify([issuer, config, secrets.get(providerSecrets.clientSecret)]))
    .digest('hex');
}
