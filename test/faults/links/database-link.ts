import { type StreamFilter, TcpLink } from './tcp-link.ts';

/** The simple query `commit`, as pg sends it. */
const commitQuery = Buffer.from('commit\0');

/** A server's connection to PostgreSQL, on which the response to a commit can be lost. */
export class DatabaseLink {
  #tcp!: TcpLink;
  #cutsWanted = 0;
  cuts = 0;

  static async open(target: () => number): Promise<DatabaseLink> {
    const link = new DatabaseLink();
    link.#tcp = await TcpLink.open({ target, inspect: () => link.#inspect() });
    return link;
  }

  get tcp(): TcpLink {
    return this.#tcp;
  }

  /**
   * The next connection that commits is cut after PostgreSQL's response, before the server reads
   * it.
   */
  loseNextCommitResponse(): void {
    this.#cutsWanted = 1;
  }

  forgive(): void {
    this.#cutsWanted = 0;
  }

  #inspect(): StreamFilter {
    let isToBeCut = false;
    return {
      up: (chunk) => {
        if (this.#cutsWanted > 0 && chunk.includes(commitQuery)) {
          this.#cutsWanted--;
          isToBeCut = true;
        }
        return [chunk];
      },
      down: (chunk) => {
        if (!isToBeCut) return [chunk];
        this.cuts++;
        return null;
      },
    };
  }
}
