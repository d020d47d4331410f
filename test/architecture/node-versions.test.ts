import assert from 'node:assert/strict';
import { readSource } from '../support/source-files.ts';

describe('the versions of Node', () => {
  const majorOf = (version: string) => Number(version.split('.')[0]);
  const tested = readSource('.ci/node-versions').trim().split('\n');

  it('.nvmrc, the image and the CI have the same default', () => {
    const images = Array.from(readSource('Dockerfile').matchAll(/^FROM node:(\d+)/gm), ([, major]) => Number(major));
    assert.ok(images.length > 0);
    assert.equal(new Set([...images, majorOf(readSource('.nvmrc')), majorOf(tested[0]!)]).size, 1, `${images} ${tested[0]}`);
  });

  it('the CI includes the oldest one that the packages allow', () => {
    const { engines } = JSON.parse(readSource('package.json')) as { engines: { node: string } };
    assert.equal(Math.min(...tested.map(majorOf)), majorOf(engines.node.replace('>=', '')));
  });
});
