import type { RetentionRecord } from '@rollcall/protocol';
import type { Db } from '../../../database/database.ts';
import { readRetentions } from '../../../database/security/security-records.ts';
import type { CallingActor } from '../../../domain/actor.ts';
import { type FieldErrors, refuseInvalidFields } from '../../../domain/field-errors.ts';
import { authorizeReader } from '../../../read-path/queries/authorized-reader.ts';
import { readOrgRevision } from '../../../read-path/queries/organizations/org-revision.ts';
import { type CountedRemovals, countRemovals } from '../database/count-removals.ts';
import { type RetentionChanges, retentionErrors } from '../domain/change-retention.ts';
import { allowedDays, type EffectiveRetention, effectiveRetention, emptyRetention, formerPlanAt } from '../domain/effective-retention.ts';
import { keptRevisionsMin } from '../domain/prune-target.ts';

/**
 * The retention, for callers who manage the organization. The revision is read before the record,
 * so that a write with it is refused if the record is newer.
 * @throws OrgError as `authorizeReader`
 */
export async function readRetention(
  db: Db,
  orgId: string,
  actor: CallingActor,
): Promise<{ readonly retention: RetentionRecord; readonly orgRevision: string }> {
  const orgRevision = await readOrgRevision(db, orgId);
  await authorizeReader(db, orgId, actor, ['org:write', 'org:admin']);
  return { retention: await readPlan(db, orgId), orgRevision };
}

/** Reads the retention for the operator, who may see every organization. */
export async function readPlan(db: Db, orgId: string): Promise<RetentionRecord> {
  const [retention = emptyRetention(orgId)] = await readRetentions(db, orgId);
  return retention;
}

/** The days that apply now, those of a delayed plan, and the most that any setting may have. */
export function appliedRetention(retention: RetentionRecord, daysMax: number | null, now: string) {
  const former = formerPlanAt(retention, now);
  return {
    effective: effectiveRetention(retention, daysMax, now),
    planned: former && { from: former.until, effective: effectiveRetention(retention, daysMax, null) },
    allowedDays: allowedDays(retention, daysMax),
  };
}

export interface RetentionPreview {
  readonly effective: EffectiveRetention;
  readonly removes: CountedRemovals;
}

/**
 * Counts what the organization's retention would remove now if the changes were saved, and a
 * delayed plan applied.
 * @throws OrgError as `authorizeReader`; `invalid` for changes that can't be saved
 */
export async function previewRetention(
  db: Db,
  orgId: string,
  actor: CallingActor,
  { changes, malformed, daysMax }: { readonly changes: RetentionChanges; readonly malformed: FieldErrors; readonly daysMax: number | null },
): Promise<RetentionPreview> {
  await authorizeReader(db, orgId, actor, ['org:write', 'org:admin']);
  const retention = await readPlan(db, orgId);
  refuseInvalidFields(malformed, retentionErrors(changes, allowedDays(retention, daysMax)));
  const effective = effectiveRetention({ ...retention, ...changes }, daysMax, null);
  return { effective, removes: await countRemovals(db, orgId, effective, keptRevisionsMin) };
}
