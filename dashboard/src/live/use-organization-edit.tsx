import { type OrganizationChanges, type OrganizationRecord, OrgError } from '@rollcall/client';
import { type ReactNode, useCallback } from 'react';
import { fieldErrorsOf } from './field-errors.ts';
import { useOrganization } from './organization.tsx';
import { useEdit } from './use-edit.tsx';

/** Fields that PUT accepts in the same form as the record has them. */
type Editable = Exclude<keyof OrganizationChanges & keyof OrganizationRecord, 'trustedRelays'>;
export type FieldsEdited = Partial<Pick<OrganizationRecord, Editable>>;

export interface OrganizationEdit {
  /** The edited value, for the title of the conflict dialog: "Default role". */
  readonly what: string;
  /** The values when editing began, and the new values of the same fields. */
  readonly base: FieldsEdited;
  readonly mine: FieldsEdited;
  readonly keys: readonly string[];
  readonly done?: string;
  show(values: FieldsEdited): ReactNode;
}

export type EditOutcome = 'saved' | 'kept-theirs' | Readonly<Record<string, string>>;

/**
 * Saves fields of the organization unless another user changed them. `save` resolves to the errors
 * by field if the server rejected some; other errors were shown. The component must render
 * `conflict`.
 */
export function useOrganizationEdit() {
  const org = useOrganization();
  const { saveEdit, conflict } = useEdit();
  const save = useCallback(
    async ({ base, mine, ...edit }: OrganizationEdit): Promise<EditOutcome> => {
      const names = Object.keys(mine) as (keyof FieldsEdited)[];
      const read = () => Object.fromEntries(names.map((name) => [name, org.state.organization?.[name]])) as FieldsEdited;
      const ordered = (values: FieldsEdited) => Object.fromEntries(names.map((name) => [name, values[name]])) as FieldsEdited;
      const isShownHere = (error: OrgError) => names.some((name) => Object.hasOwn(fieldErrorsOf(error), name));
      try {
        const isMine = await saveEdit({
          ...edit,
          base: ordered(base),
          mine,
          read,
          showsRefusal: isShownHere,
          save: (values, options) => org.updateOrganization(values, options),
        });
        return isMine ? 'saved' : 'kept-theirs';
      } catch (error) {
        if (error instanceof OrgError) return fieldErrorsOf(error);
        throw error;
      }
    },
    [org, saveEdit],
  );
  return { save, conflict };
}
