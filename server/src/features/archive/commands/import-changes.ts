import { type LogChange, type MemberRecord, OrgError } from '@rollcall/protocol';
import { placeholderDomain } from '../../../database/identity/placeholder-address.ts';
import { markIdentitiesRemoved } from '../../../database/security/sso-identities.ts';
import { forbidden } from '../../../domain/authorize.ts';
import { publicKeyBytes } from '../../../domain/projects/project-keys.ts';
import { randomHex } from '../../../runtime/secrets/random.ts';
import type { Command } from '../../../write-path/command.ts';
import { allocateIds } from '../../../write-path/load-state.ts';
import { countChanges, type ImportCounts, importAudited } from '../import/import-counts.ts';
import { ImportReplay, type ReplayFacts } from '../import/import-replay.ts';
import { loadImportUsers } from '../import/import-users.ts';
import { loadImportState } from '../import/load-import-state.ts';
import type { ImportLine, ImportOperation, SkipReason } from '../import/parse-import-lines.ts';
import { Respellings, type SavedRespellings } from '../import/respellings.ts';

export interface ImportChanges {
  /** At most `linesPerRevisionMax` lines, which become one revision. */
  readonly lines: readonly ImportLine[];
  readonly respellings: SavedRespellings;
  /** The counts of the earlier parts of this import. */
  readonly counts: ImportCounts;
  /** Whether this is the last part, which adds the audit entries. */
  readonly isLast: boolean;
}

export interface ImportedLines {
  readonly applied: number;
  readonly skipped: readonly { readonly line: number; readonly reason: SkipReason }[];
  readonly respellings: SavedRespellings;
  /** Includes the counts of the earlier parts. */
  readonly counts: ImportCounts;
}

type Facts = Omit<ReplayFacts, 'respellings' | 'now'>;

/** Operations that create one record with an id. */
const makesRecord: ReadonlySet<ImportOperation['op']> = new Set(['member.add', 'team.create', 'project.assign']);

/** Applies lines of a history to an organization in one revision, for the operator. */
export const importChanges: Command<ImportChanges, Facts, ImportedLines> = {
  name: 'import-changes',

  async load(tx, { lines }, { orgId }) {
    const operations = lines.flatMap((line) => ('operation' in line ? [line.operation] : []));
    const users = await loadImportUsers(tx, operations);
    const state = await loadImportState(tx, orgId, operations, users.values());
    const ids = await allocateIds(tx, operations.filter(({ op }) => makesRecord.has(op)).length);
    const keyIds = operations.filter(({ op }) => op === 'project.assign').map(() => randomHex(publicKeyBytes));
    return { state, users, ids, keyIds };
  },

  decide({ lines, respellings: kept, counts: before, isLast }, facts, { orgId, actor, now }) {
    if (actor.kind !== 'operator' && actor.kind !== 'system') throw forbidden();
    const respellings = new Respellings(kept);
    const replay = new ImportReplay({ ...facts, respellings, now });
    const skipped: ImportedLines['skipped'][number][] = [];
    for (const line of lines) {
      const reason = 'operation' in line ? replay.play(line.operation) : line.reason;
      if (reason !== null) skipped.push({ line: line.line, reason });
    }
    const { changes } = replay;
    const counts = countChanges(before, changes);
    return {
      changes,
      audit: isLast ? importAudited(orgId, counts) : [],
      result: { applied: lines.length - skipped.length, skipped, respellings: respellings.save(), counts },
    };
  },

  persistSideEffects: (tx, { changes }, { orgId }) => markIdentitiesRemoved(tx, orgId, removedMembersIn(changes)),

  conflicts: { user_emails_verified_key: loginTaken },
};

/** A user of an earlier import who has made an address of their own the primary one. */
function loginTaken(): OrgError {
  return new OrgError(
    'already-exists',
    `A login of the import is a second address of a user. Remove that user's address <login>${placeholderDomain} first.`,
  );
}

function removedMembersIn(changes: readonly LogChange[]): MemberRecord[] {
  return changes.flatMap(({ kind, before, after }) => (kind === 'member' && after === null ? [before as unknown as MemberRecord] : []));
}
