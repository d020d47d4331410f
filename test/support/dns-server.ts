import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv6 } from 'node:net';
import { type Answer, decode, encode } from 'dns-packet';

/** The parts of a TXT record, of at most 255 bytes each. */
type TxtParts = readonly string[];

/** RFC 1035 section 4.1.1. */
const rcodes = { ok: 0, servfail: 2, nxdomain: 3 } as const;

/** A DNS server on loopback, with records that a test sets. */
export class DnsServer implements AsyncDisposable {
  readonly #socket: Socket = createSocket('udp4');
  readonly #records = new Map<string, readonly Answer[]>();
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

  /** The value for DNS_SERVERS. */
  get address(): string {
    return `127.0.0.1:${this.#socket.address().port}`;
  }

  /** Sets all TXT records of a name. Without any, the name does not exist. */
  setTxt(name: string, ...records: readonly (string | TxtParts)[]): void {
    this.#set(
      name,
      records.map((record) => ({ type: 'TXT', name, ttl: 0, data: typeof record === 'string' ? [record] : [...record] })),
    );
  }

  /** Sets all addresses of a name. */
  setAddresses(name: string, ...addresses: readonly string[]): void {
    this.#set(
      name,
      addresses.map((data) => ({ type: isIPv6(data) ? 'AAAA' : 'A', name, ttl: 0, data })),
    );
  }

  #set(name: string, answers: readonly Answer[]): void {
    if (answers.length === 0) this.#records.delete(name);
    else this.#records.set(name, answers);
  }

  #respond(message: Buffer): Buffer | null {
    this.queries += 1;
    if (this.mode === 'silent') return null;
    const { id, questions = [] } = decode(message);
    const { name, type } = questions[0]!;
    const records = this.mode === 'ok' ? this.#records.get(name.toLowerCase()) : undefined;
    const answers = (records ?? []).filter((answer) => answer.type === type);
    const rcode = this.mode === 'servfail' ? rcodes.servfail : records ? rcodes.ok : rcodes.nxdomain;
    return encode({ type: 'response', id: id ?? 0, flags: rcode, questions, answers });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.close();
    await once(this.#socket, 'close');
  }
}
