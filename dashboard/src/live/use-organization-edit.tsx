import { type OrganizationChanges, type OrganizationRecord, OrgError } from '@rollcall/client';
import { type ReactNode, useCallback } from 'react';
import { fieldErrorsOf } from './field-errors.ts';
import { useOrganization } from './organization.tsx';
import { useEdit } from './use-edit.tsx';

/** Fields of the organization that PUT takes as they are. */
type Editable = Exclude<keyof OrganizationChanges & keyof OrganizationRecord, 'trustedRelays'>;
export type FieldsEdited = Partial<Pick<OrganizationRecord, Editable>>;

export interface OrganizationEdit {
  /** In the conflict's words: "Default role". */
  readonly what: string;
  /** What was seen when the editing began, and what it should be: the same fields. */
  readonly base: FieldsEdited;
  readonly mine: FieldsEdited;
  readonly keys: readonly string[];
  readonly done?: string;
  show(values: FieldsEdited): ReactNode;
}

export type Outcome = 'saved' | 'kept-theirs' | Readonly<Record<string, string>>;

/**
 * Saves fields of the organization over what was seen of them. Resolves to what the server said against each field, where it
 * did; other refusals were said, and give none. Draw `conflict` somewhere.
 */
export function useOrganizationEdit() {
  const org = useOrganization();
  const { saveEdit, conflict } = useEdit();
  const save = useCallback(
    async ({ base, mine, ...edit }: OrganizationEdit): Promise<Outcome> => {
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
