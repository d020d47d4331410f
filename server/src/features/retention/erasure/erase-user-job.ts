import { OrgError } from '@rollcall/protocol';
import type { Db } from '../../../database/database.ts';
import { addOrganizations, markRefused, readErasure, type StoredErasure } from '../../../database/identity/erasures.ts';
import {
  readMemberIdsOfUser,
  readOrganizationsOfUser,
  readStoredAddresses,
  readVerifiedAddresses,
} from '../../../database/members/removed-members.ts';
import { eraseUserFromEvents } from '../../../database/security/security-events.ts';
import { serverStreamId } from '../../../domain/server-stream.ts';
import type { JobHandler, RunningJob } from '../../../jobs/job.ts';
import { refreshMemberUser } from '../../../write-path/commands/members/refresh-member-user.ts';
import type { WritePath } from '../../../write-path/run-command.ts';
import { runSystemCommand } from '../../../write-path/run-system-command.ts';
import { type EraseUserParams, type EraseUserProgress, eraseUserKind } from '../../../write-path/users/erasure/erase-user-kind.ts';
import { redactPerson } from '../commands/redact-person.ts';
import { requestRun } from '../database/retention-runs.ts';
import { personOf } from '../domain/replace-person.ts';
import { eraseAccount } from './erase-account.ts';

/** A step redacts organizations for this time. */
const stepMs = 500;
/** The codes of refusals: legal hold, the last owner, the last recovery owner. */
const refusals: ReadonlySet<string> = new Set(['legal-hold', 'last-owner', 'invalid']);

/**
 * Executes an accepted erasure: one command per organization, then one for the account. An
 * organization that has changed, and refuses by now, keeps the account from being erased, but no
 * other organization from being redacted. It is tried again after a pause.
 * @param onRedacted called for an organization whose history is to be rewritten
 */
export function eraseUserJob(writePath: WritePath, onRedacted: (orgId: string) => void): JobHandler<EraseUserParams, EraseUserProgress> {
  return {
    ...eraseUserKind,
    async step(job) {
      const { db } = writePath.database;
      const { userId } = job.params;
      const erasure = await readErasure(db, userId);
      if (!erasure || erasure.finishedAt !== null) return 'done';
      const addresses = await readVerifiedAddresses(db, userId);
      const refused = job.progress?.refused ?? [];
      const found = await organizationsToRedact(writePath, erasure, addresses);
      const left = found.filter((orgId) => !refused.includes(orgId));
      const step = { job, erasure, addresses, onRedacted };
      if (left.length > 0) {
        await redactSome(writePath, step, left, refused);
        return 'continue';
      }
      const again = refused.filter((orgId) => found.includes(orgId));
      if (again.length > 0) {
        if (await redactSome(writePath, step, again, again)) return 'continue';
        // Without a step that succeeds, the pauses become longer.
        throw new Error(`The organizations ${again.join(', ')} refuse the erasure.`);
      }
      if (await eraseSomeEvents(db, userId)) return 'continue';
      await runSystemCommand(writePath, eraseAccount, {
        orgId: serverStreamId,
        input: { userId, addresses },
        requestId: null,
        operatorName: job.operatorName,
        finish: (tx) => job.save(tx, { refused: [] }),
      });
      // Something about the user may have been stored since, such as an invite to an address.
      return 'continue';
    },
  };
}

/** Removes a user from security events for the time of a step. Returns whether more are left. */
async function eraseSomeEvents(db: Db, userId: string): Promise<boolean> {
  const endsAt = performance.now() + stepMs;
  while (await eraseUserFromEvents(db, userId)) if (performance.now() > endsAt) return true;
  return false;
}

/** Finds the organizations with something about the user, and adds them to the report. */
async function organizationsToRedact(
  { database: { db } }: WritePath,
  { userId, organizations }: StoredErasure,
  addresses: readonly string[],
): Promise<string[]> {
  const redacted = new Set(organizations.filter(({ redactedAt }) => redactedAt !== null).map(({ orgId }) => orgId));
  const found = (await readOrganizationsOfUser(db, userId, addresses))
    .filter(({ orgId, hasMember }) => hasMember || !redacted.has(orgId))
    .map(({ orgId }) => orgId);
  await addOrganizations(db, userId, found);
  return found;
}

interface Step {
  readonly job: RunningJob<EraseUserParams, EraseUserProgress>;
  readonly erasure: StoredErasure;
  readonly addresses: readonly string[];
  readonly onRedacted: (orgId: string) => void;
}

/**
 * Redacts organizations for the time of a step. Those that refuse come last in `refused`.
 * @returns whether any was redacted
 */
async function redactSome(writePath: WritePath, step: Step, orgIds: readonly string[], known: readonly string[]): Promise<boolean> {
  const endsAt = performance.now() + stepMs;
  let refused = known;
  let hasRedacted = false;
  for (const orgId of orgIds) {
    const others = refused.filter((id) => id !== orgId);
    if (await redactOrganization(writePath, step, orgId, { refused: others, isKnown: known.includes(orgId) })) {
      step.onRedacted(orgId);
      refused = others;
      hasRedacted = true;
    } else {
      refused = [...others, orgId];
      await step.job.save(writePath.database.db, { refused: [...refused] });
    }
    if (step.job.signal.aborted || performance.now() > endsAt) break;
  }
  return hasRedacted;
}

interface Refusals {
  /** The other organizations that refuse. */
  readonly refused: readonly string[];
  /** Whether the organization refused before. */
  readonly isKnown: boolean;
}

/** False if the organization refuses, or if it is being removed. */
async function redactOrganization(
  writePath: WritePath,
  { job, erasure, addresses }: Step,
  orgId: string,
  { refused, isKnown }: Refusals,
): Promise<boolean> {
  const { database, failpoints, log } = writePath;
  const { userId, isByOperator } = erasure;
  const memberIds = await readMemberIdsOfUser(database.db, orgId, userId, addresses);
  const person = personOf({ userId, memberIds }, addresses, await readStoredAddresses(database.db, orgId, userId, memberIds));
  let isRedacted = false;
  try {
    await runSystemCommand(writePath, redactPerson, {
      orgId,
      input: { person, endsMembership: true, isByOperator },
      requestId: null,
      operatorName: job.operatorName,
      async finish(tx) {
        await requestRun(tx, orgId);
        await job.save(tx, { refused: [...refused] });
        isRedacted = true;
      },
    });
  } catch (error) {
    if (!(error instanceof OrgError) || !refusals.has(error.code)) throw error;
    await markRefused(database.db, userId, orgId, error.code);
    if (isKnown) return false;
    // The members of the organization see that the user is disabled.
    await runSystemCommand(writePath, refreshMemberUser, { orgId, input: { userId }, requestId: null, operatorName: job.operatorName });
    log.warn({ userId, orgId, refusal: error.code }, 'an organization refuses the erasure of a user; it is tried again');
    return false;
  }
  failpoints.reach('after-erasure-of-organization');
  return isRedacted;
}
