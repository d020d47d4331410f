import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Locator, Page } from 'playwright-core';
import { eventually } from '../support/eventually.ts';

/** Locators of the console by accessible names. */

export function statusPill(page: Page): Locator {
  return page
    .getByRole('status')
    .filter({ hasText: /\br\d+/ })
    .first();
}

export async function isLive(page: Page): Promise<void> {
  await statusPill(page).filter({ hasText: 'Live' }).waitFor();
}

export function memberRow(page: Page, email: string): Locator {
  return page
    .getByRole('table', { name: 'Members' })
    .getByRole('row')
    .filter({ has: page.getByRole('rowheader', { name: email, exact: true }) });
}

export function roleOf(page: Page, email: string): Locator {
  return page.getByRole('combobox', { name: `Role for ${email}`, exact: true });
}

export async function hasRole(page: Page, email: string, role: string): Promise<void> {
  await eventually(async () => assert.equal(await roleOf(page, email).inputValue(), role), { intervalMs: 20 });
}

export async function chooseInMenu(page: Page, button: Locator, item: string | RegExp): Promise<void> {
  await button.click();
  await page.getByRole('menuitem', { name: item }).click();
}

/** Opens a searchable list by its field or its button, and chooses an option. */
export async function chooseOption(page: Page, opener: Locator, option: string | RegExp): Promise<void> {
  await opener.click();
  await page.getByRole('listbox').getByRole('option', { name: option }).first().click();
}

/** Presses Tab until the target has the focus. Every control must be reachable by keyboard. */
export async function tabTo(page: Page, target: Locator, tabsMax = 80): Promise<void> {
  await target.waitFor();
  // Finding the target by its role and name takes longer than pressing a key.
  let found = await target.elementHandle();
  for (let tabs = 0; tabs < tabsMax; tabs++) {
    const [isFocused, isThere] = await page.evaluate((element) => [element === document.activeElement, element?.isConnected], found);
    if (isFocused && (await hasFocus(target))) return;
    if (isThere) await page.keyboard.press('Tab');
    else found = await target.elementHandle();
  }
  assert.fail(`${target} cannot be reached by ${tabsMax} tabs`);
}

export async function hasFocus(target: Locator): Promise<boolean> {
  return target.evaluateAll((elements) => elements.length === 1 && elements[0] === document.activeElement);
}

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** The rules that compare colors. The others find the same in either theme. */
const colorRules = ['color-contrast', 'link-in-text-block'];

interface AxeOptions {
  /** Details of the other results, which take long to collect, are left out. */
  readonly resultTypes: readonly ['violations'];
  readonly runOnly?: { readonly type: 'rule'; readonly values: readonly string[] };
}

interface AxeWindow {
  readonly axe: {
    run(
      within: string | Document,
      options: AxeOptions,
    ): Promise<{ violations: { id: string; nodes: { html: string; failureSummary?: string }[] }[] }>;
  };
}

/**
 * Asserts that axe-core finds no violation in either theme. `within` limits it to a part of the
 * page. The debugger injects axe-core, since the page's security policy does not apply to it.
 */
export async function assertAccessible(page: Page, within?: string): Promise<void> {
  if (!(await page.evaluate(() => 'axe' in globalThis))) await page.evaluate(axe);
  for (const colorScheme of ['dark', 'light'] as const) {
    await page.emulateMedia({ colorScheme });
    const options: AxeOptions = {
      resultTypes: ['violations'],
      ...(colorScheme === 'light' && { runOnly: { type: 'rule', values: colorRules } }),
    };
    const violations = await page.evaluate(
      async ([part, asked]) => {
        const { violations: found } = await (globalThis as unknown as AxeWindow).axe.run(part ?? document, asked);
        return found.map(
          ({ id, nodes }) => `${id}: ${nodes.map(({ html, failureSummary }) => `${html} ${failureSummary ?? ''}`).join('\n')}`,
        );
      },
      [within, options] as const,
    );
    assert.deepEqual(violations, [], `in the ${colorScheme} theme`);
  }
}
