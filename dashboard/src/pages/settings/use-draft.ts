import type { OrganizationRecord } from '@rollcall/client';
import { useState } from 'react';
import type { FieldsEdited } from '../../live/use-organization-edit.tsx';

/**
 * Unsaved edits of the organization's fields, and the values when editing began. Fields without
 * edits show the live state.
 */
export function useDraft<Name extends keyof FieldsEdited & keyof OrganizationRecord>(organization: OrganizationRecord) {
  const [draft, setDraft] = useState<{ readonly base: FieldsEdited; readonly mine: FieldsEdited }>({ base: {}, mine: {} });
  const isIn = (name: Name) => Object.hasOwn(draft.mine, name);
  return {
    ...draft,
    isDirty: Object.keys(draft.mine).length > 0,
    valueIn: (name: Name): OrganizationRecord[Name] => (isIn(name) ? draft.mine[name] : organization[name]) as OrganizationRecord[Name],
    change(name: Name, value: OrganizationRecord[Name]) {
      const base = isIn(name) ? draft.base[name] : organization[name];
      const isBack = JSON.stringify(value) === JSON.stringify(base);
      const without = (fields: FieldsEdited) => Object.fromEntries(Object.entries(fields).filter(([key]) => key !== name));
      setDraft({
        base: { ...without(draft.base), ...(isBack ? {} : { [name]: base }) },
        mine: { ...without(draft.mine), ...(isBack ? {} : { [name]: value }) },
      });
    },
    reset: () => setDraft({ base: {}, mine: {} }),
  };
}
