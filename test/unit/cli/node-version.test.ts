import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { nodeVersionProblem } from '../../../server/src/cli/node-version.ts';

describe('the Node version', () => {
  it('causes a readable error if it is too old', () => {
    for (const old of ['14.21.3', '18.20.8', '20.18.3']) assert.match(nodeVersionProblem(old) ?? '', /Node\.js 20\.19 or newer/);
    for (const good of ['20.19.0', '20.20.2', '22.0.0', '24.11.1']) assert.equal(nodeVersionProblem(good), null);
  });

  it('matches the one that package.json requires', () => {
    const manifest = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'));
    const [, minimum] = /^>=(\d+\.\d+)$/.exec(manifest.engines.node)!;
    const [major, minor] = minimum!.split('.').map(Number) as [number, number];
    assert.equal(nodeVersionProblem(`${minimum}.0`), null);
    assert.notEqual(nodeVersionProblem(`${major}.${minor - 1}.9`), null);
  });
});
