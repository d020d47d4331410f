import { type BrowserContext, chromium, type Page } from 'playwright-core';
import { canRun, onPath } from './executables.ts';
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
  // Each page would have processes of its own, whose start is a large part of the CPU time.
  '--renderer-process-limit=1',
  '--disable-site-isolation-trials',
  // Each window would load the pages of the first two, to show suggestions below its address.
  // Chromium reads only the last of several such flags, so the others repeat those of Playwright.
  `--disable-features=${[
    'WebUIOmniboxPopup',
    'WebUIOmniboxAimPopup',
    'AimEnabled',
    'AvoidCorsURLLoaderRestartOnRedirect',
    'AvoidUnnecessaryBeforeUnloadCheckSync',
    'DestroyProfileOnBrowserClose',
    'HttpsFirstBalancedModeAutoEnable',
    'HttpsUpgrades',
    'IsolateOrigins',
    'LensOverlay',
    'MediaRouter',
    'NetworkTimeServiceQuerying',
    'OptimizationHints',
    'OriginKeyedProcessesByDefault',
    'PaintHolding',
    'PreconnectToSearch',
    'SpareRendererForSitePerProcess',
    'ThirdPartyStoragePartitioning',
    'site-per-process',
  ]}`,
];

/**
 * In the order of preference. The shell is Chromium without windows, which needs a third less CPU
 * time.
 */
const browserCommands = ['chromium-headless-shell', 'chromium', 'chromium-browser', 'google-chrome'];

/** The path of a browser. Null if there is none. */
export async function findChromium(): Promise<string | null> {
  for (const command of [process.env.CHROMIUM, ...browserCommands]) {
    const file = command && onPath(command);
    if (file && (await canRun(file, ['--version']))) return file;
  }
  return null;
}

/** The shell can’t ask the user about the clipboard, and refuses it without the right. */
const permissions = ['clipboard-read', 'clipboard-write'];

const startBrowser = startedOnce(async () => {
  const executablePath = await findChromium();
  if (executablePath === null) throw new Error(chromiumMissing);
  const browser = await chromium.launch({ executablePath, args: flags });
  return { browser, idle: [] as Page[], stop: () => browser.close() };
});

export interface VisitOptions {
  /** A session's `Cookie` header, as `logIn` returns it. Absent for an anonymous visitor. */
  readonly cookie?: string;
  readonly theme?: 'light' | 'dark';
  readonly width?: number;
  readonly height?: number;
  /**
   * Whether the browser context is a new one, with an empty cache. Changes to its network, its
   * clock or the scripts of its page end with the visit.
   */
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
  // Most of the time goes into a new window with its processes, and into loading and compiling the
  // console. A used page has both.
  const page = (isFirst ? undefined : idle.pop()) ?? (await (await browser.newContext({ permissions })).newPage());
  const context = page.context();
  if (cookie !== undefined) {
    const [name, value] = cookie.split('=') as [string, string];
    await context.addCookies([{ name, value, url: serverUrl }]);
  }
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
    await forget(page, serverUrl);
    idle.push(page);
  };
  return { page, context, faults, [Symbol.asyncDispose]: dispose };
}

/** The events that tests listen to. Playwright listens to others, which must stay. */
const heardEvents = ['pageerror', 'console', 'request', 'dialog'] as const;

/** Clears all of a visit except the cached scripts. */
async function forget(page: Page, serverUrl: string): Promise<void> {
  const context = page.context();
  for (const other of context.pages()) if (other !== page) await other.close();
  await page.unrouteAll({ behavior: 'ignoreErrors' });
  // Only a page of the same origin can clear the storage of the tab. The server may have stopped.
  const blank = new URL('/blank', serverUrl).href;
  await page.route(blank, (route) => route.fulfill({ contentType: 'text/html', body: '' }));
  await page.goto(blank);
  for (const event of heardEvents) page.removeAllListeners(event);
  await page.unroute(blank);
  await page.evaluate(() => sessionStorage.clear());
  // Outside, so that nothing of the next page is below the mouse at first.
  await page.mouse.move(-1, -1);
  const debuggerOfPage = await context.newCDPSession(page);
  await debuggerOfPage.send('Storage.clearDataForOrigin', { origin: new URL(serverUrl).origin, storageTypes: 'local_storage,indexeddb' });
  await debuggerOfPage.send('Page.resetNavigationHistory');
  await debuggerOfPage.detach();
  await context.clearCookies();
}
