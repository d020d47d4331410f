import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { nodeVersionProblem } from '../../../server/src/cli/node-version.ts';

describe('the Node version', () => {
  it('causes a readable error if it is too old', () => {
    for (const old of ['14.21.3', '20.20.2', '22.17.1']) assert.match(nodeVersionProblem(old) ?? '', /Node\.js 22\.18 or newer/);
    for (const good of ['22.18.0', '22.23.3', '24.0.0', '26.10.0']) assert.equal(nodeVersionProblem(good), null);
  });

  it('matches the one that package.json requires', () => {
    const manifest = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'));
    const [, minimum] = /^>=(\d+\.\d+)$/.exec(manifest.engines.node)!;
    const [major, minor] = minimum!.split('.').map(Number) as [number, number];
    assert.equal(nodeVersionProblem(`${minimum}.0`), null);
    assert.notEqual(nodeVersionProblem(`${major}.${minor - 1}.9`), null);
  });
});
