import { TcpLink } from '../faults/links/tcp-link.ts';

/** A link to PostgreSQL that reads the statements which pass it. */
export interface CountedStatements {
  /** The URL of the database behind the link. */
  readonly url: string;
  /**
   * Returns the transactions that were committed since the last call. A statement outside of a
   * transaction is one of its own.
   */
  take(): Sent[];
  close(): Promise<void>;
}

/** A transaction, as a client sent it. */
export interface Sent {
  /** The texts of the statements, including BEGIN and COMMIT if they were sent. */
  readonly statements: readonly string[];
  /** The number of times that the client sent some of them, after results of the earlier ones. */
  readonly sends: number;
}

export async function countStatements(databaseUrl: string): Promise<CountedStatements> {
  const url = new URL(databaseUrl);
  const port = Number(url.port);
  let committed: Sent[] = [];
  const link = await TcpLink.open({
    target: () => port,
    inspect() {
      const reader = new StatementReader();
      /** The transaction that has begun. */
      let open: string[] | null = null;
      let sends = 0;
      return {
        up(chunk) {
          const executed = reader.read(chunk);
          if (executed.length > 0) sends++;
          for (const text of executed) {
            if (/^(begin|start transaction)/.test(text)) [open, sends] = [[], 1];
            const statements = open ?? [];
            statements.push(text);
            if (open === null) committed.push({ statements, sends: 1 });
            if (text === 'commit') committed.push({ statements, sends });
            if (text === 'commit' || text === 'rollback') open = null;
          }
          return [chunk];
        },
      };
    },
  });
  url.hostname = '127.0.0.1';
  url.port = String(link.port);
  return {
    url: url.href,
    take() {
      const taken = committed;
      committed = [];
      return taken;
    },
    close: () => link.close(),
  };
}

/** Reads the messages of one client of PostgreSQL (protocol 3). */
class StatementReader {
  #unread = Buffer.alloc(0);
  #isStarted = false;
  /** The texts of prepared statements, by name. The unnamed one has an empty name. */
  readonly #texts = new Map<string, string>();
  #bound = '';

  /** Returns the texts of the statements that are executed by whole messages. */
  read(chunk: Buffer): string[] {
    this.#unread = Buffer.concat([this.#unread, chunk]);
    const executed: string[] = [];
    for (;;) {
      // The first message has no type.
      const start = this.#isStarted ? 1 : 0;
      if (this.#unread.length < start + 4) return executed;
      const end = start + this.#unread.readInt32BE(start);
      if (this.#unread.length < end) return executed;
      const type = this.#isStarted ? String.fromCharCode(this.#unread[0]!) : 'startup';
      const fields = this.#unread.toString('latin1', start + 4, end).split('\0');
      this.#unread = this.#unread.subarray(end);
      this.#isStarted = true;
      if (type === 'Q') executed.push(fields[0]!);
      if (type === 'P') this.#texts.set(fields[0]!, fields[1]!);
      if (type === 'B') this.#bound = this.#texts.get(fields[1]!) ?? '';
      if (type === 'E') executed.push(this.#bound);
    }
  }
}
