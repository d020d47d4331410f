import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/**
 * A large, real history of membership changes that may be in a folder beside the project: one JSON
 * object per line, with its `org`.
 */
export interface History {
  readonly orgs: readonly string[];
  /** The lines of one organization, in the format of the import. */
  linesOf(org: string): string[];
}

export const historyMissing = 'set ROLLCALL_HISTORY_FILE to a changes.jsonl';

export function findHistory(): History | null {
  const file = process.env.ROLLCALL_HISTORY_FILE || findBesideRepository();
  if (!file || !existsSync(file)) return null;
  const byOrg = new Map<string, string[]>();
  for (const line of readFileSync(file, 'utf8').trimEnd().split('\n')) {
    const { org, ...operation } = JSON.parse(line) as { org: string };
    const lines = byOrg.get(org) ?? [];
    byOrg.set(org, lines);
    lines.push(JSON.stringify(operation));
  }
  return { orgs: [...byOrg.keys()], linesOf: (org) => byOrg.get(org) ?? [] };
}

/**
 * `<sibling of the repository>/data/kubernetes-orgs/changes.jsonl`, in a sibling folder of any
 * name.
 */
function findBesideRepository(): string | undefined {
  const parent = path.resolve(import.meta.dirname, '../../..');
  const folders = readdirSync(parent, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return folders.map(({ name }) => path.join(parent, name, 'data', 'kubernetes-orgs', 'changes.jsonl')).find((file) => existsSync(file));
}

/** The number of lines for which the server creates one revision. */
const linesPerWriteMax = 500;

/** The lines in the order in which they are imported: those of a merge are sent together. */
export function inWrites(lines: readonly string[]): string[][] {
  const writes: string[][] = [];
  let last: string | undefined;
  for (const line of lines) {
    const { commit } = JSON.parse(line) as { commit?: string };
    const write = writes.at(-1);
    if (write && commit !== undefined && commit === last && write.length < linesPerWriteMax) write.push(line);
    else writes.push([line]);
    last = commit;
  }
  return writes;
}

/** At least this number of lines of all organizations, in writes. Begins again after the last. */
export function writesOf({ orgs, linesOf }: History, linesMin: number): string[][] {
  const all = orgs.flatMap((org) => inWrites(linesOf(org)));
  const writes: string[][] = [];
  for (let lines = 0; lines < linesMin; lines += writes.at(-1)!.length) writes.push(all[writes.length % all.length]!);
  return writes;
}
