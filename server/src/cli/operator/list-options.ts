import { type Command, InvalidArgumentError } from 'commander';
import { type OperatorClient, refusal } from './operator-client.ts';

/** REST contract 1.2. */
const pageItemsMax = 100;

export interface ListOptions {
  readonly url?: string;
  readonly query?: string;
  readonly limit?: number;
  readonly json?: true;
}

export const jsonOption = ['--json', 'print one JSON object per line, as the operator API returns it'] as const;

export function addListOptions(command: Command, searched: string, keys: string): Command {
  return command
    .option('--query <search>', `only what matches: text in ${searched}, or keys such as ${keys}`)
    .option('--limit <number>', 'the most to list (default: all)', parseLimit)
    .option(...jsonOption);
}

function parseLimit(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('It must be a whole number above 0.');
  return Number(text);
}

/** The items of a list, as each page arrives. */
export async function* readPages<T>(operator: OperatorClient, path: string, { query, limit }: ListOptions): AsyncGenerator<readonly T[]> {
  let left = limit ?? Number.POSITIVE_INFINITY;
  const parameters = new URLSearchParams({ per_page: String(Math.min(left, pageItemsMax)), ...(query && { query }) });
  let next: string | null = `${path}?${parameters}`;
  while (next !== null && left > 0) {
    const response = await operator.request('GET', next);
    if (response.status !== 200) throw refusal('The list cannot be read', response);
    const items = (response.body as T[]).slice(0, left);
    yield items;
    left -= items.length;
    next = response.nextPage;
  }
}
