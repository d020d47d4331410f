import type { MetadataPreview } from '@rollcall/client';
import { Badge } from '../../kit/badge.ts';
import { Notice } from '../../kit/notice.tsx';
import { formatDate } from '../../shell/format-time.ts';
import type { Certificate, MetadataChange } from './metadata-changes.ts';

/** The values that the server has read from metadata. */
export function MetadataFacts({ preview }: { readonly preview: MetadataPreview }) {
  return (
    <section className="metadata-facts" aria-label="Metadata preview">
      <dl className="details-read">
        <Fact name="Entity ID" value={preview.entityId} />
        <Fact name="Login URL" value={preview.ssoUrl} />
        <Certificates certificates={preview.certificates} />
      </dl>
      {preview.warnings.map((warning) => (
        <Notice key={warning}>{warning}</Notice>
      ))}
    </section>
  );
}

export function Fact({ name, value }: { readonly name: string; readonly value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

const changedNames = { 'entity-id': 'Entity ID', 'login-url': 'Login URL' } as const;
const certificateNames = { added: 'New certificate', removed: 'Removed certificate' } as const;

/** The result of another import of the metadata. */
export function ReloadedMetadata({ changes }: { readonly changes: readonly MetadataChange[] }) {
  if (changes.length === 0) return <p className="step-note">The metadata hasn’t changed.</p>;
  return (
    <section className="metadata-facts" aria-label="Changes of the metadata">
      <dl className="details-read">
        {changes.map((change) =>
          'certificate' in change ? (
            <CertificateFact key={change.certificate.fingerprint} name={certificateNames[change.kind]} certificate={change.certificate} />
          ) : (
            <Fact key={change.kind} name={changedNames[change.kind]} value={`${change.after} (before: ${change.before})`} />
          ),
        )}
      </dl>
    </section>
  );
}

export function Certificates({ certificates }: Pick<MetadataPreview, 'certificates'>) {
  return certificates.map((certificate) => <CertificateFact key={certificate.fingerprint} name="Certificate" certificate={certificate} />);
}

interface CertificateFactProps {
  readonly name: string;
  readonly certificate: Certificate;
}

function CertificateFact({ name, certificate: { fingerprint, notAfter } }: CertificateFactProps) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        <code className="fingerprint">{fingerprint}</code>
        <br />
        Valid until {formatDate(notAfter)} {Date.parse(notAfter) < Date.now() && <Badge tone="bad">Expired</Badge>}
      </dd>
    </div>
  );
}
