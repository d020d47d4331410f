import { type MetadataPreview, OrgError, type RestAuthProvider } from '@rollcall/client';
import { useState } from 'react';
import { useCommands } from '../../live/commands.tsx';
import { type FormErrors, formErrorsOf, shownBy } from '../../live/field-errors.ts';
import { useOrganization } from '../../live/organization.tsx';
import { useSudo } from '../../session/sudo.tsx';
import { type ConfigDraft, type ConfigKind, configErrorsOf, configOf, draftOf, fieldsOf, isOtherProvider } from './config-draft.ts';
import { type MetadataChange, metadataChanges } from './metadata-changes.ts';

/** The form of a provider's values: its draft, the preview of metadata, and saving. */
export function useConfigForm(key: string, kind: ConfigKind, provider: RestAuthProvider | null, onSaved: () => void) {
  const org = useOrganization();
  const withSudo = useSudo();
  const { run } = useCommands();
  const saved = provider?.details?.config ?? null;
  const [draft, setDraft] = useState<ConfigDraft | null>(null);
  const [preview, setPreview] = useState<MetadataPreview | null>(null);
  const [errors, setErrors] = useState<FormErrors>({});
  const [isBusy, setBusy] = useState(false);
  const [reloaded, setReloaded] = useState<readonly MetadataChange[] | null>(null);
  const shown = draft ?? draftOf(saved);
  /** Whether the saved values come from a URL, and can be read from it again. */
  const canReload = draft === null && saved !== null && 'metadata_url' in saved && saved.metadata_url !== null;

  const change = (changes: Partial<ConfigDraft>) => {
    setDraft({ ...shown, ...changes });
    setPreview(null);
    setReloaded(null);
  };
  const readMetadata = async () => {
    const { source, metadataUrl, metadataXml } = shown;
    return withSudo(() => org.read.previewMetadata(source === 'url' ? { url: metadataUrl.trim() } : { xml: metadataXml }));
  };
  /** Runs a part of the form and shows its errors. Resolves to null after an error. */
  const attempt = async <T>(part: () => Promise<T>): Promise<T | null> => {
    setErrors({});
    setBusy(true);
    try {
      return await part();
    } catch (error) {
      setErrors(shownBy(fieldsOf(kind, shown), errorsOf(error)));
      return null;
    } finally {
      setBusy(false);
    }
  };
  const showPreview = () => attempt(async () => setPreview(await readMetadata()));
  /** Resolves to whether the values name another provider. Null after an error. */
  const findOther = () =>
    attempt(async () => {
      if (!saved) return false;
      const known = isOtherProvider(kind, shown, saved, preview?.entityId ?? null);
      if (known !== null) return known;
      const read = await readMetadata();
      setPreview(read);
      return isOtherProvider(kind, shown, saved, read.entityId) === true;
    });
  const save = () =>
    attempt(async () => {
      const config = configOf(kind, shown, saved);
      const changesOf = ({ details }: RestAuthProvider) => metadataChanges(provider?.details ?? null, details ?? null);
      const { data } = await run<RestAuthProvider>({
        send: () => (provider ? org.updateAuthProvider({ config }) : org.createAuthProvider({ key, config })),
        keys: ['auth-provider'],
        done: (after) => {
          if (!provider) return 'Saved the provider as a draft. Test it next.';
          return canReload && changesOf(after).length === 0 ? 'The metadata hasn’t changed.' : 'Saved the provider’s values. Test it next.';
        },
        showsRefusal: () => true,
      });
      setDraft(null);
      setPreview(null);
      setReloaded(canReload ? changesOf(data) : null);
      onSaved();
    });
  const discard = () => {
    setDraft(null);
    setPreview(null);
    setErrors({});
  };
  return {
    draft: shown,
    isChanged: draft !== null,
    canReload,
    reloaded,
    preview,
    errors,
    isBusy,
    change,
    showPreview,
    findOther,
    save,
    discard,
  };
}

function errorsOf(error: unknown): FormErrors {
  const body = error instanceof OrgError ? error.body : null;
  if (body === null || typeof body !== 'object' || !('config' in body) || !Array.isArray(body.config)) return formErrorsOf(error);
  const { config: _, ...others } = formErrorsOf(error);
  const own = configErrorsOf(body.config.map(String));
  const form = [others.form, own.form].filter(Boolean).join(' ');
  return { ...others, ...own, ...(form && { form }) };
}
