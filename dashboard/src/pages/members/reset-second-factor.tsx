import type { MemberRecord } from '@rollcall/client';
import { useEffect, useState } from 'react';
import { describeEnded, receiptMsMax } from '../../bulk/describe-ended.ts';
import { Button } from '../../kit/button.ts';
import { ConfirmDialog } from '../../kit/confirm.tsx';
import { useCommands } from '../../live/commands.tsx';
import { useCan, useOrganization } from '../../live/organization.tsx';

/** Lets owners reset the 2FA of a member who lost their device, if the server allows it. */
export function ResetSecondFactor({ member }: { readonly member: MemberRecord }) {
  const org = useOrganization();
  const { run } = useCommands();
  const { allowed: isOwner } = useCan('org:admin');
  const canReset = useCanReset(member, isOwner && member.user?.has2fa === true);
  const [isConfirming, setConfirming] = useState(false);
  if (!canReset) return null;
  const reset = () =>
    run({
      send: () => org.resetSecondFactor(member.id, { wait: receiptMsMax }),
      keys: [`member:${member.id}`],
      done: (_, applied) => `Reset 2FA for ${member.name}${describeEnded(applied)}`,
    });
  return (
    <>
      <Button isSmall onClick={() => setConfirming(true)}>
        Reset 2FA
      </Button>
      {isConfirming && (
        <ConfirmDialog title={`Reset 2FA for ${member.name}?`} action="Reset 2FA" onConfirm={reset} onClose={() => setConfirming(false)}>
          First make sure the request comes from {member.name}. Their authenticator app and recovery codes stop working, and they are logged
          out everywhere and notified by email. They can then log in with just their password and set up 2FA again.
        </ConfirmDialog>
      )}
    </>
  );
}

/** Read from the server, since it depends on the member's other organizations. */
function useCanReset({ id }: MemberRecord, isWanted: boolean): boolean {
  const org = useOrganization();
  const [canReset, setCanReset] = useState(false);
  useEffect(() => {
    setCanReset(false);
    if (!isWanted) return;
    let isGone = false;
    org.read.member(id).then(
      ({ user }) => !isGone && setCanReset(user !== null && 'canReset2fa' in user && user.canReset2fa === true),
      () => {},
    );
    return () => {
      isGone = true;
    };
  }, [org, id, isWanted]);
  return canReset;
}
