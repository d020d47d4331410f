import type { OrganizationRecord } from '@rollcall/client';
import { useRef, useState } from 'react';
import { type Option, Select } from '../../kit/field.tsx';
import { SettingRow } from '../../kit/section.tsx';
import { useHighlight } from '../../live/use-highlight.ts';
import type { SettingContext } from './setting-switch.tsx';

type ChosenSetting = 'defaultRole' | 'attachmentsRole' | 'debugFilesRole' | 'storeCrashReports';

interface SettingSelectProps extends SettingContext {
  readonly name: ChosenSetting;
  readonly label: string;
  readonly hint?: string;
  readonly options: readonly Option[];
}

/** Takes effect at once. A change by somebody else while the list is open is noticed. */
export function SettingSelect(props: SettingSelectProps) {
  const { name, label, hint, options, organization, whyNot, save } = props;
  const [saving, setSaving] = useState<string | null>(null);
  const seen = useRef<OrganizationRecord[ChosenSetting] | null>(null);
  const highlight = useHighlight(`setting:${name}`);
  const current = organization[name];
  const wordOf = (value: unknown) => options.find((option) => option.value === String(value))?.label ?? String(value);
  const choose = async (value: string) => {
    setSaving(value);
    await save({
      what: label,
      base: { [name]: seen.current ?? current },
      mine: { [name]: typeof current === 'number' ? Number(value) : value },
      keys: [`setting:${name}`],
      show: (values) => wordOf(values[name]),
    });
    seen.current = null;
    setSaving(null);
  };
  const known = options.some((option) => option.value === String(current));
  return (
    <SettingRow title={label} hint={hint} isChanged={highlight !== null}>
      <Select
        label={label}
        value={saving ?? String(current)}
        options={known ? options : [...options, { value: String(current), label: String(current) }]}
        whyNot={whyNot}
        onValue={choose}
        onFocus={() => {
          seen.current = current;
        }}
        onBlur={() => {
          seen.current = null;
        }}
      />
    </SettingRow>
  );
}
