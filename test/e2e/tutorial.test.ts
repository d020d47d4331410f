import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { chromiumMissing, findChromium, type Visit, visit } from '../support/browser.ts';
import { eventually } from '../support/eventually.ts';
import { run } from '../support/executables.ts';
import { freePort } from '../support/free-port.ts';
import { type InstalledRegistry, startInstalledRegistry } from '../support/installed-registry.ts';
import { type StartedProcess, startProcess } from '../support/process.ts';
import { endWithRun, makeTemporaryDirectory } from '../support/run-directory.ts';
import { skipBecause } from '../support/skip.ts';
import { readSource, repository } from '../support/source-files.ts';
import { hasRole, isLive, roleOf } from './pages.ts';

interface Tutorial {
  readonly commands: readonly string[];
  readonly files: ReadonlyMap<string, string>;
}

/** Commands and files of the tutorial, with this repository and free ports filled in. */
function readTutorial(ports: Readonly<Record<string, number>>): Tutorial {
  const text = readSource('docs/tutorial.md')
    .replaceAll('~/rollcall', repository.replace(/\/$/, ''))
    .replace(/localhost:(\d+)/g, (_, port) => `localhost:${ports[port]}`);
  const commands: string[] = [];
  const files = new Map<string, string>();
  for (const [, name, language, content] of text.matchAll(/(?:^`(\S+)`:\n\n)?^```(\w+)\n(.*?)^```$/gms)) {
    if (name) files.set(name, content!);
    else if (language === 'sh') commands.push(content!.trim());
  }
  return { commands, files };
}

/** The server runs from its sources, and packages come from node_modules instead of the network. */
describe('docs/tutorial.md', function () {
  this.timeout(120_000);
  let registry: InstalledRegistry;
  let server: StartedProcess | undefined;
  let bundler: ChildProcess | undefined;
  let visitor: Visit | undefined;

  before(async function () {
    if ((await findChromium()) === null) skipBecause(this, chromiumMissing);
    registry = await startInstalledRegistry();
  });
  after(async () => {
    if (bundler?.pid) process.kill(-bundler.pid);
    await visitor?.[Symbol.asyncDispose]();
    await server?.kill();
    await registry?.[Symbol.asyncDispose]();
  });

  it('leads from an empty folder to a page that shows live changes and makes changes', async () => {
    const [port, pagePort] = [await freePort(), await freePort()];
    const { commands, files } = readTutorial({ 4000: port, 5173: pagePort });
    const [start, install, bundle] = commands as [string, string, string];
    const home = makeTemporaryDirectory('tutorial');
    const folder = path.join(home, /^cd (\S+)$/m.exec(install)![1]!);
    const pageUrl = `http://localhost:${pagePort}`;

    const [, origin] = /^ALLOWED_ORIGINS=(\S+) npm start$/m.exec(start)!;
    const startServer = () =>
      startProcess(['start'], { PORT: String(port), ALLOWED_ORIGINS: origin!, DATA_DIR: path.join(home, '.rollcall') });
    server = startServer();
    const [, email] = await server.waitForLine(/^ {2}email {5}(\S+)$/, 60_000);
    const [, password] = await server.waitForLine(/^ {2}password {2}(\S+)$/);
    visitor = await visit(`http://localhost:${port}`, '/');
    const console = visitor.page;
    await console.getByLabel('Email address').fill(email!);
    await console.getByLabel('Password').fill(password!);
    await console.getByRole('button', { name: 'Log in', exact: true }).click();
    await isLive(console);

    const env = { PATH: process.env.PATH, HOME: home, NPM_CONFIG_REGISTRY: registry.url, NPM_CONFIG_AUDIT: 'false' };
    await run('sh', ['-e', '-c', install], { cwd: home, env });
    for (const [name, content] of files) writeFileSync(path.join(folder, name), content);
    // npx starts esbuild as a child: a process group ends both. esbuild stops when stdin is closed.
    bundler = spawn('sh', ['-c', bundle], { cwd: folder, env, stdio: ['pipe', 'ignore', 'ignore'], detached: true });
    endWithRun(bundler, 'KILL');
    await eventually(async () => assert.equal((await fetch(`${pageUrl}/app.js`)).status, 200), { timeoutMs: 30_000 });

    const page = await visitor.context.newPage();
    await page.goto(pageUrl);
    await page.getByRole('heading', { name: '12 members', exact: true }).waitFor();
    await page.getByText(/^live, revision \d+$/).waitFor();
    const memberOne = page.getByRole('listitem').filter({ hasText: 'Member One' });
    assert.equal(await memberOne.textContent(), 'Member One: member Make admin');

    await console.goto(`http://localhost:${port}/organizations/sample/members/`);
    await isLive(console);
    await roleOf(console, 'member-1@example.com').selectOption('admin');
    await eventually(async () => assert.equal(await memberOne.textContent(), 'Member One: admin, may change storefront '));

    await page.getByRole('listitem').filter({ hasText: 'Member Two' }).getByRole('button', { name: 'Make admin' }).click();
    await hasRole(console, 'member-2@example.com', 'admin');

    await server.kill();
    await page.getByText(/^(?!live)\w+, revision \d+$/).waitFor();
    await page.getByRole('heading', { name: '12 members', exact: true }).waitFor();
    server = startServer();
    await page.getByText(/^live, revision \d+$/).waitFor({ timeout: 60_000 });
  });
});
