import type { MemberRecord, TeamRecord } from '@rollcall/protocol';
import type { Tx } from '../../../../database/database.ts';
import { readMembers, readTeams } from '../../../../database/records/records-read.ts';
import { concernedFlags, type Release } from '../../domain/auth-provider.ts';

/** The members and teams that a change of the identity provider concerns. */
export async function loadManaged(
  tx: Tx,
  orgId: string,
  release: Release,
): Promise<{ readonly members: readonly MemberRecord[]; readonly teams: readonly TeamRecord[] }> {
  const flags = concernedFlags(release);
  return {
    members: flags.length === 0 ? [] : await readMembers(tx, orgId, { flags }),
    teams: release.endsScim ? await readTeams(tx, orgId) : [],
  };
}
