import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import { bodyOf } from './foreign-server.ts';

/** The response of the token endpoint for a code, and the claims of its ID token. */
export interface Grant {
  readonly claims: JWTPayload;
  /** Claims of the userinfo endpoint. */
  readonly userinfo?: Readonly<Record<string, unknown>>;
  readonly sign?: (claims: JWTPayload) => Promise<string>;
}

/**
 * An OpenID Connect provider that issues any token that a test describes. It has no page: a test
 * reads the request in the redirect, and makes the response itself.
 */
export class ForgingIdp {
  readonly clientSecret = 'a client secret of 32 characters';
  /** Changes the description at `/.well-known/openid-configuration`. */
  describe: (metadata: Record<string, unknown>) => Record<string, unknown> = (metadata) => metadata;
  /** The number of requests to the token endpoint. */
  tokenRequests = 0;
  readonly #grants = new Map<string, Grant>();
  readonly #userinfo = new Map<string, Readonly<Record<string, unknown>>>();
  #keys: { readonly privateKey: CryptoKey; readonly publicJwk: object } | null = null;
  readonly #server = createServer((request, response) => void this.#respond(request, response));

  static async start(): Promise<ForgingIdp> {
    const idp = new ForgingIdp();
    await new Promise<void>((resolve) => idp.#server.listen(0, '127.0.0.1', resolve));
    const { privateKey, publicKey } = await generateKeyPair('RS256');
    idp.#keys = { privateKey, publicJwk: { ...(await exportJWK(publicKey)), kid: 'one', alg: 'RS256', use: 'sig' } };
    return idp;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** The part of a path is the issuer of another organization on the same server. */
  issuer(name = 'main'): string {
    return `${this.url}/${name}`;
  }

  /** The code with which the server gets the tokens. */
  codeFor(grant: Grant): string {
    const code = randomUUID();
    this.#grants.set(code, grant);
    return code;
  }

  sign(claims: JWTPayload, alg = 'RS256'): Promise<string> {
    return new SignJWT(claims).setProtectedHeader({ alg, kid: 'one' }).sign(this.#keys!.privateKey);
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname } = new URL(request.url!, this.url);
    const [, name = '', ...rest] = pathname.split('/');
    const send = (status: number, body: unknown) =>
      void response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
    const body = await bodyOf(request);
    switch (rest.join('/')) {
      case '.well-known/openid-configuration':
        return send(200, this.describe(this.#metadata(name)));
      case 'keys':
        return send(200, { keys: [this.#keys!.publicJwk] });
      case 'token':
        return this.#issue(new URLSearchParams(body), send);
      case 'userinfo':
        return send(200, this.#userinfo.get(request.headers.authorization?.replace('Bearer ', '') ?? '') ?? {});
      default:
        return send(404, {});
    }
  }

  #metadata(name: string): Record<string, unknown> {
    const issuer = this.issuer(name);
    return {
      issuer,
      authorization_endpoint: `${issuer}/authorize`,
      token_endpoint: `${issuer}/token`,
      jwks_uri: `${issuer}/keys`,
      userinfo_endpoint: `${issuer}/userinfo`,
      response_types_supported: ['code'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['RS256', 'HS256', 'none'],
      authorization_response_iss_parameter_supported: true,
    };
  }

  async #issue(form: URLSearchParams, send: (status: number, body: unknown) => void): Promise<void> {
    this.tokenRequests++;
    const grant = this.#grants.get(form.get('code') ?? '');
    this.#grants.delete(form.get('code') ?? '');
    if (!grant || form.get('client_secret') !== this.clientSecret) return send(400, { error: 'invalid_grant' });
    const accessToken = randomUUID();
    this.#userinfo.set(accessToken, grant.userinfo ?? { sub: grant.claims.sub });
    const idToken = await (grant.sign ?? ((claims) => this.sign(claims)))(grant.claims);
    send(200, { access_token: accessToken, token_type: 'Bearer', expires_in: 60, id_token: idToken });
  }
}
