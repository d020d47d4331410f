import type { InviteRequestChanges, MemberRecord } from '@rollcall/client';
import { useMemo, useState } from 'react';
import { useCommands } from '../../live/commands.tsx';
import { useOrganization } from '../../live/organization.tsx';

/** What one can do with an invitation or a request. Failures were told. */
export interface InvitationActions {
  resend(invite: MemberRecord): Promise<unknown>;
  regenerate(invite: MemberRecord): Promise<unknown>;
  /** Gone from the list at once, from the organization after some seconds, unless it is undone. So is a refusal. */
  revoke(invite: MemberRecord): void;
  refuse(request: MemberRecord): void;
  /** Rejects when it was refused. */
  approve(request: MemberRecord, changes: InviteRequestChanges): Promise<unknown>;
}

const ignore = () => {};

export function useInvitationActions() {
  const org = useOrganization();
  const { run, runUndoable } = useCommands();
  const [hiddenIds, setHiddenIds] = useState<ReadonlySet<string>>(new Set());

  const actions = useMemo<InvitationActions>(() => {
    const keysOf = ({ id }: MemberRecord) => [`member:${id}`];
    const whoIs = ({ email, name }: MemberRecord) => email ?? (name || 'somebody');
    const show = (id: string) => setHiddenIds((before) => new Set([...before].filter((one) => one !== id)));
    const takeAway = (invite: MemberRecord, doing: string, done: string, send: () => ReturnType<typeof org.removeMember>) => {
      setHiddenIds((before) => new Set([...before, invite.id]));
      runUndoable({ doing, done, send, keys: keysOf(invite), onUndo: () => show(invite.id), onRefused: () => show(invite.id) });
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
          done: `${whoIs(invite)} was sent a new link; the old one no longer works`,
        }).catch(ignore),
      revoke: (invite) =>
        takeAway(invite, `Revoking ${whoIs(invite)}’s invitation…`, `Revoked ${whoIs(invite)}’s invitation`, () =>
          org.removeMember(invite.id),
        ),
      refuse: (request) =>
        takeAway(request, `Refusing ${whoIs(request)}’s request…`, `Refused ${whoIs(request)}’s request`, () =>
          org.refuseInviteRequest(request.id),
        ),
      approve: (request, changes) =>
        run({
          send: () => org.updateInviteRequest(request.id, { ...changes, approve: true }),
          keys: keysOf(request),
          done: `${whoIs(request)} was invited`,
        }),
    };
  }, [org, run, runUndoable]);

  return { actions, hiddenIds };
}
