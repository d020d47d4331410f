import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { makeSamlIdp } from './saml-idp.ts';
import { SamlifyIdp } from './samlify-idp.ts';

/**
 * Samlify as an identity provider on the loopback interface. It publishes its metadata, and logs
 * the current person in without asking.
 */
export class TestSamlProvider {
  person = { nameId: 'person', mail: 'person@example.com' };
  /** The URL of the metadata of the service that uses the provider. */
  serviceMetadataUrl = '';
  #idp: SamlifyIdp | null = null;
  readonly #server = createServer((request, response) => void this.#respond(new URL(request.url!, this.url), response));

  static async start(): Promise<TestSamlProvider> {
    const provider = new TestSamlProvider();
    await new Promise<void>((resolve) => provider.#server.listen(0, '127.0.0.1', resolve));
    await provider.rotate();
    return provider;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get entityId(): string {
    return `${this.url}/metadata`;
  }

  get metadata(): string {
    return this.#idp!.metadata;
  }

  /** Signs with another key from now on. The metadata no longer contains the previous one. */
  async rotate(): Promise<void> {
    this.#idp = new SamlifyIdp(await makeSamlIdp(this.entityId), `${this.url}/sso`, false);
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #respond(url: URL, response: ServerResponse): Promise<void> {
    try {
      if (url.pathname === '/metadata') return void response.setHeader('Content-Type', 'application/samlmetadata+xml').end(this.metadata);
      if (url.pathname !== '/sso') return void response.writeHead(404).end();
      const service = await (await fetch(this.serviceMetadataUrl)).text();
      const acsUrl = /AssertionConsumerService [^>]*Location="([^"]+)"/.exec(service)![1]!;
      const samlResponse = await this.#idp!.respond(url, service, this.person);
      response.setHeader('Content-Type', 'text/html').end(pageOf(acsUrl, { SAMLResponse: samlResponse, RelayState: '' }));
    } catch (error) {
      response.writeHead(500).end(String(error));
    }
  }
}

/** A page that posts the response at once. */
function pageOf(action: string, fields: Readonly<Record<string, string>>): string {
  const inputs = Object.entries(fields).map(([name, value]) => `<input type="hidden" name="${name}" value="${value}">`);
  return `<!doctype html><form method="post" action="${action}">${inputs.join('')}</form><script>document.forms[0].submit()</script>`;
}
