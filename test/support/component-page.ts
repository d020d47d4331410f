import { once } from 'node:events';
import { createServer } from 'node:http';
import path from 'node:path';
import { build } from 'esbuild';
import { repository } from './source-files.ts';

export interface ComponentPage extends AsyncDisposable {
  readonly url: string;
}

/** Serves a page with the components, from their sources, bundled as an application would. */
export async function serveComponentPage(program: string, port: number): Promise<ComponentPage> {
  const { outputFiles } = await build({
    stdin: { contents: program, loader: 'tsx', resolveDir: path.join(repository, 'react') },
    bundle: true,
    format: 'esm',
    jsx: 'automatic',
    conditions: ['@rollcall/source'],
    write: false,
    outdir: '/',
  });
  const files = new Map(outputFiles.map(({ path: name, contents }) => [name, contents]));
  const html = `<!doctype html><html lang="en"><title>Components</title>
    <meta name="viewport" content="width=device-width"><link rel="icon" href="data:,"><link rel="stylesheet" href="/stdin.css">
    <main><h1>Components</h1><div id="root"></div></main><script type="module" src="/stdin.js"></script>`;
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
