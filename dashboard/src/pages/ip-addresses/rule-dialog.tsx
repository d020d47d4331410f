import { type AddressRule, apiLimits } from '@rollcall/client';
import { useState } from 'react';
import { TextField } from '../../kit/field.ts';
import { FormDialog } from '../../live/form-dialog.tsx';
import { expiryFieldOf, expiryIn } from './expiry-field.ts';

interface RuleDialogProps {
  /** Null for a new rule. */
  readonly rule: AddressRule | null;
  /** The viewer's own address, as a suggestion. */
  readonly ownAddress: string | null;
  /** Rejects with the server's error if the rule is not valid. */
  check(rule: Omit<AddressRule, 'id'>): Promise<void>;
  onDone(rule: Omit<AddressRule, 'id'>): void;
  onClose(): void;
}

/** Adds a rule to the draft, or changes one. */
export function RuleDialog({ rule, ownAddress, check, onDone, onClose }: RuleDialogProps) {
  const [cidr, setCidr] = useState(rule?.cidr ?? '');
  const [description, setDescription] = useState(rule?.description ?? '');
  const [expires, setExpires] = useState(expiryFieldOf(rule?.expiresAt ?? null));
  const submit = async () => {
    const given = {
      cidr: cidr.trim(),
      description: description.trim(),
      expiresAt: expiryIn(expires, rule?.expiresAt ?? null),
    };
    await check(given);
    return given;
  };
  return (
    <FormDialog
      title={rule ? `Edit ${rule.cidr}` : 'Add an address'}
      action={rule ? 'Done' : 'Add'}
      whyNot={cidr.trim() === '' ? 'Enter an address.' : null}
      fields={['rules']}
      onSubmit={submit}
      onDone={onDone}
      onClose={onClose}
    >
      {({ rules }) => (
        <>
          <TextField
            label="Address or network"
            hint={ownAddress ? `For example 203.0.113.0/24. Your own address is ${ownAddress}.` : 'For example 203.0.113.0/24.'}
            error={rules}
            value={cidr}
            onValue={setCidr}
            maxLength={64}
            spellCheck={false}
            autoComplete="off"
            data-autofocus
          />
          <TextField
            label="Description"
            hint="Optional"
            value={description}
            onValue={setDescription}
            maxLength={apiLimits.addressRuleTextMax}
            autoComplete="off"
          />
          <TextField
            label="Expires"
            hint="Optional. Connections from this address end then."
            type="datetime-local"
            value={expires}
            onValue={setExpires}
          />
        </>
      )}
    </FormDialog>
  );
}
