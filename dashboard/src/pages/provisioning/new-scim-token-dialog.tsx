import type { NewScimToken } from '@rollcall/client';
import { Button } from '../../kit/button.ts';
import { CopyField, NamedCopyField } from '../../kit/copy-field.tsx';
import { Dialog } from '../../kit/dialog.ts';
import { Notice } from '../../kit/notice.tsx';

export function NewScimTokenDialog({ base_url, token, onClose }: NewScimToken & { onClose(): void }) {
  return (
    <Dialog
      title="Connect your identity provider"
      description="Enter these values in the provider’s SCIM settings."
      onClose={onClose}
      actions={
        <Button variant="plain" onClick={onClose}>
          Done
        </Button>
      }
    >
      <NamedCopyField name="Base URL" text={base_url} />
      <Notice role="alert">Copy the token now. You won’t be able to see it again. Older SCIM tokens stop working in 24 hours.</Notice>
      <CopyField label="Token" text={token} isMain />
    </Dialog>
  );
}
