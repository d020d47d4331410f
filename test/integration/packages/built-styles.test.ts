import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { BuildOptions } from 'esbuild';
import type { InlineConfig } from 'vite';
import { chromiumMissing, findChromium, visit } from '../../support/browser.ts';
import { assertLooksLikeSource } from '../../support/compare-styles.ts';
import { unpackPackages } from '../../support/packed-packages.ts';
import { makeTemporaryDirectory } from '../../support/run-directory.ts';
import { serveFolder } from '../../support/serve-folder.ts';
import { skipBecause } from '../../support/skip.ts';

/** Browsers for which minifiers rewrite most of what the style sheet uses. */
const oldBrowsers = ['chrome80', 'firefox78', 'safari13.1'];

/** `test/bundlers` does the same with Next and webpack. */
describe('@rollcall/react/styles.css of the packed package, in production builds', () => {
  let folder: string;

  before(async function () {
    if ((await findChromium()) === null) skipBecause(this, chromiumMissing);
    folder = makeTemporaryDirectory('built-styles');
    await unpackPackages(folder);
    writeFileSync(path.join(folder, 'main.js'), "import '@rollcall/react/styles.css';");
  });

  function indexWith(head: string): string {
    return `<!doctype html><html lang="en"><head><title>Styles</title><link rel="icon" href="data:,">${head}</head><body></body></html>`;
  }

  async function assertBuiltLooksLikeSource(site: string): Promise<void> {
    await using served = await serveFolder(site);
    await using visitor = await visit(served.url, '/');
    await assertLooksLikeSource(visitor.page);
  }

  const configurations: Readonly<Record<string, InlineConfig>> = {
    'without a configuration': {},
    'for old browsers': { build: { cssTarget: oldBrowsers } },
    'with the transformer lightningcss for old browsers': {
      css: { transformer: 'lightningcss', lightningcss: { targets: { chrome: 80 << 16, safari: 13 << 16 } } },
      build: { cssTarget: oldBrowsers },
    },
    'with the minifier esbuild': { build: { cssMinify: 'esbuild' } },
  };
  for (const [how, config] of Object.entries(configurations)) {
    it(`Vite ${how} keeps the look of the components in each theme`, async () => {
      const { build } = await import('vite');
      writeFileSync(path.join(folder, 'index.html'), indexWith('<script type="module" src="/main.js"></script>'));
      const outDir = makeTemporaryDirectory('vite-site');
      await build({ root: folder, configFile: false, logLevel: 'error', ...config, build: { outDir, ...config.build } });
      await assertBuiltLooksLikeSource(outDir);
    });
  }

  const targets: Readonly<Record<string, BuildOptions>> = { 'without a target': {}, 'for old browsers': { target: oldBrowsers } };
  for (const [how, options] of Object.entries(targets)) {
    it(`esbuild ${how} keeps the look of the components in each theme`, async () => {
      const { build } = await import('esbuild');
      const outdir = path.join(makeTemporaryDirectory('esbuild-site'));
      mkdirSync(outdir, { recursive: true });
      await build({ entryPoints: [path.join(folder, 'main.js')], bundle: true, minify: true, logLevel: 'error', outdir, ...options });
      writeFileSync(path.join(outdir, 'index.html'), indexWith('<link rel="stylesheet" href="/main.css">'));
      await assertBuiltLooksLikeSource(outdir);
    });
  }
});
