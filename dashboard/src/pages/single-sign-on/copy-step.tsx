import type { AuthProviderDetails } from '@rollcall/client';
import { NamedCopyField } from '../../kit/copy-field.tsx';
import type { ConfigKind } from './config-draft.ts';
import { Step } from './step.tsx';

interface CopyStepProps {
  readonly kind: ConfigKind | null;
  readonly organizationId: string;
  /** Null before the provider was saved. */
  readonly details: AuthProviderDetails | null;
}

/** The addresses of this server that an administrator enters at the provider. */
export function CopyStep({ kind, organizationId, details }: CopyStepProps) {
  const values = kind === null ? [] : kind === 'saml' ? samlValues(organizationId, details) : oidcValues(organizationId, details);
  return (
    <Step
      number={2}
      title="Register this server"
      description="Create an application at the provider, and enter these values there."
      isDone={details?.lastTestedAt != null}
      whyNot={kind === null ? 'Choose the provider first.' : null}
    >
      <div className="section-form">
        {values.map(([label, hint, text]) => (
          <NamedCopyField key={label} name={label} text={text} hint={hint} />
        ))}
      </div>
    </Step>
  );
}

type Value = readonly [label: string, hint: string, text: string];

function samlValues(organizationId: string, details: AuthProviderDetails | null): readonly Value[] {
  const metadata = details?.metadata_url ?? `${location.origin}/saml/metadata/${organizationId}/`;
  const acs = details?.acs_url ?? `${location.origin}/saml/acs/${organizationId}/`;
  return [
    ['ACS URL', 'Also called single sign-on URL or reply URL.', acs],
    [
      'Entity ID',
      `Also called audience or identifier. ${details ? 'It is also the URL of this server’s metadata.' : 'After you save the provider, this URL returns this server’s metadata.'}`,
      details?.entity_id ?? metadata,
    ],
  ];
}

function oidcValues(organizationId: string, details: AuthProviderDetails | null): readonly Value[] {
  const uri = details?.redirect_uri ?? `${location.origin}/auth/oidc/${organizationId}/callback/`;
  return [['Redirect URI', 'Also called callback URL.', uri]];
}
