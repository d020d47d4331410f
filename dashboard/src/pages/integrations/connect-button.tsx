import { useState } from 'react';
import { Button } from '../../kit/button.ts';
import { TextField } from '../../kit/field.ts';
import { useCommands } from '../../live/commands.tsx';
import { FormDialog } from '../../live/form-dialog.tsx';
import { useOrganization } from '../../live/organization.tsx';
import type { ProviderText } from './providers.ts';

interface ConnectButtonProps {
  readonly provider: ProviderText;
  readonly isAnother: boolean;
}

export function ConnectButton({ provider: { key, name }, isAnother }: ConnectButtonProps) {
  const org = useOrganization();
  const { run } = useCommands();
  const [isOpen, setOpen] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const label = isAnother ? `Connect another ${name}` : `Connect ${name}`;
  const begin = {
    pagerduty: null,
    slack: () => org.installSlack(),
    github: () => org.installGitHub(),
    gitlab: () => org.installGitLab(),
  }[key];
  const install = async (send: NonNullable<typeof begin>) => {
    setBusy(true);
    try {
      const { data } = await run({ send, keys: [] });
      window.location.assign(data.url);
    } catch {
      // `run` has shown the error.
      setBusy(false);
    }
  };
  return (
    <>
      <Button isBusy={isBusy} onClick={() => (begin ? install(begin) : setOpen(true))}>
        {label}
      </Button>
      {isOpen && <PagerDutyDialog onClose={() => setOpen(false)} />}
    </>
  );
}

function PagerDutyDialog({ onClose }: { onClose(): void }) {
  const org = useOrganization();
  const { run } = useCommands();
  const [name, setName] = useState('');
  const [integrationKey, setKey] = useState('');
  const isMissing = name.trim() === '' || integrationKey.trim() === '';
  const service = { name: name.trim(), integrationKey: integrationKey.trim() };
  return (
    <FormDialog
      title="Connect PagerDuty"
      description="In PagerDuty, add an integration of the type Events API v2 to a service, and copy its integration key."
      action="Connect"
      whyNot={isMissing ? 'Enter a name and the integration key.' : null}
      fields={['name', 'integrationKey']}
      onSubmit={() => run({ send: () => org.connectPagerDuty(service), keys: [], showsRefusal: () => true })}
      onClose={onClose}
    >
      {(errors) => (
        <>
          <TextField
            label="Name"
            hint="For example the name of the service."
            error={errors.name}
            value={name}
            onValue={setName}
            maxLength={200}
            data-autofocus
          />
          <TextField
            label="Integration key"
            hint="32 letters and digits. A test event is sent before the service is connected."
            error={errors.integrationKey}
            value={integrationKey}
            onValue={setKey}
            maxLength={64}
            autoComplete="off"
            spellCheck={false}
          />
        </>
      )}
    </FormDialog>
  );
}
