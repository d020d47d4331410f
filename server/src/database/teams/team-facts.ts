import { type RawBuilder, type SqlBool, sql } from 'kysely';

/** The parts of a team's REST shape that are not in its record. */
export interface TeamFacts {
  /**
   * The number of approved members with an active user. Pending invites do not count (REST contract
   * 8.2).
   */
  readonly memberCount: number;
  /** Whether the reader has requested to join and is not yet on the team. */
  readonly isRequested: boolean;
}

/**
 * Whether a member on the team is counted.
 * @param members the name of the table in the statement
 */
export function countsAsTeamMember(members: string): RawBuilder<SqlBool> {
  const inviteStatus = sql.ref(`${members}.invite_status`);
  const userCopy = sql.ref(`${members}.user_copy`);
  return sql<SqlBool>`${inviteStatus} = 'approved' AND (${userCopy} ->> 'isActive')::boolean`;
}
