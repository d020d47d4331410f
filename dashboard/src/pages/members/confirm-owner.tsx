import { ConfirmDialog } from '../../kit/confirm.tsx';

interface ConfirmOwnerProps {
  /** "Amara Okafor", "4 members". */
  readonly who: string;
  readonly isMany?: boolean;
  onConfirm(): Promise<unknown> | undefined;
  onClose(): void;
}

/** Asked before members become owners: owners can do everything, also to the person who appointed them. */
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
