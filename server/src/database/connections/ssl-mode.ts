import { accessSync, constants } from 'node:fs';

/**
 * The meaning of `sslmode` in DATABASE_URL. By default, pg verifies the certificate and the host in
 * every mode but `disable`. It fails where libpq would fall back to a connection without TLS.
 */

const modes = ['disable', 'require', 'verify-ca', 'verify-full'] as const;
type SslMode = (typeof modes)[number];

/** libpq's parameters for files. pg reads them too. */
const files = ['sslrootcert', 'sslcert', 'sslkey'] as const;

/**
 * All parameters for TLS that pg knows. Another one, such as a misspelt `sslmode`, would have no
 * effect, and the connection might have no TLS.
 */
const known: readonly string[] = ['sslmode', ...files, 'ssl', 'sslnegotiation'];

/** Modes of other clients, each with the reason for refusing it. */
const refused: Readonly<Record<string, string>> = {
  allow: 'it may connect without TLS',
  prefer: 'it may connect without TLS',
  'no-verify': 'libpq has no such mode; the equivalent is require',
};

/**
 * Rewrites the URL for pg, so that each mode has the same effect as in libpq.
 * @param fallback PGSSLMODE, used if the URL has no `sslmode`
 * @throws Error whose message continues a sentence that begins with the variable's name
 */
export function withSslMode(databaseUrl: string, fallback: string | undefined): string {
  // `URL` does not accept several hosts.
  const [base, query = ''] = databaseUrl.split('?', 2);
  const searchParams = new URLSearchParams(query);
  const unknown = [...searchParams.keys()].find((name) => name.startsWith('ssl') && !known.includes(name));
  if (unknown !== undefined) throw new Error(`has ${unknown}, which is not supported. Use ${['sslmode', ...files].join(', ')}`);
  const mode = searchParams.get('sslmode') ?? fallback ?? null;
  const isSystem = searchParams.get('sslrootcert') === 'system';
  // Without a file, pg uses Node's certificate authorities.
  if (isSystem) searchParams.delete('sslrootcert');
  const given = files.filter((name) => searchParams.has(name));
  if (mode === null && (isSystem || given.length > 0)) throw new Error(`has ${given[0] ?? 'sslrootcert'} but no sslmode. Add ${listed}`);
  if (mode === null) return databaseUrl;
  assertMode(mode);
  if (isSystem && mode !== 'verify-full') throw new Error(`has sslrootcert=system, which requires sslmode=verify-full`);
  if (mode === 'verify-ca' && !given.includes('sslrootcert'))
    throw new Error('has sslmode=verify-ca but no sslrootcert. Set sslrootcert to a file with the certificate authority');
  for (const name of given) assertReadable(name, searchParams.get(name)!);
  searchParams.set('sslmode', mode);
  searchParams.set('uselibpqcompat', 'true');
  return `${base}?${searchParams}`;
}

const listed = `sslmode=${modes.join(', ')}`;

function assertMode(mode: string): asserts mode is SslMode {
  if ((modes as readonly string[]).includes(mode)) return;
  const because = Object.hasOwn(refused, mode) ? ` (${refused[mode]})` : '';
  throw new Error(`has sslmode=${mode}, which is not supported${because}. Use one of ${modes.join(', ')}`);
}

function assertReadable(name: string, file: string): void {
  try {
    accessSync(file, constants.R_OK);
  } catch {
    throw new Error(`has ${name}=${file}, but that file cannot be read`);
  }
}
