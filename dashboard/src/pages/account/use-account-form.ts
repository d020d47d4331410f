import { OrgError } from '@rollcall/client';
import { useState } from 'react';
import { useToasts } from '../../kit/toast-context.ts';
import { explain } from '../../live/explain.ts';
import { fieldErrorsOf } from '../../live/field-errors.ts';
import { useSudo } from '../../session/sudo.tsx';

/** Sends a form of the account page. Errors about the whole form are shown at `field`. */
export function useAccountForm(field: string) {
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
      const byField = fieldErrorsOf(error);
      if (error.code !== 'aborted') setErrors(Object.keys(byField).length > 0 ? byField : { [field]: explain(error) });
      return false;
    } finally {
      setBusy(false);
    }
  };
  return { errors, isBusy, submit };
}
