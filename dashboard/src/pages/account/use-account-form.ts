import { OrgError } from '@rollcall/client';
import { useState } from 'react';
import { useToasts } from '../../kit/toast-context.ts';
import { formErrorsOf, shownBy } from '../../live/field-errors.ts';
import { useSudo } from '../../session/sudo.tsx';

/**
 * Sends a form of the account page. Errors about no field of its own are shown at the first one.
 */
export function useAccountForm(...fields: readonly [string, ...string[]]) {
  const withSudo = useSudo();
  const toasts = useToasts();
  const [errors, setErrors] = useState<Readonly<Record<string, string>>>({});
  const [isBusy, setBusy] = useState(false);
  /** Resolves to whether the call succeeded. */
  const submit = async (call: () => Promise<unknown>, done: string): Promise<boolean> => {
    if (isBusy) return false;
    setBusy(true);
    setErrors({});
    try {
      await withSudo(call);
      toasts.show({ text: done });
      return true;
    } catch (error) {
      if (!(error instanceof OrgError)) throw error;
      const { form, ...own } = shownBy(fields, formErrorsOf(error));
      const [first] = fields;
      setErrors(form === undefined ? own : { ...own, [first]: [own[first], form].filter(Boolean).join(' ') });
      return false;
    } finally {
      setBusy(false);
    }
  };
  return { errors, isBusy, submit };
}
