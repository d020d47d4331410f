import type { OrgState, RetentionRecord } from '@rollcall/protocol';
import type { Tx } from '../../../database/database.ts';
import { readRetentions } from '../../../database/security/security-records.ts';
import type { LoadContext } from '../../../write-path/command.ts';
import { loadActorState } from '../../../write-path/load-state.ts';

/** The facts of commands that change the retention of an organization. */
export interface RetentionFacts {
  readonly state: OrgState;
  /** Null if the organization has the defaults. */
  readonly retention: RetentionRecord | null;
}

export async function loadRetention(tx: Tx, _input: unknown, { orgId, actor }: LoadContext): Promise<RetentionFacts> {
  const [state, [retention = null]] = await Promise.all([loadActorState(tx, orgId, actor), readRetentions(tx, orgId)]);
  return { state, retention };
}
