import { OrganizationProvider, useOrganizationRecord, useStatus } from '@rollcall/client/react';
import { MailPlus } from 'lucide-react';
import { useState } from 'react';
import { isEnded } from './access-ended.ts';
import { mayInvite, useInvitationViewer } from './invitation-viewer.ts';
import { Button } from './parts/button.tsx';
import { loadable, OnDemand } from './parts/on-demand.tsx';
import type { OnInvited } from './send-invite.ts';

/** Contains the parser of addresses. Loaded when the pointer or the focus reaches the button. */
const InviteDialog = loadable(() => import('./invite-dialog.tsx'));

export interface InviteButtonProps {
  /** A slug or an id. Defaults to the organization of the nearest `OrganizationProvider`. */
  readonly organization?: string;
  /** Called after each invitation that was sent, and after each request for one. */
  readonly onInvited?: OnInvited;
}

/**
 * A button with a dialog that invites several people with the same role and teams. Members who may
 * not invite request invitations instead.
 */
export function InviteButton({ organization, ...rest }: InviteButtonProps) {
  if (organization === undefined) return <ButtonWithDialog {...rest} />;
  return (
    <OrganizationProvider name={organization}>
      <ButtonWithDialog {...rest} />
    </OrganizationProvider>
  );
}

function ButtonWithDialog({ onInvited }: Pick<InviteButtonProps, 'onInvited'>) {
  const { phase } = useStatus();
  const hasState = useOrganizationRecord() !== null;
  const whyNot = isEnded(phase) ? 'You don’t have access to this organization.' : 'Still loading.';
  const viewer = useInvitationViewer();
  const [isOpen, setOpen] = useState(false);
  const close = () => setOpen(false);
  // A failure is shown when the dialog is opened.
  const preload = () => void InviteDialog.load().catch(() => {});
  return (
    <>
      <Button
        variant="primary"
        icon={MailPlus}
        whyNot={hasState ? null : whyNot}
        onPointerEnter={preload}
        onFocus={preload}
        onClick={() => setOpen(true)}
      >
        {!hasState || mayInvite(viewer) ? 'Invite members' : 'Request invitations'}
      </Button>
      {isOpen && hasState && (
        <OnDemand fallback={null} onFailed={close}>
          <InviteDialog viewer={viewer} onInvited={onInvited} onClose={close} />
        </OnDemand>
      )}
    </>
  );
}
