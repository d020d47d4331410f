import { OrgError } from '@rollcall/protocol';
import { readHeads } from '../../../../database/records/read-log.ts';
import type { Command } from '../../../../write-path/command.ts';

export interface ShownState {
  /** The request that the person saw. */
  readonly memberId: string;
  /** The revision of the organization at which they saw it. */
  readonly revision: number;
}

/**
 * The same command for a button in Slack. It is refused if the request changed after the person saw
 * it, or if the log no longer shows that. The audit log has "via Slack".
 */
export function fromSlack<Input, Facts, Result>(
  command: Command<Input, Facts, Result>,
  { memberId, revision }: ShownState,
): Command<Input, Facts, Result> {
  return {
    ...command,
    async load(tx, input, context) {
      const facts = await command.load(tx, input, context);
      const [head] = await readHeads(tx, [context.orgId]);
      if (revision < head!.floorRevision) {
        throw new OrgError('invalid', 'The history since this message is no longer stored. Decide the request in the console.');
      }
      const changed = await tx
        .selectFrom('change_log')
        .select('revision')
        .where('organization_id', '=', context.orgId)
        .where('revision', '>', String(revision))
        .where('kind', '=', 'member')
        .where('record_id', '=', memberId)
        .limit(1)
        .executeTakeFirst();
      if (changed) throw new OrgError('invalid', 'This request changed after the message was posted. Decide it in the console.');
      return facts;
    },
    decide(input, facts, context) {
      const decision = command.decide(input, facts, context);
      return { ...decision, audit: (decision.audit ?? []).map((event) => ({ ...event, note: `${event.note} via Slack` })) };
    },
  };
}
