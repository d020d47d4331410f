import type { OrganizationRecord } from '@rollcall/client';
import type { Option } from '@rollcall/react/parts';
import { useRef, useState } from 'react';
import { ConfirmDialog } from '../../kit/confirm.tsx';
import { Select } from '../../kit/field.ts';
import { ReadOnlyRow, SettingRow } from '../../kit/section.tsx';
import { nameOfSetting } from '../../live/setting-names.ts';
import { useHighlight } from '../../live/use-highlight.ts';
import type { SettingContext } from './setting-switch.tsx';

type ChosenSetting = 'defaultRole' | 'attachmentsRole' | 'debugFilesRole' | 'storeCrashReports' | 'sessionHours';

interface SettingSelectProps extends SettingContext {
  readonly name: ChosenSetting;
  readonly hint?: string;
  readonly options: readonly Option[];
}

const numbers: ReadonlySet<ChosenSetting> = new Set(['storeCrashReports', 'sessionHours']);

/** The value of an option. */
function readOption(name: ChosenSetting, option: string): string | number | null {
  if (option === 'null') return null;
  return numbers.has(name) ? Number(option) : option;
}

/** Saves a choice immediately, and detects a change by another user while the list was open. */
export function SettingSelect(props: SettingSelectProps) {
  const { name, hint, options, organization, whyNot, save } = props;
  const label = nameOfSetting(name);
  const [saving, setSaving] = useState<string | null>(null);
  const [isConfirming, setConfirming] = useState(false);
  const seen = useRef<OrganizationRecord[ChosenSetting] | null>(null);
  const highlight = useHighlight(`setting:${name}`);
  // An older server has no such setting.
  const current = organization[name] ?? null;
  const wordOf = (value: unknown) => options.find((option) => option.value === String(value))?.label ?? String(value);
  const send = async (value: string) => {
    setSaving(value);
    await save({
      what: label,
      base: { [name]: seen.current ?? current },
      mine: { [name]: readOption(name, value) },
      keys: [`setting:${name}`],
      show: (values) => wordOf(values[name]),
    });
    seen.current = null;
    setSaving(null);
  };
  // A default role of owner would make everyone who joins an owner.
  const choose = (value: string) => (name === 'defaultRole' && value === 'owner' ? setConfirming(true) : void send(value));
  if (whyNot !== null) return <ReadOnlyRow title={label} hint={hint} isChanged={highlight !== null} value={wordOf(current)} />;
  const known = options.some((option) => option.value === String(current));
  return (
    <SettingRow title={label} hint={hint} isChanged={highlight !== null}>
      <Select
        label={label}
        value={saving ?? String(current)}
        options={known ? options : [...options, { value: String(current), label: String(current) }]}
        onValue={choose}
        onFocus={() => {
          seen.current = current;
        }}
        onBlur={() => {
          seen.current = null;
        }}
      />
      {isConfirming && (
        <ConfirmDialog
          title="Make everyone who joins an owner?"
          action="Make Owner the default role"
          onConfirm={() => send('owner')}
          onClose={() => setConfirming(false)}
        >
          People who join by request or provisioning get full control: they can change any role, remove any member, and delete the
          organization.
        </ConfirmDialog>
      )}
    </SettingRow>
  );
}
