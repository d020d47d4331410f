import { spawn } from 'node:child_process';
import { onPath } from './executables.ts';
import { makeTemporaryDirectory } from './run-directory.ts';

export const chromiumMissing = 'there is no chromium here';

export function findChromium(): string | undefined {
  return ['chromium', 'chromium-browser', 'google-chrome'].map(onPath).find((path) => path !== undefined);
}

/** Opens an address in a browser without a window. Gives the function that closes it. */
export function openInChromium(executable: string, url: string): () => Promise<void> {
  const options = ['--headless=new', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--no-first-run'];
  const browser = spawn(executable, [...options, `--user-data-dir=${makeTemporaryDirectory('chromium')}`, url], { stdio: 'ignore' });
  const ended = new Promise<void>((resolve) => browser.once('exit', () => resolve()));
  return async () => {
    browser.kill();
    await ended;
  };
}
