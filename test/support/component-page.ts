import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import path from 'node:path';
import { build } from 'esbuild';
import { run } from './executables.ts';
import { makeTemporaryDirectory } from './run-directory.ts';
import { repository } from './source-files.ts';

export interface ComponentPage extends AsyncDisposable {
  readonly url: string;
}

/** Bundles a program that uses the components, from their sources, as an application would. */
async function bundle(program: string, platform: 'browser' | 'node') {
  const { outputFiles } = await build({
    stdin: { contents: program, loader: 'tsx', resolveDir: path.join(repository, 'react') },
    bundle: true,
    platform,
    format: platform === 'node' ? 'cjs' : 'esm',
    jsx: 'automatic',
    conditions: ['@rollcall/source'],
    write: false,
    outdir: '/',
  });
  return outputFiles;
}

/** Runs a program in Node, and returns what it prints. */
export async function runComponentProgram(program: string, env: NodeJS.ProcessEnv): Promise<string> {
  const file = path.join(makeTemporaryDirectory('component-program'), 'program.cjs');
  writeFileSync(file, (await bundle(program, 'node')).find((output) => output.path.endsWith('.js'))!.contents);
  return run(process.execPath, [file], { env: { PATH: process.env.PATH, ...env } });
}

/** Serves a page with the components. `root` is the HTML that a server rendered. */
export async function serveComponentPage(program: string, port: number, root = ''): Promise<ComponentPage> {
  const files = new Map((await bundle(program, 'browser')).map(({ path: name, contents }) => [name, contents]));
  const html = `<!doctype html><html lang="en"><title>Components</title>
    <meta name="viewport" content="width=device-width"><style>:root { color-scheme: light dark; background: light-dark(white, black); color: light-dark(black, white); }</style>
    <link rel="icon" href="data:,"><link rel="stylesheet" href="/stdin.css">
    <main><h1>Components</h1><div id="root">${root}</div></main><script type="module" src="/stdin.js"></script>`;
  const server = createServer(({ url }, response) => {
    const type = url!.endsWith('.js') ? 'text/javascript' : url!.endsWith('.css') ? 'text/css' : 'text/html';
    response.setHeader('Content-Type', `${type}; charset=utf-8`).end(files.get(url!) ?? html);
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
