export interface PastedAddresses {
  /** Each once, in the order of their first mention. */
  readonly addresses: readonly string[];
  /** Words that are no address: names beside them, mostly. */
  readonly others: readonly string[];
}

/** Takes what people paste: one address a line, a column of a sheet, or a mail's `Ada <ada@example.com>, …`. The server judges each. */
export function parseAddresses(text: string): PastedAddresses {
  const addresses = new Map<string, string>();
  const others: string[] = [];
  for (const word of withoutNames(text).split(/[\s,;]+/)) {
    const bare = word.replace(/^(?:mailto:)?[<("']+|^mailto:|[>)"']+$/g, '');
    if (bare === '') continue;
    if (!bare.includes('@')) others.push(bare);
    else if (!addresses.has(bare.toLowerCase())) addresses.set(bare.toLowerCase(), bare);
  }
  return { addresses: [...addresses.values()], others };
}

/** `Ada Lovelace <ada@example.com>` names one person: of what stands before the brackets only addresses count. */
function withoutNames(text: string): string {
  return text.replace(/([^,;\n<]*)<([^<>\s]+@[^<>\s]+)>/g, (_, before: string, address: string) => {
    const kept = before.split(/\s+/).filter((word) => word.includes('@'));
    return ` ${[...kept, address].join(' ')} `;
  });
}
