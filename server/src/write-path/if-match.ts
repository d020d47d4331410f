import { formatOrgRevision, OrgError, parseOrgRevision } from '@rollcall/protocol';
import type { Tx } from '../database/database.ts';
import { readCallerState } from '../database/records/caller-state-read.ts';
import { actorAt, userIdOf } from '../domain/actor.ts';
import { authorizeEntry } from '../domain/authorize.ts';
import type { LoadContext } from './command.ts';
import type { LockedHead } from './lock-head.ts';

/**
 * Compares the head with an `If-Match` header: `<epoch>.<revision>`, a bare revision, or `*` (rule
 * W6). The conflict shows the current revision, so it is thrown only to callers with access.
 * @throws OrgError `revision-conflict`; `invalid` for another text; as `authorizeEntry`
 */
export async function refuseOtherRevision(tx: Tx, head: LockedHead, { orgId, actor }: LoadContext, ifMatch: string): Promise<void> {
  if (ifMatch.trim() === '*') return;
  const expected = parseOrgRevision(ifMatch) ?? parseBareRevision(ifMatch);
  if (!expected) throw new OrgError('invalid', 'If-Match must be a revision, such as the value of an X-Org-Revision header.');
  if (expected.revision === head.revision && (expected.epoch === null || expected.epoch === head.epoch)) return;
  const state = await readCallerState(tx, orgId, userIdOf(actor));
  if (state) authorizeEntry(state, actorAt(actor, Date.parse(head.now)));
  const orgRevision = formatOrgRevision(head);
  throw new OrgError('revision-conflict', `The organization changed: it is at revision ${head.revision}.`, {
    body: { detail: `The organization changed: it is at revision ${head.revision}.`, orgRevision },
  });
}

function parseBareRevision(text: string): { epoch: null; revision: number } | null {
  const match = /^"?([0-9]{1,16})"?$/.exec(text.trim());
  return match ? { epoch: null, revision: Number(match[1]) } : null;
}
