import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { readSource, repository } from './source-files.ts';

export interface InstalledRegistry extends AsyncDisposable {
  readonly url: string;
}

/** An npm registry of the installed packages, for running `npm install` offline. */
export async function startInstalledRegistry(): Promise<InstalledRegistry> {
  const folders = readInstalledFolders();
  const server = createServer((request, response) => {
    const [, isTarball, name] = /^\/(tarball\/)?(.+)$/.exec(decodeURIComponent(request.url!))!;
    if (isTarball) {
      const folder = path.join(repository, name!);
      // Not compressed, which would take most of the time of an installation.
      const tar = spawn('tar', ['-c', '--exclude=node_modules', '-C', path.dirname(folder), path.basename(folder)]);
      tar.stdout.pipe(response);
      return;
    }
    const installed = (folders.get(name!) ?? []).flatMap((folder) => readManifest(folder));
    if (installed.length === 0) {
      response.writeHead(404).end('{}');
      return;
    }
    const versions = Object.fromEntries(installed.map((manifest) => [manifest.version, withTarball(manifest)]));
    // npm's cache would otherwise keep the port of an earlier registry.
    response.setHeader('Cache-Control', 'no-store');
    response.end(JSON.stringify({ name, 'dist-tags': { latest: installed[0]!.version }, versions }));
  });
  const withTarball = (manifest: InstalledManifest) => ({ ...manifest, dist: { tarball: `${url}/tarball/${manifest.folder}` } });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

interface InstalledManifest {
  readonly folder: string;
  readonly version: string;
}

/** The folders of each package, the one that most others use first. */
function readInstalledFolders(): ReadonlyMap<string, readonly string[]> {
  const { packages } = JSON.parse(readSource('package-lock.json')) as { packages: Record<string, unknown> };
  const folders = new Map<string, string[]>();
  for (const folder of Object.keys(packages).sort((a, b) => a.length - b.length)) {
    const [, name] = /.*node_modules\/(.+)$/.exec(folder) ?? [];
    if (name !== undefined) folders.set(name, [...(folders.get(name) ?? []), folder]);
  }
  return folders;
}

/** Optional packages for other platforms are not installed. */
function readManifest(folder: string): InstalledManifest[] {
  try {
    return [{ ...JSON.parse(readSource(`${folder}/package.json`)), folder }];
  } catch {
    return [];
  }
}
