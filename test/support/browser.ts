import { type BrowserContext, chromium, type Page } from 'playwright-core';
import { canRun } from './executables.ts';
import { startedOnce } from './shared.ts';

export const chromiumMissing = 'no Chromium: `apt-get install chromium`, or set CHROMIUM to one';

/** Flags for a headless browser without a sandbox that makes no requests of its own. */
const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-dev-shm-usage',
];

/** Null if there is none. */
export async function findChromium(): Promise<string | null> {
  for (const command of [process.env.CHROMIUM, '/usr/bin/chromium', 'chromium', 'chromium-browser', 'google-chrome'].filter(
    (one) => one !== undefined,
  )) {
    if (await canRun(command, ['--version'])) return command;
  }
  return null;
}

const startBrowser = startedOnce(async () => {
  const executablePath = await findChromium();
  if (executablePath === null) throw new Error(chromiumMissing);
  const browser = await chromium.launch({ executablePath, args: flags });
  return { browser, idle: [] as BrowserContext[], stop: () => browser.close() };
});

export interface VisitOptions {
  /** A session's `Cookie` header, as `logIn` returns it. Absent for an anonymous visitor. */
  readonly cookie?: string;
  readonly theme?: 'light' | 'dark';
  readonly width?: number;
  readonly height?: number;
  /** Whether the cache is empty. Changes to its network or clock end with the visit. */
  readonly isFirst?: boolean;
}

export interface Visit extends AsyncDisposable {
  readonly page: Page;
  readonly context: BrowserContext;
  /** Errors that the page logged, and its requests to other hosts. Both must stay empty. */
  readonly faults: readonly string[];
}

/** Opens a page of the server in a separate browser context. Dispose of it. */
export async function visit(serverUrl: string, path: string, options: VisitOptions = {}): Promise<Visit> {
  const { cookie, theme = 'light', width = 1280, height = 800, isFirst = false } = options;
  const { browser, idle } = await startBrowser();
  // Most of the time goes into loading and compiling the console. A used context has it in its
  // cache.
  const context = (isFirst ? undefined : idle.pop()) ?? (await browser.newContext());
  if (cookie !== undefined) {
    const [name, value] = cookie.split('=') as [string, string];
    await context.addCookies([{ name, value, url: serverUrl }]);
  }
  const page = await context.newPage();
  await page.setViewportSize({ width, height });
  await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(String(error)));
  page.on('console', (message) => message.type() === 'error' && faults.push(message.text()));
  page.on('request', (request) => {
    const { origin, protocol } = new URL(request.url());
    if (protocol !== 'data:' && origin !== new URL(serverUrl).origin) faults.push(`request to ${request.url()}`);
  });
  await page.goto(new URL(path, serverUrl).href);
  const dispose = async () => {
    if (isFirst) return context.close();
    await forget(context, page, serverUrl);
    idle.push(context);
  };
  return { page, context, faults, [Symbol.asyncDispose]: dispose };
}

/** Clears all of a visit except the cached scripts. */
async function forget(context: BrowserContext, page: Page, serverUrl: string): Promise<void> {
  const debuggerOfPage = await context.newCDPSession(page);
  await page.goto('about:blank');
  await debuggerOfPage.send('Storage.clearDataForOrigin', { origin: new URL(serverUrl).origin, storageTypes: 'local_storage,indexeddb' });
  await page.close();
  await context.clearCookies();
}
