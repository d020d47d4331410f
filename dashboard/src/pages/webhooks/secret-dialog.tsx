import { Button } from '../../kit/button.ts';
import { CopyField } from '../../kit/copy-field.tsx';
import { Dialog } from '../../kit/dialog.ts';
import { Notice } from '../../kit/notice.tsx';

interface SecretDialogProps {
  readonly secret: string;
  readonly isRotated: boolean;
  onClose(): void;
}

/** Shows a secret once. */
export function SecretDialog({ secret, isRotated, onClose }: SecretDialogProps) {
  return (
    <Dialog
      title={isRotated ? 'The new signing secret' : 'The signing secret'}
      description="The receiver needs it to check that events come from here. Deliveries follow the Standard Webhooks specification."
      onClose={onClose}
      actions={
        <Button variant="plain" onClick={onClose}>
          Done
        </Button>
      }
    >
      <Notice role="alert">
        Copy it now. You won’t be able to see it again.{isRotated && ' The previous secret also signs for 24 hours.'}
      </Notice>
      <CopyField label="Signing secret" text={secret} isMain />
    </Dialog>
  );
}
