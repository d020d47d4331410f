/** Cuts a byte stream into whole messages, whatever the pieces it arrives in. */
export class Splitter {
  readonly #endOf: (bytes: Buffer, start: number) => number;
  #rest: Buffer = Buffer.alloc(0);

  /** @param endOf where the message that starts there ends; -1 while it is not whole */
  constructor(endOf: (bytes: Buffer, start: number) => number) {
    this.#endOf = endOf;
  }

  push(chunk: Buffer): Buffer[] {
    const bytes = this.#rest.length > 0 ? Buffer.concat([this.#rest, chunk]) : chunk;
    const messages: Buffer[] = [];
    let start = 0;
    while (start < bytes.length) {
      const end = this.#endOf(bytes, start);
      if (end === -1) break;
      messages.push(bytes.subarray(start, end));
      start = end;
    }
    this.#rest = bytes.subarray(start);
    return messages;
  }
}
