import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { run } from '../../support/executables.ts';
import { publishedEntries, publishedPackages, unpackPackages } from '../../support/packed-packages.ts';
import { makeTemporaryDirectory } from '../../support/run-directory.ts';
import { compileApplication } from './compile-application.ts';

/**
 * Unpacked beside links to the installed packages, which takes a few seconds.
 * `packages.full.test.ts` installs them with npm.
 */
describe('the packed packages', () => {
  let folder: string;
  const ofPackage = (name: string) => path.join(folder, 'node_modules', name);

  before(async () => {
    folder = makeTemporaryDirectory('packages');
    await unpackPackages(folder);
  });

  it('a package contains its build, its license and its README, and neither sources nor tests nor source maps', () => {
    const more: Readonly<Record<string, readonly string[]>> = {
      '@rollcall/server': ['bin', 'common-passwords.txt', 'openapi-examples.json'],
      '@rollcall/react': ['styles.css', 'styles.css.d.ts'],
    };
    for (const name of Object.values(publishedPackages)) {
      const files = readdirSync(ofPackage(name), { recursive: true, encoding: 'utf8' }).filter((file) => !file.startsWith('node_modules'));
      const top = files.filter((file) => !file.includes(path.sep)).sort();
      assert.deepEqual(top, ['LICENSE', 'README.md', 'dist', 'package.json', ...(more[name] ?? [])].sort(), name);
      const surplus = files.filter((file) => /\.map$|\.tsbuildinfo$|\btests?\/|\.test\.|(?<!\.d)\.m?tsx?$/.test(file));
      assert.deepEqual(surplus, [], name);
    }
  });

  it('the package of the server contains the console with its compressed scripts', () => {
    const files = readdirSync(path.join(ofPackage('@rollcall/server'), 'dist/console'), { recursive: true, encoding: 'utf8' });
    assert.ok(files.includes('index.html'));
    assert.ok(files.some((file) => file.endsWith('.js.br')));
  });

  for (const [how, load] of Object.entries({ import: 'await import', require: 'require' })) {
    it(`every entry can be loaded by ${how}, and has its exports`, async () => {
      const counts = publishedEntries.map((entry) => `Object.keys(${load}('${entry}')).length`).join(', ');
      const type = how === 'import' ? 'module' : 'commonjs';
      const output = await run(process.execPath, [`--input-type=${type}`, '--eval', `console.log(JSON.stringify([${counts}]))`], {
        cwd: folder,
      });
      // The requests and responses of the REST API are types only.
      const empty = publishedEntries.filter((_, at) => JSON.parse(output)[at] === 0);
      assert.deepEqual(empty, ['@rollcall/protocol/rest']);
    });
  }

  it('the declarations of every entry are found', async () => {
    assert.deepEqual(await compileApplication(folder, 'application.mts', '--module', 'nodenext', '--skipLibCheck'), []);
  });
});
