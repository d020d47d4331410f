import { createPrivateKey, type KeyObject, sign } from 'node:crypto';
import { promisify } from 'node:util';
import { ExpiringMap } from '../../../runtime/collections/expiring-map.ts';
import { Semaphore } from '../../../runtime/limits/semaphore.ts';
import type { ConfiguredProvider } from '../database/auth-provider-configs.ts';
import type { LoginRequest } from '../flows/protocols.ts';
import { signOnLimits } from '../limits.ts';
import { busy } from './verification/verification-pool.ts';
import { samlConfigOf, spKeyOf } from './verify-saml-response.ts';

/** Signs in a thread of libuv's pool, because a signature takes several milliseconds. */
const signInPool = promisify(sign);

/** The `SigAlg` of RSA with SHA-256 (RFC 9231, section 2.3.2). */
const rsaSha256 = 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256';

/** Makes the addresses of logins at SAML providers. */
export class SamlRequests {
  /**
   * One at a time, so that the other threads of the pool remain for password hashes and files.
   * Networks take turns, so that a few of them don't refuse the logins of the others.
   */
  readonly #signatures: Semaphore;
  /** The private keys by PEM. To read a key takes half as long as to sign with it. */
  readonly #keys = new ExpiringMap<KeyObject>();

  constructor(limits: { readonly waitingMax: number } = { waitingMax: signOnLimits.samlRequestsWaiting.value }) {
    const inTotal = { waitingMax: limits.waitingMax, refusal: busy };
    this.#signatures = new Semaphore({ concurrentMax: 1, inTotal, perKey: [inTotal] });
  }

  /**
   * The URL at the provider with a signed AuthnRequest, by the redirect binding.
   * @param network the caller's network
   * @throws OrgError `unavailable` if too many requests wait to be signed
   */
  async urlOf(
    provider: ConfiguredProvider,
    { requestKey, forceLogin }: Pick<LoginRequest, 'requestKey' | 'forceLogin'>,
    { acsUrl, entityId }: { acsUrl: string; entityId: string },
    network: string,
  ): Promise<URL> {
    const { sso_url, x509certs, authn_contexts } = samlConfigOf(provider);
    // Imported when it is needed, because the library would add 65 ms and 15 MB to each start.
    const { SAML } = await import('@node-saml/node-saml');
    // Without a private key, the library doesn't sign. It would do so on the event loop.
    const library = new SAML({
      entryPoint: sso_url,
      callbackUrl: acsUrl,
      issuer: entityId,
      idpCert: [...x509certs],
      forceAuthn: forceLogin,
      identifierFormat: null,
      ...(authn_contexts ? { authnContext: [...authn_contexts], racComparison: 'exact' as const } : { disableRequestedAuthnContext: true }),
      generateUniqueId: () => requestKey,
    });
    return this.#signed(new URL(await library.getAuthorizeUrlAsync('', undefined, {})), this.#keyOf(spKeyOf(provider)), network);
  }

  /** Signs the parameters of the redirect binding (SAML bindings, section 3.4.4.1). */
  async #signed(url: URL, key: KeyObject, network: string): Promise<URL> {
    const signed = new URLSearchParams({ SAMLRequest: url.searchParams.get('SAMLRequest')!, SigAlg: rsaSha256 });
    const signInTurn = () => signInPool('sha256', Buffer.from(signed.toString()), key);
    const signature = await this.#signatures.run(signInTurn, { keys: [network] });
    url.searchParams.set('SigAlg', rsaSha256);
    url.searchParams.set('Signature', signature.toString('base64'));
    return url;
  }

  #keyOf(pem: string): KeyObject {
    const key = this.#keys.get(pem) ?? createPrivateKey(pem);
    this.#keys.set(pem, key, keyMs);
    return key;
  }
}

/** Logins of an organization come in groups. */
const keyMs = 60_000;
