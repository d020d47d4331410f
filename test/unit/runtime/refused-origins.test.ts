import assert from 'node:assert/strict';
import { pino } from 'pino';
import { RefusedOrigins } from '../../../server/src/runtime/refused-origins.ts';
import { HandClock } from '../../support/hand-clock.ts';

describe('the log of refused origins', () => {
  let clock: HandClock;
  let origins: string[];
  let refused: RefusedOrigins;

  beforeEach(() => {
    clock = new HandClock();
    origins = [];
    refused = new RefusedOrigins(pino({}, { write: (line: string) => void origins.push(JSON.parse(line).origin) }), clock);
  });

  it('has one line per origin and minute, and ten lines per minute', () => {
    for (let round = 0; round < 3; round++) refused.record('https://app.example.com');
    assert.deepEqual(origins, ['https://app.example.com']);
    for (let n = 0; n < 100; n++) refused.record(`https://${n}.example.com`);
    assert.equal(origins.length, 10);
    clock.spend(60_000);
    refused.record('https://app.example.com');
    assert.deepEqual(origins.slice(10), ['https://app.example.com']);
  });

  it('contains printable characters only, and at most 100', () => {
    refused.record(`https://\u202eé\n${'a'.repeat(500)}`);
    assert.equal(origins[0], `https://???${'a'.repeat(89)}`);
  });
});
