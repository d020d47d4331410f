import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { run } from '../../support/executables.ts';
import { freePort } from '../../support/free-port.ts';
import { startInstalledRegistry } from '../../support/installed-registry.ts';
import { packPackages, publishedEntries } from '../../support/packed-packages.ts';
import { type StartedProcess, startProcess } from '../../support/process.ts';
import { makeTemporaryDirectory } from '../../support/run-directory.ts';
import { readSource, repository } from '../../support/source-files.ts';
import { compileApplication } from './compile-application.ts';

const bin = path.join(repository, 'node_modules/.bin');
/** A first start runs all migrations on the embedded database, over a minute on a busy machine. */
const startMsMax = 240_000;

/** The packages as `npm pack` makes them, installed by npm into an empty folder. */
describe('the published packages', function () {
  this.timeout(300_000);
  let tarballs: readonly string[];
  let installed: string;
  let port: number;
  const started: StartedProcess[] = [];

  before(async () => {
    tarballs = await packPackages();
    installed = makeTemporaryDirectory('installed');
    port = await freePort();
    await using registry = await startInstalledRegistry();
    // npm has its own cache, so that nothing comes from an earlier installation.
    const env = { PATH: process.env.PATH, HOME: installed, NPM_CONFIG_REGISTRY: registry.url };
    // The overrides of the repository apply, because the registry has only what is installed here.
    const { overrides } = JSON.parse(readSource('package.json'));
    writeFileSync(path.join(installed, 'package.json'), JSON.stringify({ type: 'module', overrides }));
    const own = ['express', 'react', '@types/express', '@types/node', '@types/react', '@types/react-dom'];
    await run('npm', ['install', '--no-audit', '--no-fund', ...tarballs, ...own], { cwd: installed, env });
  });
  // Ends the processes also after a failure, so that the next test can use the port.
  afterEach(async () => {
    for (const each of started.splice(0)) await each.kill();
  });

  /** A process in the folder. It is ended after the test. */
  function start(script: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): StartedProcess {
    const child = startProcess(args, env, { script: path.join(installed, script), cwd: installed });
    started.push(child);
    return child;
  }

  it('publint and arethetypeswrong find no problem', async () => {
    for (const tarball of tarballs) {
      await run(path.join(bin, 'publint'), ['run', '--strict', tarball]);
      // CommonJS loads the modules with `require`, as Node supports it.
      await run(path.join(bin, 'attw'), [tarball, '--profile', 'esm-only']);
    }
  });

  it('every entry can be loaded with the installed dependencies alone', async () => {
    const imports = publishedEntries.map((entry) => `import '${entry}';`).join('\n');
    writeFileSync(path.join(installed, 'entries.js'), imports);
    await run(process.execPath, ['entries.js'], { cwd: installed });
  });

  for (const [module, moduleResolution] of [
    ['esnext', 'bundler'],
    ['node16', 'node16'],
    ['nodenext', 'nodenext'],
  ] as const) {
    it(`the declarations are found and checked with moduleResolution ${moduleResolution} and exactOptionalPropertyTypes`, async () => {
      const resolution = ['--module', module, '--moduleResolution', moduleResolution, '--skipLibCheck', 'false'];
      assert.deepEqual(await compileApplication(installed, 'application.mts', ...resolution), []);
    });
  }

  it('the declarations are found from a CommonJS module', async () => {
    assert.deepEqual(await compileApplication(installed, 'application.cts', '--module', 'nodenext', '--skipLibCheck'), []);
  });

  it('the command of the packed server prints its version', async () => {
    const { version } = JSON.parse(readSource('server/package.json'));
    assert.equal((await run(path.join(installed, 'node_modules/.bin/rollcall'), ['--version'], { cwd: installed })).trim(), version);
  });

  it('the packed server starts with its embedded database and serves the console, and the README of the client runs', async () => {
    const env = { PORT: String(port), DATA_DIR: path.join(installed, 'data') };
    const server = start('node_modules/@rollcall/server/bin/rollcall.js', ['start'], env);
    const [, token] = (await server.waitForLine(/ROLLCALL_TOKEN=(\S+)/, startMsMax)) as unknown as [string, string];
    const page = await get('/operations/');
    assert.equal(page.status, 200);
    const [, asset] = /src="(\/assets\/[^"]+\.js)"/.exec(await page.text())!;
    assert.equal((await get(asset!)).status, 200);

    const [example] = await compileReadme('client-sdk');
    const output = await run(process.execPath, [example!], { cwd: installed, env: { ROLLCALL_TOKEN: token } });
    assert.equal(output, 'false\nMember One: member to admin\n');
    await server.kill();
  });

  it('the README of the server serves an Express app of its reader, and stops', async () => {
    const [example] = await compileReadme('server');
    const server = start(example!, [], { PORT: String(port), DATA_DIR: path.join(installed, 'other-data') });
    await server.waitForLine(/^http:/, startMsMax);
    assert.equal(await (await get('/hello')).text(), 'Hello');
    assert.equal((await get('/readyz')).status, 200);
    assert.equal((await get('/api/0/')).status, 200);
    assert.deepEqual(await server.kill(), { code: 0, signal: null });
  });

  it('the README of the components compiles', async () => {
    await compileReadme('react');
  });

  for (const folder of ['migrations', 'protocol']) {
    it(`the README of ${folder} runs`, async () => {
      for (const example of await compileReadme(folder)) await run(process.execPath, [example], { cwd: installed });
    });
  }

  function get(address: string): Promise<Response> {
    return fetch(`http://127.0.0.1:${port}${address}`);
  }

  /** Compiles the programs of a README: its blocks that import something. Returns their names. */
  async function compileReadme(folder: string): Promise<string[]> {
    const text = readSource(`${folder}/README.md`).replaceAll('localhost:4000', `127.0.0.1:${port}`);
    const programs = [...text.matchAll(/^```(tsx?)\n(import .*?)^```$/gms)];
    assert.ok(programs.length > 0);
    const files = programs.map(([, extension, program], at) => {
      const name = `${folder}-example-${at}`;
      writeFileSync(path.join(installed, `${name}.${extension}`), program!);
      return { name, source: `${name}.${extension}` };
    });
    const options = ['--strict', '--target', 'es2022', '--module', 'nodenext', '--jsx', 'react-jsx', '--skipLibCheck'];
    const library = ['--lib', 'es2023,esnext.disposable,dom', '--types', 'node'];
    const sources = files.map(({ source }) => source);
    await run(path.join(bin, 'tsc'), [...options, ...library, ...sources], { cwd: installed }).catch((error: { stdout?: string }) =>
      assert.fail(error.stdout),
    );
    return files.map(({ name }) => `${name}.js`);
  }
});
