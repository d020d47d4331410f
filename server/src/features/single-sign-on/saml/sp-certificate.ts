/** The key and certificate that this server uses with an organization's identity provider. */
export interface SpCertificate {
  /** PKCS #8, PEM. Signs requests and decrypts assertions. */
  readonly key: string;
  /** PEM. */
  readonly certificate: string;
}

const years = 10;

/** Creates a key with a self-signed certificate. Takes about a second, outside the event loop. */
export async function makeSpCertificate(): Promise<SpCertificate> {
  // Imported when it is needed, because the library would add 90 ms and 15 MB to each start.
  const { generate } = await import('selfsigned');
  const notAfterDate = new Date();
  notAfterDate.setFullYear(notAfterDate.getFullYear() + years);
  const made = await generate([{ name: 'commonName', value: 'Rollcall' }], {
    keySize: 3072,
    algorithm: 'sha256',
    notAfterDate,
    extensions: [{ name: 'keyUsage', digitalSignature: true, keyEncipherment: true, dataEncipherment: true }],
  });
  return { key: made.private, certificate: made.cert };
}
