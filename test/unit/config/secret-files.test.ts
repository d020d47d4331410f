import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseConfig, secretSettings } from '../../../server/src/config.ts';
import { makeTemporaryDirectory } from '../../support/run-directory.ts';

const secret = 's'.repeat(32);

describe('a secret in a file', () => {
  let folder: string;
  before(() => {
    folder = makeTemporaryDirectory('secrets');
  });

  const fileWith = (name: string, content: string | Buffer) => {
    const file = path.join(folder, name);
    writeFileSync(file, content);
    return file;
  };

  it('[H-35] [V13.3.1] has the same effect as in the variable, for each setting that is a secret', () => {
    const values: Readonly<Record<string, string>> = {
      SECRET: secret,
      OPERATOR_TOKEN: 'o'.repeat(32),
      SECRET_PREVIOUS: 'p'.repeat(32),
      DATABASE_URL: 'postgres://rollcall:hunter2@127.0.0.1/rollcall',
      REDIS_URL: 'redis://:hunter2@127.0.0.1',
      SMTP_URL: 'smtps://me:hunter2@mail.example.com',
      GITHUB_APP_PRIVATE_KEY: '-----BEGIN KEY-----\nMIIB\n-----END KEY-----',
      GITHUB_APP_CLIENT_SECRET: 'github',
      GITHUB_WEBHOOK_SECRET: 'webhook',
      GITLAB_CLIENT_SECRET: 'gitlab',
      SLACK_CLIENT_SECRET: 'slack',
      SLACK_SIGNING_SECRET: 'signing',
    };
    assert.deepEqual(Object.keys(values).sort(), secretSettings.toSorted(), 'add a value for the new secret');
    const ids = {
      ...{ INSTANCE_ID: 'one', GITHUB_APP_ID: '1', GITHUB_APP_SLUG: 'rollcall', GITHUB_APP_CLIENT_ID: 'id' },
      ...{ GITLAB_CLIENT_ID: 'id', SLACK_CLIENT_ID: 'id' },
    };
    const files = Object.entries(values).map(([name, value]) => [`${name}_FILE`, fileWith(name, `${value}\n`)]);
    const fromFiles = parseConfig({ ...ids, ...Object.fromEntries(files) });
    assert.deepEqual(fromFiles, parseConfig({ ...ids, ...values }));
    assert.deepEqual(fromFiles.warnings, []);
    assert.ok(Object.values(fromFiles.integrations).every((settings) => settings !== null));
  });

  it('has as its value the content without one line break at the end', () => {
    const read = (content: string) => parseConfig({ SECRET_FILE: fileWith('content', content) }).secret;
    assert.equal(read(secret), secret);
    assert.equal(read(`${secret}\n`), secret);
    assert.equal(read(`${secret}\r\n`), secret);
    assert.equal(read(`${secret}\n\n`), `${secret}\n`);
    assert.equal(read(` ${secret}`), ` ${secret}`);
  });

  it('counts as not set if the path is blank, and then the variable is used', () => {
    assert.equal(parseConfig({ SECRET: secret, SECRET_FILE: ' ' }).secret, secret);
    assert.equal(parseConfig({ SECRET: ' ', SECRET_FILE: fileWith('used', secret) }).secret, secret);
  });

  const refusals: readonly [what: string, settings: () => Record<string, string>, message: RegExp][] = [
    [
      'the variable is set too',
      () => ({ SECRET: secret, SECRET_FILE: fileWith('both', secret) }),
      /^SECRET and SECRET_FILE must not be set together\. Set one of them$/,
    ],
    [
      'the file is missing',
      () => ({ DATABASE_URL_FILE: path.join(folder, 'hunter2') }),
      /^DATABASE_URL_FILE names a file that cannot be read: there is no such file$/,
    ],
    [
      'it is a folder',
      () => {
        mkdirSync(path.join(folder, 'folder'));
        return { REDIS_URL_FILE: path.join(folder, 'folder') };
      },
      /^REDIS_URL_FILE names a file that cannot be read: it is a folder$/,
    ],
    ['the path contains a null byte', () => ({ SMTP_URL_FILE: 'hunter2\0' }), /^SMTP_URL_FILE names a file that cannot be read: \w+$/],
    ['the file is empty', () => ({ OPERATOR_TOKEN_FILE: fileWith('empty', '') }), /^OPERATOR_TOKEN_FILE names an empty file$/],
    ['the file has only white space', () => ({ SECRET_FILE: fileWith('blank', ' \n\n') }), /^SECRET_FILE names an empty file$/],
    ['the file never ends', () => ({ SECRET_FILE: '/dev/zero' }), /^SECRET_FILE names a file of more than 65536 bytes$/],
    [
      'the file has a byte too much',
      () => ({ SECRET_FILE: fileWith('large', 's'.repeat(65_537)) }),
      /^SECRET_FILE names a file of more than 65536 bytes$/,
    ],
    [
      'the file has random bytes',
      () => ({ SECRET_FILE: fileWith('bytes', Buffer.alloc(32, 0xfe)) }),
      /^SECRET_FILE names a file that is not UTF-8 text$/,
    ],
    ['its value is not valid', () => ({ SECRET_FILE: fileWith('short', 'hunter2') }), /^SECRET must have at least 32 characters$/],
  ];
  for (const [what, settings, message] of refusals) {
    it(`[H-35] causes a one-line error without the value if ${what}`, () => {
      assert.throws(
        () => parseConfig({ ...settings() }, () => secret),
        (error: Error) => {
          assert.equal(error.name, 'ConfigError');
          assert.match(error.message, message);
          assert.doesNotMatch(error.message, /\n|hunter2/);
          return true;
        },
      );
    });
  }

  it('may have as many bytes as the largest, and is found to be misspelled as its variable', () => {
    assert.equal(parseConfig({ SECRET_FILE: fileWith('largest', 's'.repeat(65_536)) }).secret.length, 65_536);
    assert.deepEqual(parseConfig({ SECRET: secret, OPERATOR_TOKEN_FLIE: 'x' }).warnings, [
      'OPERATOR_TOKEN_FLIE is not a setting and has no effect. Did you mean OPERATOR_TOKEN_FILE?',
    ]);
  });
});
