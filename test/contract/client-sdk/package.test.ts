import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../../', import.meta.url));
const bin = join(root, 'node_modules/.bin');

const application = `
import { connect, OrgError, type OrganizationHandle } from '@rollcall/client';
import { OrganizationProvider, RollcallProvider, useMembers } from '@rollcall/client/react';
import { createElement } from 'react';
using client = connect({ url: 'http://127.0.0.1:9', token: 'secret' });
const org: OrganizationHandle = client.organization('acme');
org.on('member.roleChanged', ({ before, after }) => { const roles: string[] = [before.orgRole, after.orgRole]; roles.sort(); });
const Members = () => useMembers().map(({ name }) => createElement('b', { key: name }, name));
createElement(RollcallProvider, { client, children: createElement(OrganizationProvider, { name: 'acme', children: createElement(Members) }) });
const { allowed, why }: { allowed: boolean; why: string } = org.can({ userId: '1' }, 'org:read');
if (allowed || why !== 'no-copy' || org.status.phase !== 'loading') throw new OrgError('internal', 'not as expected');
`;

/**
 * The package that `npm pack` would publish, with nothing but its dependencies, as after an
 * installation.
 */
describe('the published package', function () {
  this.timeout(120_000);
  let folder: string;
  let packed: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rollcall-package-'));
    await run(join(bin, 'tsc'), ['-b', 'client-sdk'], { cwd: root });
    await run(process.execPath, ['bundle.mjs'], { cwd: join(root, 'client-sdk') });
    await run('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', folder], { cwd: join(root, 'client-sdk') });
    const tarball = (await readdir(folder)).find((name) => name.endsWith('.tgz'));
    packed = join(folder, 'node_modules/@rollcall/client');
    await mkdir(packed, { recursive: true });
    await run('tar', ['-xzf', join(folder, tarball!), '-C', packed, '--strip-components=1']);
    await mkdir(join(folder, 'node_modules/@types'));
    for (const name of ['socket.io-client', 'zod', 'react', '@types/react', 'csstype'])
      await symlink(join(root, 'node_modules', name), join(folder, 'node_modules', name));
    await writeFile(join(folder, 'package.json'), '{"type": "module"}');
    await writeFile(join(folder, 'application.ts'), application);
  });
  after(() => rm(folder, { recursive: true, force: true }));

  async function textsOf(endings: RegExp): Promise<Map<string, string>> {
    const paths = (await readdir(packed, { recursive: true })).filter((path) => endings.test(path));
    return new Map(await Promise.all(paths.map(async (path) => [path, await readFile(join(packed, path), 'utf8')] as const)));
  }

  function bundle(entry: string, ...options: readonly string[]) {
    return run(join(bin, 'esbuild'), [entry, '--bundle', '--format=esm', '--platform=browser', ...options], {
      cwd: folder,
      maxBuffer: 1e8,
    });
  }

  it('the package includes the protocol, and imports only its two dependencies, and React for the hooks', async () => {
    const packagesOf = (texts: Iterable<string>) => {
      const specifiers = [...texts].flatMap((text) => [...text.matchAll(/(?:from |import\()['"]([^'"]+)['"]/g)].map(([, one]) => one!));
      return [...new Set(specifiers.filter((one) => !one.startsWith('.')))].sort();
    };
    const [code, declarations] = [await textsOf(/\.js$/), await textsOf(/\.d\.ts$/)];
    assert.deepEqual(packagesOf(code.values()), ['react', 'socket.io-client', 'zod/mini']);
    assert.deepEqual(packagesOf(declarations.values()), ['react', 'zod', 'zod/mini']);
  });

  it('the package contains the types of the REST API, and none of its shapes', async () => {
    assert.ok((await textsOf(/\.d\.ts$/)).has('dist/esm/protocol/rest/shapes/teams.d.ts'));
    const code = await textsOf(/\.js$/);
    assert.deepEqual(
      [...code].filter(([path, text]) => path.includes('protocol/rest/') || text.includes('protocol/rest/')).map(([path]) => path),
      [],
    );
  });

  it('the package names no unpublished dependency', async () => {
    const manifest = JSON.parse(await readFile(join(packed, 'package.json'), 'utf8')) as { dependencies: Record<string, string> };
    assert.deepEqual(Object.keys(manifest.dependencies), ['socket.io-client', 'zod']);
  });

  for (const [what, options] of Object.entries({
    'Node, with its declarations checked': ['--module', 'nodenext', '--skipLibCheck', 'false'],
    'a bundler': ['--module', 'esnext', '--moduleResolution', 'bundler', '--skipLibCheck'],
  })) {
    it(`the package type-checks for ${what}, with the library of ES2022 and the DOM`, async () => {
      const common = ['--noEmit', '--strict', '--target', 'es2022', '--lib', 'es2022,dom,dom.iterable', '--types', ''];
      await run(join(bin, 'tsc'), [...common, ...options, 'application.ts'], { cwd: folder }).catch((error: { stdout?: string }) => {
        assert.fail(error.stdout);
      });
    });
  }

  it('the package runs', async () => {
    await run(join(bin, 'esbuild'), ['application.ts', '--outfile=application.mjs', '--format=esm', '--target=es2022'], { cwd: folder });
    await run(process.execPath, ['application.mjs'], { cwd: folder });
  });

  it('a bundle for browsers that runs in Node without a WebSocket closes within 1 s, and states the reason', async () => {
    const lines = `
      import { connect } from '@rollcall/client';
      const startedAt = performance.now();
      const client = connect({ url: 'http://127.0.0.1:9', token: 'secret' });
      await client.organization('acme').ready().catch((error) => console.log(error.code, client.status.reason));
      console.log(performance.now() - startedAt < 1_000);`;
    await writeFile(join(folder, 'back-end.js'), lines);
    await bundle('back-end.js', '--outfile=back-end.mjs', '--banner:js=delete globalThis.WebSocket;');
    const { stdout } = await run(process.execPath, ['back-end.mjs'], { cwd: folder, timeout: 10_000 });
    assert.equal(stdout, 'invalid no-websocket\ntrue\n');
  });

  it('the entry of the hooks begins with `use client`, and names its exports one by one, as Next requires', async () => {
    const entry = await readFile(join(packed, 'dist/esm/react/index.js'), 'utf8');
    assert.match(entry, /^'use client';\n/);
    assert.doesNotMatch(entry, /^export \*/m);
    assert.doesNotMatch(await readFile(join(packed, 'dist/esm/index.js'), 'utf8'), /use client/);
    assert.match((await bundle(join(packed, 'dist/esm/react/index.js'), '--external:react')).stdout, /^"use client";\n/);
  });

  it('the package adds less than 45 kB (compressed) to a page, and the hooks 3 kB more', async () => {
    await writeFile(join(folder, 'main.js'), `import { connect } from '@rollcall/client'; globalThis.connect = connect;`);
    await writeFile(
      join(folder, 'hooks.js'),
      `import { connect } from '@rollcall/client'; import * as hooks from '@rollcall/client/react'; globalThis.all = { connect, hooks };`,
    );
    const sizeOf = async (entry: string) => gzipSync((await bundle(entry, '--minify', '--external:react')).stdout).length;
    const [main, hooks] = [await sizeOf('main.js'), await sizeOf('hooks.js')];
    assert.ok(main < 45_000, `${main} bytes`);
    assert.ok(hooks - main < 3_000, `${hooks - main} bytes`);
  });

  it('a bundle that uses only errors and roles does not contain the socket', async () => {
    await writeFile(join(folder, 'roles.js'), `import { orgRoles } from '@rollcall/client'; console.log(orgRoles.owner.name);`);
    assert.ok(!(await bundle('roles.js')).stdout.includes('socket.io'));
    assert.ok((await bundle('application.mjs')).stdout.includes('socket.io'));
  });
});
