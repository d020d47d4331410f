import assert from 'node:assert/strict';
import { readSource } from '../../support/source-files.ts';

const css = readSource('react/styles.css').replace(/\/\*.*?\*\//gs, '');

describe('the style sheet of the components', () => {
  it('has the same dark colors for the theme of the system and for a chosen theme', () => {
    const declarationsOf = (selector: string) => {
      const from = css.indexOf(`${selector} {`);
      assert.ok(from >= 0, selector);
      return css
        .slice(css.indexOf('{', from) + 1, css.indexOf('}', from))
        .trim()
        .split(/;\s*/)
        .filter((one) => one.startsWith('--'));
    };
    const chosen = declarationsOf(':where([data-theme="dark"] [class^="rollcall-"])');
    assert.ok(chosen.length > 20, `${chosen.length} variables`);
    assert.deepEqual(declarationsOf(':where([class^="rollcall-"]:not([data-theme="light"] *))'), chosen);
  });

  it('lets an application change every variable that the README lists, and no other', () => {
    const documented = [...readSource('react/README.md').matchAll(/^\| (`--rollcall-.*?) \|/gm)].flatMap(
      ([, cell]) => cell!.match(/--[\w-]+/g)!,
    );
    const changeable = [...css.matchAll(/--rollcall-used-([\w-]+): var\(--rollcall-([\w-]+), [^;]+;/g)];
    for (const [text, used, given] of changeable) assert.equal(used, given, text);
    assert.deepEqual([...new Set(changeable.map(([, , given]) => `--rollcall-${given}`))].sort(), documented.sort());
  });

  it('has no color that minifiers replace by variables', () => {
    assert.doesNotMatch(css, /light-dark\(/);
  });
});
