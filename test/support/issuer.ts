import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';

interface Key {
  readonly kid: string;
  readonly privateKey: CryptoKey;
  readonly publicJwk: object;
}

export interface TokenChanges {
  readonly expiresInSeconds?: number | null;
  readonly kid?: string;
  readonly algorithm?: string;
  readonly typ?: string;
}

/** An issuer of tokens with real keys, and an HTTP server that publishes them. */
export class TestIssuer {
  readonly audience = 'rollcall-tests';
  /** The number of requests for the published keys. */
  fetches = 0;
  isDown = false;
  #keys: Key[] = [];
  #made = 0;
  readonly #server = createServer((_request, response) => {
    this.fetches++;
    if (this.isDown) return void response.writeHead(500).end();
    response.setHeader('Content-Type', 'application/json').end(JSON.stringify({ keys: this.#keys.map(({ publicJwk }) => publicJwk) }));
  });

  static async start(): Promise<TestIssuer> {
    const issuer = new TestIssuer();
    await new Promise<void>((resolve) => issuer.#server.listen(0, '127.0.0.1', resolve));
    await issuer.rotate();
    return issuer;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get environment(): Record<string, string> {
    return { JWT_ISSUER: this.url, JWT_AUDIENCE: this.audience, JWT_JWKS_URL: `${this.url}/keys` };
  }

  /** Signs with another key from now on, and no longer publishes the previous one. */
  async rotate(algorithm = 'ES256'): Promise<void> {
    this.#keys = [await this.#makeKey(algorithm)];
  }

  /** Publishes a second key, which signs nothing yet. */
  async publishNext(): Promise<void> {
    this.#keys.push(await this.#makeKey('ES256'));
  }

  /** Signs with the second key, and still publishes the first. */
  signWithNext(): void {
    this.#keys.reverse();
  }

  /** Publishes only the key that signs. */
  withdrawFormer(): void {
    this.#keys = this.#keys.slice(0, 1);
  }

  async #makeKey(algorithm: string): Promise<Key> {
    const { privateKey, publicKey } = await generateKeyPair(algorithm, { extractable: true });
    const kid = `key-${++this.#made}`;
    return { kid, privateKey, publicJwk: { ...(await exportJWK(publicKey)), kid, alg: algorithm, use: 'sig' } };
  }

  /** A valid token, modified by `changes`. Null means that it never expires. */
  sign(claims: JWTPayload, changes: TokenChanges = {}): Promise<string> {
    const [key] = this.#keys as [Key];
    const now = Math.floor(Date.now() / 1_000);
    const { expiresInSeconds = 300 } = changes;
    const end = expiresInSeconds === null ? {} : { exp: now + expiresInSeconds };
    return new SignJWT({ iss: this.url, aud: this.audience, iat: now, ...end, ...claims })
      .setProtectedHeader({ alg: changes.algorithm ?? 'ES256', kid: changes.kid ?? key.kid, ...(changes.typ && { typ: changes.typ }) })
      .sign(key.privateKey);
  }

  publicJwk(): object {
    return this.#keys[0]!.publicJwk;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
