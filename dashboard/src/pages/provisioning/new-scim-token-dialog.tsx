import type { NewScimToken } from '@rollcall/client';
import { NamedCopyField } from '../../kit/copy-field.tsx';
import { CopyDialog } from '../../kit/secret-dialog.tsx';

export function NewScimTokenDialog({ base_url, token, onClose }: NewScimToken & { onClose(): void }) {
  return (
    <CopyDialog
      title="Connect your identity provider"
      description="Enter these values in the provider’s SCIM settings."
      label="Token"
      noun="token"
      text={token}
      notice="Copy the token now. You won’t be able to see it again. Older SCIM tokens stop working in 24 hours."
      onClose={onClose}
    >
      <NamedCopyField name="Base URL" text={base_url} />
    </CopyDialog>
  );
}
