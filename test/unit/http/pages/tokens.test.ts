import assert from 'node:assert/strict';
import { designTokens } from '../../../../server/src/http/pages/tokens.ts';

/** WCAG 1.4.3, level AA. */
const contrastMin = 4.5;

type Theme = 'light' | 'dark';

function colorOf(name: string, theme: Theme): string {
  const [, both, light, dark] = new RegExp(`--${name}: (?:(#\\w{6})|light-dark\\((#\\w{6}), (#\\w{6})\\));`).exec(designTokens) ?? [];
  const color = both ?? (theme === 'light' ? light : dark);
  assert.ok(color, `there is no color --${name}`);
  return color;
}

function luminanceOf(color: string): number {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(color.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrastOf(one: string, other: string): number {
  const [light, dark] = [luminanceOf(one), luminanceOf(other)].sort((a, b) => b - a) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}

const pairs: readonly (readonly [text: string, backgrounds: readonly string[]])[] = [
  ['on-accent', ['accent', 'accent-hover', 'bad', 'bad-hover']],
  ['text', ['canvas', 'surface', 'raised', 'sunken', 'hover', 'changed']],
  ['text-soft', ['canvas', 'surface', 'raised', 'sunken', 'hover', 'changed']],
  ['text-faint', ['canvas', 'surface', 'raised']],
  ['accent-text', ['canvas', 'surface', 'accent-soft']],
  ['good-text', ['surface', 'good-soft']],
  ['warn-text', ['surface', 'warn-soft']],
  ['bad-text', ['surface', 'bad-soft']],
];

describe('the colors of the pages', () => {
  for (const theme of ['light', 'dark'] as const) {
    for (const [text, backgrounds] of pairs) {
      for (const background of backgrounds) {
        it(`have sufficient contrast: ${text} on ${background}, ${theme}`, () => {
          const contrast = contrastOf(colorOf(text, theme), colorOf(background, theme));
          assert.ok(contrast >= contrastMin, `${contrast.toFixed(2)}`);
        });
      }
    }
  }
});
