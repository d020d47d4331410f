import assert from 'node:assert/strict';
import { parseEnvFile } from '../../../server/src/cli/env-file.ts';

describe('a .env file', () => {
  it('contains names and values, with quotes, comments, blank lines and export', () => {
    const text = [
      '\ufeff# a comment',
      '',
      'PORT=4001',
      'export HOST = 0.0.0.0 # all addresses',
      'SECRET=\'with # and "quotes"\' # kept as it is',
      'MAIL_DIR="a \\"folder\\"\\nand more"',
      'ALLOWED_ORIGINS=https://a.example.com https://b.example.com#part',
      'REDIS_URL=',
      'SECRET_FILE= # none yet',
      'TERMS_URL=#part',
      'LOG_LEVEL=warn',
    ].join('\r\n');
    assert.deepEqual(parseEnvFile('.env', text), {
      PORT: '4001',
      HOST: '0.0.0.0',
      SECRET: 'with # and "quotes"',
      MAIL_DIR: 'a "folder"\nand more',
      ALLOWED_ORIGINS: 'https://a.example.com https://b.example.com#part',
      REDIS_URL: '',
      SECRET_FILE: '',
      TERMS_URL: '#part',
      LOG_LEVEL: 'warn',
    });
  });

  it('may lack its last line break if that line has a value', () => {
    assert.deepEqual(parseEnvFile('.env', 'PORT=4001'), { PORT: '4001' });
  });

  for (const [what, text, line] of [
    ['a line without =', 'PORT=1\nHOS', 2],
    ['a name that is none', '1PORT=1', 1],
    ['a file that ends before a value', 'HOST=a\nPORT=', 2],
    ['a quote without an end', 'A=1\nB="open\nC=1', 2],
    ['more after a quote', "A='one'two", 1],
    ['a name set twice', 'A=1\nB=2\nA=3', 3],
    ['control characters', 'A=1\nB=\u0000\u0001', 2],
  ] as const) {
    it(`causes an error with file and line for ${what}`, () => {
      assert.throws(() => parseEnvFile('/etc/app/.env', text), {
        name: 'CliError',
        message: new RegExp(`^/etc/app/\\.env line ${line}: `),
      });
    });
  }
});
