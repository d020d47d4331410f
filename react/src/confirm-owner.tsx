import { Button } from './parts/button.tsx';
import { Dialog } from './parts/dialog.tsx';

interface ConfirmOwnerProps {
  /** "Amara Okafor", "4 members". */
  readonly who: string;
  readonly isMany?: boolean;
  onConfirm(): void;
  onClose(): void;
}

/**
 * Asks for confirmation before members become owners, who can also change the user who promoted
 * them.
 */
export default function ConfirmOwner({ who, isMany = false, onConfirm, onClose }: ConfirmOwnerProps) {
  const confirm = () => {
    onClose();
    onConfirm();
  };
  return (
    <Dialog
      title={`Make ${who} ${isMany ? 'owners' : 'an owner'}?`}
      description="Owners have full control: they can change any role, including yours, remove any member, and delete the organization."
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button variant="danger" onClick={confirm}>
            {isMany ? 'Make owners' : 'Make owner'}
          </Button>
        </>
      }
    />
  );
}
