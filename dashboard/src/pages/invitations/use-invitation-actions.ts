import type { InviteRequestChanges, MemberRecord } from '@rollcall/client';
import { useMemo, useState } from 'react';
import { useCommands } from '../../live/commands.tsx';
import { useOrganization } from '../../live/organization.tsx';

/** Actions on an invitation or a request. Errors are shown. */
export interface InvitationActions {
  resend(invite: MemberRecord): Promise<unknown>;
  regenerate(invite: MemberRecord): Promise<unknown>;
  /**
   * Hides the invitation immediately and removes it after some seconds, unless the user undoes it.
   */
  revoke(invite: MemberRecord): void;
  /** Hides and refuses a request in the same way. */
  refuse(request: MemberRecord): void;
  /** Rejects after an error, which its dialog shows. */
  approve(request: MemberRecord, changes: InviteRequestChanges): Promise<unknown>;
}

const ignore = () => {};

export function useInvitationActions() {
  const org = useOrganization();
  const { run, runUndoable } = useCommands();
  const [hiddenIds, setHiddenIds] = useState<ReadonlySet<string>>(new Set());

  const actions = useMemo<InvitationActions>(() => {
    const keysOf = ({ id }: MemberRecord) => [`member:${id}`];
    const whoIs = ({ email, name }: MemberRecord) => email ?? (name || 'unknown');
    const show = (id: string) => setHiddenIds((before) => new Set([...before].filter((one) => one !== id)));
    const removeWithUndo = (
      invite: MemberRecord,
      doing: string,
      now: string,
      done: string,
      send: () => ReturnType<typeof org.removeMember>,
    ) => {
      setHiddenIds((before) => new Set([...before, invite.id]));
      runUndoable({ doing, now, done, send, keys: keysOf(invite), onUndo: () => show(invite.id), onRefused: () => show(invite.id) });
    };
    return {
      resend: (invite) =>
        run({ send: () => org.reinviteMember(invite.id), keys: keysOf(invite), done: `Invitation resent to ${whoIs(invite)}` }).catch(
          ignore,
        ),
      regenerate: (invite) =>
        run({
          send: () => org.reinviteMember(invite.id, { regenerate: true }),
          keys: keysOf(invite),
          done: `New link sent to ${whoIs(invite)}. The old link no longer works.`,
        }).catch(ignore),
      revoke: (invite) =>
        removeWithUndo(invite, `${whoIs(invite)}’s invitation ends`, 'Revoke now', `Revoked ${whoIs(invite)}’s invitation`, () =>
          org.removeMember(invite.id),
        ),
      refuse: (request) =>
        removeWithUndo(request, `${whoIs(request)}’s request is denied`, 'Deny now', `Denied ${whoIs(request)}’s request`, () =>
          org.refuseInviteRequest(request.id),
        ),
      approve: (request, changes) =>
        run({
          send: () => org.updateInviteRequest(request.id, { ...changes, approve: true }),
          keys: keysOf(request),
          done: `Invited ${whoIs(request)}`,
          showsRefusal: () => true,
        }),
    };
  }, [org, run, runUndoable]);

  return { actions, hiddenIds };
}
