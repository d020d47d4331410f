import { cpSync, existsSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { run } from './executables.ts';
import { makeTemporaryDirectory } from './run-directory.ts';
import { repository } from './source-files.ts';

/** The published packages, by folder. */
export const publishedPackages = {
  protocol: '@rollcall/protocol',
  migrations: '@rollcall/migrations',
  'client-sdk': '@rollcall/client',
  react: '@rollcall/react',
  server: '@rollcall/server',
} as const;

/** Every entry that a package exports. */
export const publishedEntries: readonly string[] = [
  '@rollcall/client',
  '@rollcall/client/express',
  '@rollcall/client/fetch',
  '@rollcall/client/react',
  '@rollcall/client/testing',
  '@rollcall/migrations',
  '@rollcall/protocol',
  '@rollcall/protocol/rest',
  '@rollcall/protocol/rest/shapes',
  '@rollcall/react',
  '@rollcall/react/parts',
  '@rollcall/server',
];

/**
 * The tarballs that `npm pack` makes of what `npm run build` has built. It runs in a temporary
 * folder and builds nothing, because other tests use the packages at the same time.
 */
export async function packPackages(): Promise<string[]> {
  const copy = makeTemporaryDirectory('copy');
  const folders = Object.keys(publishedPackages);
  const isWanted = (file: string) => !/[\\/](node_modules|src)$/.test(file);
  for (const folder of folders) cpSync(path.join(repository, folder), path.join(copy, folder), { recursive: true, filter: isWanted });
  const site = 'dashboard/dist/site';
  cpSync(path.join(repository, site), path.join(copy, site), { recursive: true });
  const tarballs = path.join(copy, 'tarballs');
  mkdirSync(tarballs);
  await run('npm', ['pack', '--silent', '--pack-destination', tarballs, ...folders.map((folder) => `./${folder}`)], { cwd: copy });
  return readdirSync(tarballs).map((name) => path.join(tarballs, name));
}

/**
 * Unpacks the packed packages into a folder, beside links to the installed packages. That takes a
 * few seconds, and needs no registry.
 */
export async function unpackPackages(folder: string): Promise<void> {
  linkInstalled('node_modules', path.join(folder, 'node_modules'));
  const tarballs = await packPackages();
  for (const [source, name] of Object.entries(publishedPackages)) {
    const unpacked = path.join(folder, 'node_modules', name);
    await unpackPackage(tarballs, name, unpacked);
    linkInstalled(`${source}/node_modules`, path.join(unpacked, 'node_modules'));
  }
}

/** Unpacks one of the tarballs of `packPackages`. */
export async function unpackPackage(tarballs: readonly string[], name: string, folder: string): Promise<void> {
  const file = tarballs.find((tarball) => path.basename(tarball).startsWith(name.replace('@', '').replace('/', '-')));
  if (file === undefined) throw new Error(`no ${name} in ${tarballs}`);
  mkdirSync(folder, { recursive: true });
  await run('tar', ['-xzf', file, '-C', folder, '--strip-components=1']);
}

function linkInstalled(from: string, to: string): void {
  const installed = path.join(repository, from);
  if (!existsSync(installed)) return;
  mkdirSync(to, { recursive: true });
  for (const name of readdirSync(installed)) {
    if (name !== '@rollcall' && !name.startsWith('.')) symlinkSync(path.join(installed, name), path.join(to, name));
  }
}
