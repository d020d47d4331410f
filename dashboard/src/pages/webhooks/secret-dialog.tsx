import { CopyDialog } from '../../kit/secret-dialog.tsx';

interface WebhookSecretDialogProps {
  readonly secret: string;
  readonly isRotated: boolean;
  onClose(): void;
}

/** Shows the secret of a webhook once. */
export function WebhookSecretDialog({ secret, isRotated, onClose }: WebhookSecretDialogProps) {
  return (
    <CopyDialog
      title={isRotated ? 'The new signing secret' : 'The signing secret'}
      description="The receiver needs it to check that events come from here. Deliveries follow the Standard Webhooks specification."
      label="Signing secret"
      noun="secret"
      text={secret}
      notice={<>Copy it now. You won’t be able to see it again.{isRotated && ' The previous secret also signs for 24 hours.'}</>}
      onClose={onClose}
    />
  );
}
