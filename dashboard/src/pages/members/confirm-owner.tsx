import { ConfirmDialog } from '../../kit/confirm.tsx';

interface ConfirmOwnerProps {
  /** "Amara Okafor", "4 members". */
  readonly who: string;
  readonly isMany?: boolean;
  onConfirm(): Promise<unknown> | undefined;
  onClose(): void;
}

/**
 * Asks for confirmation before members become owners, who can also change the user who promoted
 * them.
 */
export default function ConfirmOwner({ who, isMany = false, onConfirm, onClose }: ConfirmOwnerProps) {
  return (
    <ConfirmDialog
      title={`Make ${who} ${isMany ? 'owners' : 'an owner'}?`}
      action={isMany ? 'Make owners' : 'Make owner'}
      onConfirm={onConfirm}
      onClose={onClose}
    >
      Owners have full control: they can change any role, including yours, remove any member, and delete the organization.
    </ConfirmDialog>
  );
}
