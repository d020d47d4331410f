import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import Provider, { type Configuration } from 'oidc-provider';

/** The person who is logged in at the provider. */
export interface OidcPerson {
  readonly sub: string;
  readonly claims: Readonly<Record<string, unknown>>;
}

export interface OidcClient {
  readonly id: string;
  readonly secret: string;
  readonly redirectUris: readonly string[];
}

/**
 * A certified OpenID Connect provider on the loopback interface. It logs the current person in
 * without a page.
 */
export class TestOidcProvider {
  person: OidcPerson = { sub: 'person', claims: {} };
  /** The number of times that the person had to log in. */
  logins = 0;
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(): Promise<TestOidcProvider> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new TestOidcProvider(server);
  }

  get issuer(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Starts to serve the client. Its redirect URIs contain ids that are not known before. */
  serve({ id, secret, redirectUris }: OidcClient): void {
    const configuration: Configuration = {
      clients: [
        { client_id: id, client_secret: secret, redirect_uris: [...redirectUris], token_endpoint_auth_method: 'client_secret_post' },
      ],
      claims: { openid: ['sub', 'hd'], email: ['email', 'email_verified'], profile: ['name'] },
      conformIdTokenClaims: false,
      cookies: { keys: ['a key for the cookies of tests'] },
      features: { devInteractions: { enabled: false } },
      interactions: { url: (_context, { uid }) => `/interaction/${uid}` },
      findAccount: (_context, accountId) => ({ accountId, claims: () => ({ ...this.person.claims, sub: accountId }) }),
      async loadExistingGrant({ oidc }) {
        const grant = new oidc.provider.Grant({ clientId: oidc.client!.clientId, accountId: oidc.session!.accountId! });
        grant.addOIDCScope('openid email profile');
        await grant.save();
        return grant;
      },
    };
    const provider = new Provider(this.issuer, configuration);
    const callback = provider.callback();
    this.#server.removeAllListeners('request');
    this.#server.on('request', (request, response) => {
      if (!request.url?.startsWith('/interaction/')) return void callback(request, response);
      this.logins++;
      void provider.interactionFinished(request, response, { login: { accountId: this.person.sub } });
    });
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
