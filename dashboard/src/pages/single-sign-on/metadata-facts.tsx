import type { MetadataPreview } from '@rollcall/client';
import { Badge } from '../../kit/badge.tsx';
import { Notice } from '../../kit/notice.tsx';
import { formatDate } from '../../shell/format-time.ts';

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

export function Certificates({ certificates }: Pick<MetadataPreview, 'certificates'>) {
  return certificates.map(({ fingerprint, notAfter }) => (
    <div key={fingerprint}>
      <dt>Certificate</dt>
      <dd>
        <code className="fingerprint">{fingerprint}</code>
        <br />
        Valid until {formatDate(notAfter)} {Date.parse(notAfter) < Date.now() && <Badge tone="bad">Expired</Badge>}
      </dd>
    </div>
  ));
}
