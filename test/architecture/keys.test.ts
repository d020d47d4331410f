import assert from 'node:assert/strict';
import { secretSettings } from '../../server/src/config.ts';
import type { TokenPurpose } from '../../server/src/runtime/secrets/derived-tokens.ts';
import { listFiles, readSource } from '../support/source-files.ts';

describe('the chapter about keys and secrets', () => {
  const page = readSource('docs/operating/keys.md');
  const sources = listFiles('server/src', '.ts').map(readSource).join('\n');
  const missingOf = (names: Iterable<string>) => [...new Set(names)].filter((name) => !page.includes(`\`${name}\``));
  const found = (pattern: RegExp) => [...sources.matchAll(pattern)].map(([, name]) => name!);

  it('[V11.1.1] has each setting that is a secret', () => {
    assert.deepEqual(missingOf(secretSettings), []);
  });

  it('[V11.1.2] has the purpose of each key that is derived from SECRET', () => {
    const tokens: Readonly<Record<TokenPurpose, true>> = {
      invite: true,
      'password-reset': true,
      verification: true,
      removal: true,
      'erased-name': true,
    };
    const purposes = found(/deriveKey\(\w+, '([^']+)'\)/g);
    assert.ok(purposes.length >= 6);
    assert.equal(found(/deriveKey\(\w+, `[^`]+`\)/g).length, 1);
    assert.deepEqual(missingOf([...purposes, ...Object.keys(tokens).map((purpose) => `${purpose} token`)]), []);
  });

  it('[V11.1.2] has each hash and cipher that the code names', () => {
    const hashes = found(/create(?:Hash|Hmac)\('([\w-]+)'/g);
    const ciphers = found(/'(aes-[\w-]+)'/g);
    assert.ok(hashes.length > 10 && ciphers.length > 0);
    assert.deepEqual(missingOf([...hashes, ...ciphers]), []);
  });

  it('[V11.1.2] has each algorithm of signed tokens that is accepted', () => {
    const algorithms = found(/'((?:RS|PS|ES|HS)\d{3}|EdDSA|ML-DSA-\d+)'/g);
    assert.ok(algorithms.length > 10);
    assert.deepEqual(
      [...new Set(algorithms)].filter((name) => !page.includes(name)),
      [],
    );
  });
});
