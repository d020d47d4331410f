import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { aMigratedDataDir } from '../../support/migrated-data-dir.ts';
import { aMigratedDatabase } from '../../support/migrated-database.ts';
import { startProcess } from '../../support/process.ts';
import { repository } from '../../support/source-files.ts';

const bundle = path.join(repository, 'server/dist/bundle');
/** More files mean that something is loaded as single modules again. Today there are 22. */
const filesMax = 40;
/** Prints the files that were loaded from packages, when the process exits. */
const printsLoads = `import { registerHooks } from 'node:module';
  const loads = new Set();
  registerHooks({ load: (url, context, next) => { if (url.startsWith('file:')) loads.add(url); return next(url, context); } });
  process.on('exit', () => console.error('loaded ' + JSON.stringify([...loads])));`;

describe('the bundle of the command line', function () {
  this.timeout(180_000);

  it('serves the API and the console with an embedded database, from few files', async () => {
    const server = startProcess(
      ['start'],
      { PORT: '0', DATA_DIR: await aMigratedDataDir(), LOG_LEVEL: 'silent' },
      { script: path.join(bundle, 'main.js'), nodeArgs: ['--import', `data:text/javascript,${encodeURIComponent(printsLoads)}`] },
    );
    try {
      const [, url] = await server.waitForLine(/is ready on (\S+)/);
      assert.equal((await fetch(`${url}/readyz`)).status, 200);
      assert.match(await (await fetch(`${url}/login/`)).text(), /<html/);
      assert.match(await (await fetch(`${url}/api/0/openapi.json`)).text(), /"openapi"/);
      await server.kill();
      const [, loads] = /^loaded (.*)$/m.exec(server.stderr)!;
      const bundled = (JSON.parse(loads!) as string[]).filter((file) => file.startsWith(pathToFileURL(bundle).href));
      assert.ok(bundled.length > 1, loads);
      const others = (JSON.parse(loads!) as string[]).filter((file) => !bundled.includes(file));
      assert.ok(others.length + bundled.length < filesMax, loads);
    } finally {
      await server.kill('SIGKILL');
    }
  });

  it('writes to no file with PostgreSQL, so it starts with a read-only root file system', async () => {
    const database = await aMigratedDatabase();
    // Node itself refuses to write, also for an administrator.
    const readOnly = ['--permission', '--allow-fs-read=*', '--allow-worker', '--allow-addons'];
    const environment = { PORT: '0', DATABASE_URL: database.url, SECRET: randomBytes(24).toString('hex'), LOG_LEVEL: 'silent' };
    const server = startProcess(
      ['start'],
      // Without a mail server, mails are files.
      { ...environment, SMTP_URL: 'smtp://127.0.0.1:9', MAIL_FROM: 'rollcall@example.com' },
      { script: path.join(bundle, 'main.js'), nodeArgs: readOnly },
    );
    try {
      const [, url] = await server.waitForLine(/is ready on (\S+)/);
      assert.equal((await fetch(`${url}/readyz`)).status, 200);
      assert.match(await (await fetch(`${url}/login/`)).text(), /<html/);
      const token = randomBytes(24).toString('hex');
      assert.equal((await fetch(`${url}/api/0/organizations/`, { headers: { Authorization: `Bearer ${token}` } })).status, 401);
    } finally {
      await server.kill('SIGKILL');
      await database.drop();
    }
  });

  it('refers to files that exist, for workers and manifests', () => {
    const referred = readdirSync(bundle).flatMap((name) => {
      const text = readFileSync(path.join(bundle, name), 'utf8');
      return Array.from(text.matchAll(/new URL\("(\.\.\/[^"]+)", import\.meta\.url\)/g), ([, relative]) => relative!);
    });
    assert.ok(referred.length > 0);
    for (const relative of referred) assert.ok(existsSync(path.join(bundle, relative)), relative);
  });

  it('contains the licence of each package that it contains', () => {
    const texts = readdirSync(bundle)
      .filter((name) => name.endsWith('.js'))
      .map((name) => readFileSync(path.join(bundle, name), 'utf8'));
    const modules = texts.flatMap((text) =>
      Array.from(text.matchAll(/^\/\/ \S*node_modules\/((?:@[^/\s]+\/)?[^/\s]+)/gm), ([, name]) => name!),
    );
    assert.ok(modules.length > 0);
    const notices = readFileSync(path.join(bundle, 'third-party-notices.txt'), 'utf8').split(`\n${'-'.repeat(80)}\n\n`);
    for (const name of new Set(modules)) {
      const notice = notices.find((one) => one.startsWith(`${name} `));
      assert.ok(notice, name);
      // More than the line with the name of the licence.
      assert.match(notice, /\n\n\S/, notice);
    }
    const express = notices.find((one) => one.startsWith('express '));
    assert.match(express!, /Permission is hereby granted, free of charge/);
  });

  it('comes with a console that contains the licences of its packages', () => {
    const notices = readFileSync(path.join(repository, 'dashboard/dist/site/third-party-notices.md'), 'utf8');
    for (const name of ['react', 'react-dom', 'lucide-react']) assert.match(notices, new RegExp(`^## ${name} - `, 'm'));
    assert.match(notices, /Permission is hereby granted, free of charge/);
  });
});
