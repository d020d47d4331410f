import { defaultRetention, type RetentionRecord, type RetentionSetting } from '@rollcall/client';
import { useState } from 'react';
import { useOrganization, useOrgState } from '../../live/organization.tsx';
import { settings } from './retention-texts.ts';

export type Days = Readonly<Partial<Record<RetentionSetting, number | null>>>;
type Texts = Readonly<Partial<Record<RetentionSetting, string>>>;

const textOf = (days: number | null) => (days === null ? '' : String(days));
/** Whether a field is empty or has a number of days. */
export const isDaysText = (text: string) => /^\d*$/.test(text.trim());
/** Another text than a number is sent as `NaN`, which no rule accepts. */
const daysOf = (text: string) => (text.trim() === '' ? null : Number(text));

/** The settings with the unsaved changes of the user. */
export function useRetentionDraft() {
  const org = useOrganization();
  const saved: Omit<RetentionRecord, 'id'> = useOrgState((state) => state.retentions[0]) ?? defaultRetention;
  const [draft, setDraft] = useState<Texts>({});
  /** The values of the edited settings when editing began. */
  const [base, setBase] = useState<Days>({});
  const changed = settings
    .map(({ name }) => name)
    .filter((name) => draft[name] !== undefined && draft[name] !== textOf(base[name] ?? null));
  const only = (daysFor: (name: RetentionSetting) => number | null): Days =>
    Object.fromEntries(changed.map((name) => [name, daysFor(name)]));
  return {
    saved,
    base: only((name) => base[name] ?? null),
    mine: only((name) => daysOf(draft[name] ?? '')),
    isChanged: changed.length > 0,
    isValid: changed.every((name) => isDaysText(draft[name] ?? '')),
    textIn: (name: RetentionSetting) => draft[name] ?? textOf(saved[name]),
    /** The current values of the edited settings. */
    read: () => only((name) => (org.state.retentions[0] ?? defaultRetention)[name]),
    edit(name: RetentionSetting, text: string) {
      setBase((before) => (name in before ? before : { ...before, [name]: saved[name] }));
      setDraft((before) => ({ ...before, [name]: text }));
    },
    reset() {
      setDraft({});
      setBase({});
    },
  };
}
