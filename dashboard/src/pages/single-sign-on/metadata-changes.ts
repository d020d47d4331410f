import type { AuthProviderDetails } from '@rollcall/client';

export type Certificate = AuthProviderDetails['certificates'][number];

/** A value that another import of the metadata has changed. */
export type MetadataChange =
  | { readonly kind: 'added' | 'removed'; readonly certificate: Certificate }
  | { readonly kind: 'login-url' | 'entity-id'; readonly before: string; readonly after: string };

type Imported = Pick<AuthProviderDetails, 'certificates' | 'config'>;

/** Empty if nothing has changed, or if the provider is not one of SAML. */
export function metadataChanges(before: Imported | null, after: Imported | null): readonly MetadataChange[] {
  if (!before || !after || !('sso_url' in before.config) || !('sso_url' in after.config)) return [];
  const missingIn = (list: readonly Certificate[]) => (certificate: Certificate) =>
    !list.some(({ fingerprint }) => fingerprint === certificate.fingerprint);
  const values = [
    { kind: 'entity-id', before: before.config.entity_id, after: after.config.entity_id },
    { kind: 'login-url', before: before.config.sso_url, after: after.config.sso_url },
  ] as const;
  return [
    ...values.filter((value) => value.before !== value.after),
    ...after.certificates.filter(missingIn(before.certificates)).map((certificate) => ({ kind: 'added', certificate }) as const),
    ...before.certificates.filter(missingIn(after.certificates)).map((certificate) => ({ kind: 'removed', certificate }) as const),
  ];
}
