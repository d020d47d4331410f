import type { OrganizationRecord, OrgSettings } from '@rollcall/client';
import { useState } from 'react';
import { ReadOnlyRow } from '../../kit/section.tsx';
import { SwitchRow } from '../../kit/switch.tsx';
import { nameOfSetting } from '../../live/setting-names.ts';
import { useHighlight } from '../../live/use-highlight.ts';
import type { EditOutcome, OrganizationEdit } from '../../live/use-organization-edit.tsx';

type BooleanSetting = { [Name in keyof OrgSettings]: OrgSettings[Name] extends boolean ? Name : never }[keyof OrgSettings];

export interface SettingContext {
  readonly organization: OrganizationRecord;
  /** The reason why the setting is read-only. */
  readonly whyNot: string | null;
  save(edit: OrganizationEdit): Promise<EditOutcome>;
}

interface SettingSwitchProps extends SettingContext {
  readonly name: BooleanSetting;
  readonly hint?: string;
}

/** Saves a change immediately, and shows the new value while it is being saved. */
export function SettingSwitch({ name, hint, organization, whyNot, save }: SettingSwitchProps) {
  const label = nameOfSetting(name);
  const [saving, setSaving] = useState<boolean | null>(null);
  const [error, setError] = useState<string | null>(null);
  const highlight = useHighlight(`setting:${name}`);
  const change = async (isOn: boolean) => {
    if (saving !== null) return;
    setSaving(isOn);
    const outcome = await save({
      what: label,
      base: { [name]: organization[name] },
      mine: { [name]: isOn },
      keys: [`setting:${name}`],
      show: (values) => (values[name] ? 'On' : 'Off'),
    });
    setError(typeof outcome === 'string' ? null : (outcome[name] ?? null));
    setSaving(null);
  };
  if (whyNot !== null)
    return <ReadOnlyRow title={label} hint={hint} isChanged={highlight !== null} value={organization[name] ? 'On' : 'Off'} />;
  return (
    <SwitchRow
      label={label}
      hint={hint}
      isOn={saving ?? organization[name]}
      isChanged={highlight !== null}
      error={error}
      onChange={change}
    />
  );
}
