// Finds a Redis server program, or unpacks Debian's into the cache without installing it.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { canRun, onPath, run } from './executables.ts';
import { cacheDirectory, makeTemporaryDirectory } from './run-directory.ts';

export interface RedisBinary {
  readonly command: string;
  readonly env: Readonly<Record<string, string>>;
}

export async function findRedis(): Promise<RedisBinary> {
  for (const name of ['redis-server', 'valkey-server']) {
    const command = onPath(name);
    const binary = { command: command ?? '', env: { PATH: process.env.PATH ?? '' } };
    if (command && (await runs(binary))) return binary;
  }
  let reason = 'there is no apt-get on this machine';
  if (onPath('apt-get') && onPath('dpkg-deb')) {
    try {
      return await unpackDebianPackages();
    } catch (error) {
      reason = `fetching Debian's packages failed: ${(error as Error).message.trim()}`;
    }
  }
  throw new Error(
    'Found no redis-server or valkey-server (7 or newer). Install one with: ' +
      'apt-get install redis-server | brew install redis; ' +
      'or start one with: docker run -p 6379:6379 redis, and set REDIS_URL=redis://127.0.0.1:6379 ' +
      `(tests that kill Redis or need a cluster still require the program itself). Unpacking it here failed: ${reason}`,
  );
}

function runs(binary: RedisBinary): Promise<boolean> {
  return canRun(binary.command, ['--version'], { env: binary.env });
}

/**
 * Works without root: nothing is installed, and the package lists are separate if the system has
 * none.
 */
async function unpackDebianPackages(): Promise<RedisBinary> {
  const unpacked = path.join(cacheDirectory(), `redis-${debianRelease()}-${process.arch}`);
  if (!existsSync(unpacked)) {
    const partial = makeTemporaryDirectory('redis-packages');
    const content = path.join(partial, 'content');
    await mkdir(content);
    for (const file of await download(partial)) await run('dpkg-deb', ['-x', file, content]);
    // Renamed into place when complete, so that no process ever sees an incomplete directory.
    await rename(content, unpacked).catch((error: NodeJS.ErrnoException) => {
      // Another test process was first.
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
    });
    await rm(partial, { recursive: true });
  }
  const libraries = path.join(unpacked, 'usr', 'lib');
  const libraryPath = readdirSync(libraries)
    .filter((name) => name.includes('-linux-'))
    .map((name) => path.join(libraries, name));
  const binary = {
    command: path.join(unpacked, 'usr', 'bin', 'redis-server'),
    env: { PATH: process.env.PATH ?? '', LD_LIBRARY_PATH: libraryPath.join(':') },
  };
  if (!(await runs(binary))) throw new Error(`the unpacked ${binary.command} doesn't run`);
  return binary;
}

async function download(directory: string): Promise<string[]> {
  const debs = path.join(directory, 'debs');
  await mkdir(debs);
  try {
    await downloadMissing(debs, []);
  } catch {
    // No package lists (as in most container images), or lists so old that the server no longer has
    // those files.
    const lists = path.join(directory, 'lists');
    await mkdir(path.join(lists, 'partial'), { recursive: true });
    const options = ['-o', `Dir::State::Lists=${lists}`, '-o', `Dir::Cache=${directory}`, '-o', 'APT::Sandbox::User=root'];
    await run('apt-get', [...options, '-qq', 'update']);
    await downloadMissing(debs, options);
  }
  return (await readdir(debs)).filter((name) => name.endsWith('.deb')).map((name) => path.join(debs, name));
}

/** Simulating the installation lists the libraries that are not on this machine. */
async function downloadMissing(directory: string, options: readonly string[]): Promise<void> {
  const plan = await run('apt-get', [...options, '-qq', '--simulate', '--no-install-recommends', 'install', 'redis-server']);
  const packages = [...plan.matchAll(/^Inst (\S+)/gm)].map((match) => match[1]!);
  await run('apt-get', [...options, '-qq', 'download', ...(packages.length > 0 ? packages : ['redis-server'])], { cwd: directory });
}

function debianRelease(): string {
  const release = existsSync('/etc/os-release') ? readFileSync('/etc/os-release', 'utf8') : '';
  return /^VERSION_CODENAME=(\w+)$/m.exec(release)?.[1] ?? 'unknown';
}
