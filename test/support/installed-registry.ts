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
  const server = createServer((request, response) => {
    const [, isTarball, name] = /^\/(tarball\/)?(.+)$/.exec(decodeURIComponent(request.url!)) ?? [];
    const manifest = name === undefined ? null : readManifest(name);
    if (!manifest) {
      response.writeHead(404).end('{}');
    } else if (isTarball) {
      const folder = path.join(repository, 'node_modules', name!);
      const tar = spawn('tar', ['-cz', '--exclude=node_modules', '-C', path.dirname(folder), path.basename(folder)]);
      tar.stdout.pipe(response);
    } else {
      const version = { ...manifest, dist: { tarball: `${url}/tarball/${name}` } };
      response.end(JSON.stringify({ name, 'dist-tags': { latest: manifest.version }, versions: { [manifest.version]: version } }));
    }
  });
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

function readManifest(name: string): { readonly version: string } | null {
  try {
    return JSON.parse(readSource(`node_modules/${name}/package.json`));
  } catch {
    return null;
  }
}
