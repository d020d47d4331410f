/** Splits a byte stream into complete messages, regardless of the pieces in which it arrives. */
export class Splitter {
  readonly #endOf: (bytes: Buffer, start: number) => number;
  #rest: Buffer = Buffer.alloc(0);

  /** @param endOf the end of the message that starts there, or -1 while it is incomplete */
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
