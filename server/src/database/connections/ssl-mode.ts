import { accessSync, constants } from 'node:fs';

/**
 * What `sslmode` in DATABASE_URL means. Left to itself, pg verifies the certificate and the host in each mode but `disable`,
 * and fails where libpq would fall back to a connection without TLS.
 */

const modes = ['disable', 'require', 'verify-ca', 'verify-full'] as const;
type SslMode = (typeof modes)[number];

/** libpq's names for files, which pg reads too. */
const files = ['sslrootcert', 'sslcert', 'sslkey'] as const;

/** Modes that others have, and what to write for them. */
const refused: Readonly<Record<string, string>> = {
  allow: 'it may connect without TLS',
  prefer: 'it may connect without TLS',
  'no-verify': 'libpq has no such mode, and calls it require',
};

/**
 * The URL as pg must get it, so that each mode does what it does in libpq.
 * @param fallback PGSSLMODE, which counts where the URL has no `sslmode`
 * @throws Error that says what is wrong, to be put behind the variable's name
 */
export function withSslMode(databaseUrl: string, fallback: string | undefined): string {
  // No `URL` would take several hosts.
  const [base, query = ''] = databaseUrl.split('?', 2);
  const searchParams = new URLSearchParams(query);
  const mode = searchParams.get('sslmode') ?? fallback ?? null;
  const isSystem = searchParams.get('sslrootcert') === 'system';
  // Node's own certificate authorities, which pg uses where no file is named.
  if (isSystem) searchParams.delete('sslrootcert');
  const given = files.filter((name) => searchParams.has(name));
  if (mode === null && (isSystem || given.length > 0)) throw new Error(`has ${given[0] ?? 'sslrootcert'} and no sslmode: add ${listed}`);
  if (mode === null) return databaseUrl;
  assertMode(mode);
  if (isSystem && mode !== 'verify-full') throw new Error(`has sslrootcert=system, which works with sslmode=verify-full only`);
  if (mode === 'verify-ca' && !given.includes('sslrootcert')) throw new Error('has sslmode=verify-ca, which needs sslrootcert, a file');
  for (const name of given) assertReadable(name, searchParams.get(name)!);
  searchParams.set('sslmode', mode);
  searchParams.set('uselibpqcompat', 'true');
  return `${base}?${searchParams}`;
}

const listed = `sslmode=${modes.join(', ')}`;

function assertMode(mode: string): asserts mode is SslMode {
  if ((modes as readonly string[]).includes(mode)) return;
  const because = Object.hasOwn(refused, mode) ? ` (${refused[mode]})` : '';
  throw new Error(`has sslmode=${mode}${because}: use one of ${modes.join(', ')}`);
}

function assertReadable(name: string, file: string): void {
  try {
    accessSync(file, constants.R_OK);
  } catch {
    throw new Error(`has ${name}=${file}, a file that cannot be read`);
  }
}
