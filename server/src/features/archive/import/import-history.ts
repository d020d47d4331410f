import { parseOrgRevision } from '@rollcall/protocol';
import type { Actor } from '../../../domain/actor.ts';
import type { IdempotencyKey } from '../../../write-path/idempotency.ts';
import { type CommittedRevision, runCommand, type WritePath } from '../../../write-path/run-command.ts';
import { type ImportedLines, importChanges } from '../commands/import-changes.ts';
import { type ImportLine, parseImportLines } from './parse-import-lines.ts';

export interface ImportCall {
  readonly orgId: string;
  readonly actor: Actor;
  /** JSON Lines. */
  readonly text: string;
  readonly requestId: string;
  readonly idempotencyKey: IdempotencyKey | null;
  /** Applies to the first revision. The later revisions follow it directly. */
  readonly ifMatch: string | null;
}

export interface ImportedHistory {
  readonly applied: number;
  readonly skipped: ImportedLines['skipped'];
  readonly revision: number;
  readonly orgRevision: string;
  /** The revisions that the import made. */
  readonly committed: readonly CommittedRevision[];
}

/**
 * The contract specifies one revision per 500 lines. Each revision holds the organization's lock
 * for some 100 ms.
 */
export const linesPerRevisionMax = 500;

/**
 * Imports a history in revisions of at most 500 lines. The import is not atomic: committed parts
 * stay when a later part fails. With an Idempotency-Key, a repeated call continues after the
 * committed parts.
 */
export async function importHistory(path: WritePath, call: ImportCall): Promise<ImportedHistory> {
  const { orgId, actor, requestId, idempotencyKey, ifMatch } = call;
  const parts = inParts(parseImportLines(call.text));
  let sum: ImportedLines = { applied: 0, skipped: [], respellings: { merge: null, spellings: {} }, counts: {} };
  let orgRevision = '';
  const committed: CommittedRevision[] = [];
  for (const [index, lines] of parts.entries()) {
    const outcome = await runCommand(path, importChanges, {
      orgId,
      actor,
      requestId,
      input: { lines, respellings: sum.respellings, counts: sum.counts, isLast: index === parts.length - 1 },
      idempotencyKey: idempotencyKey && { ...idempotencyKey, key: `${idempotencyKey.key} part ${index + 1}` },
      ifMatch: index === 0 ? ifMatch : null,
      respond: async (_tx, result) => ({ status: 200, body: result }),
    });
    const part = outcome.response.body as ImportedLines;
    sum = {
      applied: sum.applied + part.applied,
      skipped: [...sum.skipped, ...part.skipped],
      respellings: part.respellings,
      counts: part.counts ?? {},
    };
    orgRevision = outcome.orgRevision;
    if (outcome.committed) committed.push(outcome.committed);
  }
  return { applied: sum.applied, skipped: sum.skipped, revision: parseOrgRevision(orgRevision)!.revision, orgRevision, committed };
}

/** An import without lines still returns the organization's revision. */
function inParts(lines: readonly ImportLine[]): (readonly ImportLine[])[] {
  const parts: (readonly ImportLine[])[] = [];
  for (let start = 0; start === 0 || start < lines.length; start += linesPerRevisionMax) {
    parts.push(lines.slice(start, start + linesPerRevisionMax));
  }
  return parts;
}
