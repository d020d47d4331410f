import type { AuthProviderDetails } from '@rollcall/client';
import { useState } from 'react';
import { Button } from '../../kit/button.ts';
import { ConfirmDialog } from '../../kit/confirm.tsx';
import { count } from '../../kit/count.ts';
import { Section, SettingRow } from '../../kit/section.tsx';
import { useCommands } from '../../live/commands.tsx';
import { useOrganization, useOrgState } from '../../live/organization.tsx';

interface RemoveProviderProps {
  readonly details: AuthProviderDetails;
  onRemoved(): void;
}

export function RemoveProvider({ details: { name, scimEnabled }, onRemoved }: RemoveProviderProps) {
  const org = useOrganization();
  const { run } = useCommands();
  const linked = useOrgState((state) => state.members.filter(({ flags }) => flags['sso:linked']).length);
  const [isConfirming, setConfirming] = useState(false);
  const remove = async () => {
    await run({ send: () => org.removeAuthProvider(), keys: ['auth-provider'], done: `Removed ${name}` });
    onRemoved();
  };
  const effect = linked === 0 ? 'No member is linked.' : `${count(linked, 'member')} will be unlinked.`;
  return (
    <Section title="Remove" isDanger>
      <SettingRow title={`Remove ${name}`} hint={`${effect} Its values and secrets are deleted.`}>
        <Button variant="danger" onClick={() => setConfirming(true)}>
          Remove provider
        </Button>
      </SettingRow>
      {isConfirming && (
        <ConfirmDialog
          title={`Remove ${name}?`}
          action="Remove provider"
          typed={name}
          onConfirm={remove}
          onClose={() => setConfirming(false)}
        >
          {effect} People who logged in with {name} lose access now. Those without a password get a link to set one, at their verified
          address.
          {scimEnabled && ' Provisioning stops, and its token no longer works.'} This can’t be undone.
        </ConfirmDialog>
      )}
    </Section>
  );
}
