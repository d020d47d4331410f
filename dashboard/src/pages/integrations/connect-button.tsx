import {
  definitionOf,
  type InstalledProvider,
  type IntegrationProvider,
  type NewConnection,
  type ProviderDefinition,
} from '@rollcall/client';
import { useState } from 'react';
import { Button } from '../../kit/button.ts';
import { TextField } from '../../kit/field.ts';
import { useCommands } from '../../live/commands.tsx';
import { FormDialog } from '../../live/form-dialog.tsx';
import { useOrganization } from '../../live/organization.tsx';

interface ConnectButtonProps {
  readonly provider: IntegrationProvider;
  readonly isAnother: boolean;
}

export function ConnectButton({ provider, isAnother }: ConnectButtonProps) {
  const org = useOrganization();
  const { run } = useCommands();
  const [isOpen, setOpen] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const { name, form } = definitionOf(provider);
  const install = async () => {
    setBusy(true);
    try {
      const send = () => org.installIntegration(provider as InstalledProvider);
      const { data } = await run({ send, keys: [] });
      window.location.assign(data.url);
    } catch {
      // `run` has shown the error.
      setBusy(false);
    }
  };
  return (
    <>
      <Button isBusy={isBusy} onClick={() => (form ? setOpen(true) : install())}>
        {isAnother ? `Connect another ${name}` : `Connect ${name}`}
      </Button>
      {isOpen && form && <ConnectDialog provider={provider} form={form} onClose={() => setOpen(false)} />}
    </>
  );
}

interface ConnectDialogProps {
  readonly provider: IntegrationProvider;
  readonly form: NonNullable<ProviderDefinition['form']>;
  onClose(): void;
}

function ConnectDialog({ provider, form: { instruction, fields }, onClose }: ConnectDialogProps) {
  const org = useOrganization();
  const { run } = useCommands();
  const [values, setValues] = useState<Readonly<Record<string, string>>>({});
  const trimmed = Object.fromEntries(fields.map(({ name }) => [name, (values[name] ?? '').trim()]));
  const isMissing = Object.values(trimmed).includes('');
  const send = () => org.connectIntegration({ provider, ...trimmed } as NewConnection);
  return (
    <FormDialog
      title={`Connect ${definitionOf(provider).name}`}
      description={instruction}
      action="Connect"
      whyNot={isMissing ? 'Fill in all fields.' : null}
      fields={fields.map(({ name }) => name)}
      onSubmit={() => run({ send, keys: [], showsRefusal: () => true })}
      onClose={onClose}
    >
      {(errors) =>
        fields.map(({ name, label, hint, lengthMax }, index) => (
          <TextField
            key={name}
            label={label}
            hint={hint}
            error={errors[name]}
            value={values[name] ?? ''}
            onValue={(value) => setValues((before) => ({ ...before, [name]: value }))}
            maxLength={lengthMax}
            autoComplete="off"
            spellCheck={false}
            data-autofocus={index === 0 ? true : undefined}
          />
        ))
      }
    </FormDialog>
  );
}
