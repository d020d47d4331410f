import type pg from 'pg';
import type { DatabaseTrust } from '../installation/database-trust.ts';
import { UntrustedDatabaseError } from '../installation/faults.ts';
import { provingQuery, sealAlias, sealQuery } from '../installation/seal.ts';
import type { SealReading } from '../installation/seal-reading.ts';
import type { StatementNames } from './statement-names.ts';

/** SQLSTATE class 22, data exceptions: the proof divided by zero, or the seal is not readable. */
const noProof = /^22/;

type Send = (query: pg.QueryConfig) => Promise<pg.QueryResult>;

interface PreparedProof {
  readonly hasPassed: Promise<void>;
  begin(): void;
}

/**
 * Proves that the database was trusted when statements of one connection ran. Their results may be
 * used only then: a table may have been emptied since the last check of the seal (docs/adr/0048). A
 * restore breaks the seal before it commits anything else, so the proof may follow the statements.
 */
export class SealProofs {
  readonly #trust: DatabaseTrust;
  readonly #names: StatementNames;
  readonly #send: Send;
  #prepared: PreparedProof | null = null;

  constructor(trust: DatabaseTrust, names: StatementNames, send: Send) {
    this.#trust = trust;
    this.#names = names;
    this.#send = send;
  }

  /**
   * Proves a statement outside of a transaction, or the end of one that reads a snapshot. All
   * statements that are sent together share a proof. Null if the statement reads the seal itself,
   * or nothing is enforced yet.
   */
  ofStatement(text: string): Promise<void> | null {
    if (this.#trust.installation === null || hasSeal(text)) return null;
    this.#prepared ??= this.#prepare();
    return this.#prepared.hasPassed;
  }

  /** Call it when the statements are sent, after the last one. */
  sendPrepared(): void {
    const prepared = this.#prepared;
    this.#prepared = null;
    prepared?.begin();
  }

  /**
   * Proves a transaction. Send COMMIT behind it at once: without the proof, PostgreSQL rolls back.
   * @throws UntrustedDatabaseError
   */
  async ofTransaction(): Promise<void> {
    const { installation } = this.#trust;
    if (installation === null) return;
    try {
      await this.#send({ ...this.#named(provingQuery), values: [installation] });
    } catch (error) {
      if (!noProof.test(String((error as { code?: unknown }).code))) throw error;
      this.#trust.suspect();
      throw new UntrustedDatabaseError('incomplete');
    }
  }

  #named(text: string): pg.QueryConfig {
    const name = this.#names.nameOf(text);
    return { text, ...(name && { name }) };
  }

  #prepare(): PreparedProof {
    let begin = () => {};
    const hasPassed = new Promise<void>((resolve, reject) => {
      begin = () => {
        this.#send(this.#named(sealQuery))
          .then(({ rows }) => this.#trust.assert(rows[0] as SealReading))
          .then(resolve, reject);
      };
    });
    return { hasPassed, begin: () => begin() };
  }
}

/** Whether a statement reads the seal beside its own result. */
function hasSeal(text: string): boolean {
  return text.includes(sealAlias);
}
