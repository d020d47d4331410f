import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { decode, encode, type TxtAnswer } from 'dns-packet';

/** The parts of a TXT record, of at most 255 bytes each. */
type TxtParts = readonly string[];

/** RFC 1035 section 4.1.1. */
const rcodes = { ok: 0, servfail: 2, nxdomain: 3 } as const;

/** A DNS server on loopback, with TXT records that a test sets. */
export class DnsServer implements AsyncDisposable {
  readonly #socket: Socket = createSocket('udp4');
  readonly #records = new Map<string, readonly TxtParts[]>();
  /** `silent` responds to no query. */
  mode: 'ok' | 'servfail' | 'silent' = 'ok';
  queries = 0;

  static async start(): Promise<DnsServer> {
    const server = new DnsServer();
    server.#socket.on('message', (message, { port, address }) => {
      const response = server.#respond(message);
      if (response) server.#socket.send(response, port, address);
    });
    server.#socket.bind(0, '127.0.0.1');
    await once(server.#socket, 'listening');
    return server;
  }

  /** For DNS_SERVERS. */
  get address(): string {
    return `127.0.0.1:${this.#socket.address().port}`;
  }

  /** Sets all TXT records of a name. Without any, the name does not exist. */
  setTxt(name: string, ...records: readonly (string | TxtParts)[]): void {
    if (records.length === 0) this.#records.delete(name);
    else
      this.#records.set(
        name,
        records.map((record) => (typeof record === 'string' ? [record] : record)),
      );
  }

  #respond(message: Buffer): Buffer | null {
    this.queries += 1;
    if (this.mode === 'silent') return null;
    const { id, questions = [] } = decode(message);
    const name = questions[0]!.name;
    const records = this.mode === 'ok' ? this.#records.get(name.toLowerCase()) : undefined;
    const answers = (records ?? []).map((data): TxtAnswer => ({ type: 'TXT', name, ttl: 0, data: [...data] }));
    const rcode = this.mode === 'servfail' ? rcodes.servfail : records ? rcodes.ok : rcodes.nxdomain;
    return encode({ type: 'response', id: id ?? 0, flags: rcode, questions, answers });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.close();
    await once(this.#socket, 'close');
  }
}
