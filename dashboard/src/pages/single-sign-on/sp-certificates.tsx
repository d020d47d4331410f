import type { AuthProviderDetails } from '@rollcall/client';
import { useState } from 'react';
import { Button } from '../../kit/button.ts';
import { ConfirmDialog } from '../../kit/confirm.tsx';
import { Section, SettingRow } from '../../kit/section.tsx';
import { useCommands } from '../../live/commands.tsx';
import { useOrganization } from '../../live/organization.tsx';
import { Certificates } from './metadata-facts.tsx';

interface SpCertificatesProps {
  readonly details: AuthProviderDetails;
  onChanged(): void;
}

/** This server's own certificates, and their replacement. */
export function SpCertificates({ details, onChanged }: SpCertificatesProps) {
  const org = useOrganization();
  const { run } = useCommands();
  const [isBusy, setBusy] = useState(false);
  const [isConfirming, setConfirming] = useState(false);
  const hasSecond = details.sp_certificates.length > 1;
  const add = async () => {
    setBusy(true);
    await run({ send: () => org.addSpCertificate(), keys: ['auth-provider'], done: 'Created a certificate' }).catch(() => {});
    setBusy(false);
    onChanged();
  };
  const activate = async () => {
    await run({ send: () => org.activateSpCertificate(), keys: ['auth-provider'], done: 'Activated the new certificate' });
    onChanged();
  };
  return (
    <Section
      title="This server’s certificate"
      description="This server signs its login requests with it, and the provider encrypts responses with it."
    >
      <dl className="details-read">
        <Certificates certificates={details.sp_certificates} />
      </dl>
      {hasSecond ? (
        <SettingRow
          title="Activate the new certificate"
          hint="First import this server’s metadata at the provider again. It has both certificates."
        >
          <Button onClick={() => setConfirming(true)}>Activate</Button>
        </SettingRow>
      ) : (
        <SettingRow title="Replace the certificate" hint="The current certificate stays in use until you activate the new one.">
          <Button isBusy={isBusy} onClick={() => void add()}>
            Create a new certificate
          </Button>
        </SettingRow>
      )}
      {isConfirming && (
        <ConfirmDialog title="Activate the new certificate?" action="Activate" onConfirm={activate} onClose={() => setConfirming(false)}>
          The old certificate is deleted. If {details.name} doesn’t have the new one yet, logins may fail until it does.
        </ConfirmDialog>
      )}
    </Section>
  );
}
