import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { chromiumMissing, findChromium, visit } from '../support/browser.ts';
import { assertLooksLikeSource } from '../support/compare-styles.ts';
import { run } from '../support/executables.ts';
import { installFromRegistry } from '../support/install-from-registry.ts';
import { packPackages, unpackPackage } from '../support/packed-packages.ts';
import { makeTemporaryDirectory } from '../support/run-directory.ts';
import { serveFolder } from '../support/serve-folder.ts';
import { skipBecause } from '../support/skip.ts';
import { repository } from '../support/source-files.ts';

/** `test/integration/packages` does the same with Vite and esbuild, which are always installed. */
describe('@rollcall/react/styles.css of the packed package, built by Next and webpack', function () {
  this.timeout(600_000);
  let folder: string;

  before(async function () {
    if ((await findChromium()) === null) skipBecause(this, chromiumMissing);
    folder = makeTemporaryDirectory('bundlers');
    for (const file of ['package.json', 'package-lock.json', 'build-with-webpack.mjs'])
      cpSync(path.join(repository, 'test/bundlers', file), path.join(folder, file));
    await installFromRegistry(this, ['ci'], folder);
    await unpackPackage(await packPackages(), '@rollcall/react', path.join(folder, 'node_modules/@rollcall/react'));
  });

  async function assertBuiltLooksLikeSource(site: string): Promise<void> {
    await using served = await serveFolder(site);
    await using visitor = await visit(served.url, '/');
    await assertLooksLikeSource(visitor.page);
  }

  for (const bundler of ['turbopack', 'webpack']) {
    it(`Next with ${bundler} keeps the look of the components in each theme`, async () => {
      mkdirSync(path.join(folder, 'app'), { recursive: true });
      writeFileSync(path.join(folder, 'next.config.mjs'), "export default { output: 'export' };");
      writeFileSync(
        path.join(folder, 'app/layout.jsx'),
        `import '@rollcall/react/styles.css';
        export default function Layout({ children }) { return <html lang="en"><body>{children}</body></html>; }`,
      );
      writeFileSync(path.join(folder, 'app/page.jsx'), 'export default function Page() { return <p>Styles</p>; }');
      const env = { ...process.env, NODE_ENV: 'production', NEXT_TELEMETRY_DISABLED: '1' } as const;
      await run('npx', ['next', 'build', `--${bundler}`], { cwd: folder, env });
      await assertBuiltLooksLikeSource(path.join(folder, 'out'));
    });
  }

  it('webpack keeps the look of the components in each theme', async () => {
    writeFileSync(path.join(folder, 'main.js'), "import '@rollcall/react/styles.css';");
    await run(process.execPath, ['build-with-webpack.mjs'], { cwd: folder });
    const site = path.join(folder, 'site');
    writeFileSync(path.join(site, 'index.html'), '<!doctype html><title>Styles</title><link rel="stylesheet" href="/main.css"><body>');
    await assertBuiltLooksLikeSource(site);
  });
});
