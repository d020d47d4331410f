import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import { readSource } from './source-files.ts';

/** Attributes around the samples: no theme, chosen themes, and a changed variable. */
const surroundings = {
  system: {},
  light: { 'data-theme': 'light' },
  dark: { 'data-theme': 'dark' },
  'own color': { 'data-theme': 'dark', style: '--rollcall-border: rgb(1, 2, 3)' },
};

/** The border of a button, as a proof that themes and variables have an effect at all. */
const borders = { light: 'rgb(228, 228, 234)', dark: 'rgb(42, 42, 52)', own: 'rgb(1, 2, 3)' };

interface Comparison {
  readonly differences: readonly string[];
  readonly borders: readonly string[];
}

/**
 * Compares the styles in a page that a bundler built with those of the source of
 * `@rollcall/react/styles.css`. Each selector of the source has an element, in each theme.
 */
export async function assertLooksLikeSource(page: Page): Promise<void> {
  const source = readSource('react/styles.css');
  await page.addScriptTag({ type: 'module', content: readSource('test/support/style-samples.mjs') });
  // A module runs at some time after it was added.
  await page.waitForFunction('globalThis.compareWithSource !== undefined');
  const count = await page.evaluate(`addSamples(${JSON.stringify({ source, surroundings })})`);
  assert.ok((count as number) > 500, `${count} samples`);
  for (const [theme, width] of [
    ['light', 1_280],
    ['dark', 600],
  ] as const) {
    await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
    await page.setViewportSize({ width, height: 800 });
    const comparison = (await page.evaluate(`compareWithSource(${JSON.stringify(source)})`)) as Comparison;
    const { differences } = comparison;
    assert.deepEqual(differences.slice(0, 10), [], `${differences.length} differences from the source, ${theme}`);
    assert.deepEqual(comparison.borders, [borders[theme], borders.light, borders.dark, borders.own], theme);
  }
}
