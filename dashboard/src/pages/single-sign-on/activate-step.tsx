import type { NewScimToken, RestAuthProvider } from '@rollcall/client';
import { useState } from 'react';
import { Badge } from '../../kit/badge.ts';
import { Button } from '../../kit/button.ts';
import { ConfirmDialog } from '../../kit/confirm.tsx';
import { NamedCopyField } from '../../kit/copy-field.tsx';
import { SettingRow } from '../../kit/section.tsx';
import { useOrgState } from '../../live/organization.tsx';
import { NewScimTokenDialog } from '../provisioning/new-scim-token-dialog.tsx';
import { Step } from './step.tsx';
import type { SaveProvider } from './use-save-provider.ts';

interface ActivateStepProps {
  readonly provider: RestAuthProvider | null;
  readonly save: SaveProvider;
}

export function ActivateStep({ provider, save }: ActivateStepProps) {
  const requires2fa = useOrgState((state) => state.organization?.require2FA === true);
  const [asked, setAsked] = useState<'on' | 'off' | null>(null);
  const [isBusy, setBusy] = useState(false);
  const [newToken, setNewToken] = useState<NewScimToken | null>(null);
  const details = provider?.details;
  const isActive = details?.status === 'active';
  const isTested = (details?.lastTestedAt ?? null) !== null;
  const name = details?.name ?? '';
  const activate = async () => {
    setBusy(true);
    const saved = await save({ active: true }, `Members can now log in with ${name}`);
    setBusy(false);
    if (saved?.scim) setNewToken(saved.scim);
  };
  return (
    <Step
      number={5}
      title="Activate it"
      description="Members can then log in with the provider. No one has to."
      isDone={isActive}
      whyNot={!details ? 'Save the provider’s values first.' : isActive || isTested ? null : 'A test has to succeed first.'}
    >
      <SettingRow
        title={isActive ? 'Single sign-on is active' : 'Single sign-on is not active'}
        hint={
          isActive
            ? 'Members link their account the first time that they log in with the provider.'
            : `Members will be able to link their account and log in with ${name}.`
        }
      >
        <span className="section-actions">
          {isActive && <Badge tone="good">Active</Badge>}
          {isActive ? (
            <Button onClick={() => setAsked('off')}>Deactivate</Button>
          ) : (
            <Button variant="primary" isBusy={isBusy} onClick={() => (requires2fa ? setAsked('on') : activate())}>
              Activate
            </Button>
          )}
        </span>
      </SettingRow>
      {provider && isActive && (
        <div className="section-form">
          <NamedCopyField name="Login page for your people" label="Login page" text={provider.login_url} />
        </div>
      )}
      {asked === 'on' && (
        <ConfirmDialog title={`Activate ${name}?`} action="Activate" onConfirm={activate} onClose={() => setAsked(null)}>
          “Require 2FA” is turned off. From then on, {name} handles the second factor of people who log in with it.
        </ConfirmDialog>
      )}
      {asked === 'off' && (
        <ConfirmDialog
          title={`Deactivate ${name}?`}
          action="Deactivate"
          onConfirm={() => save({ active: false }, `${name} is no longer active`)}
          onClose={() => setAsked(null)}
        >
          Logins with {name} stop working, and people who logged in with it lose access now. They need a password to get back in. Single
          sign-on is no longer required. Linked accounts stay linked.
          {details?.scimEnabled && ' Provisioning by SCIM ends, and its tokens stop working. Another activation gives you a new token.'}
        </ConfirmDialog>
      )}
      {newToken && <NewScimTokenDialog {...newToken} onClose={() => setNewToken(null)} />}
    </Step>
  );
}
