import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { createLog } from '../../../../server/src/runtime/log.ts';
import { redactPath, redactText } from '../../../../server/src/runtime/text/log-redaction.ts';

const hex = 'c0ffee'.repeat(11).slice(0, 64);
const secrets = [hex, `sntryu_${hex}`, 'sntrys_eyJpYXQiOjF9_abcDEF123', 'eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl'];

describe('[H-19] the redaction of the log', () => {
  it('[H-19] [V16.2.5] removes tokens, credentials and queries from any text', () => {
    for (const secret of secrets) {
      for (const text of [secret, `Bearer ${secret}`, `at /verify-email/#7.${secret}`, `GET /x/?token=${secret}&a=b`])
        assert.ok(!redactText(text).includes(secret.slice(-12)), text);
    }
    assert.equal(redactText('postgres://rollcall:hunter2@db:5432/rollcall'), 'postgres://[removed]@db:5432/rollcall');
    assert.equal(redactText('a request took 12 ms'), 'a request took 12 ms');
  });

  it('[H-01] takes linear time for any address that a caller sends', () => {
    const length = 200_000;
    // If the time grew with the square of the length, one of these texts would take minutes.
    for (const part of [':', '-eyJ', 'eyJa.', '-', 'f', ' Bearer', '=', '://', '://:', '://a:', 'sntryu_', '/accept', '?', '%']) {
      const hostile = part.repeat(length / part.length);
      redactPath(`/x://${hostile}`);
      redactText(`x://${hostile}`);
      redactText(`?${hostile}`);
    }
  });

  it('[H-19] removes a JWT that is joined to other words', () => {
    for (const jwt of ['eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl', 'eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiIxIn0'])
      for (const text of [jwt, `token-${jwt}`, `/${jwt}/`, `a.${jwt}`, `-eyJ-${jwt}`, `eyJ ${jwt}`]) {
        const redacted = redactText(text);
        assert.doesNotMatch(redacted, /eyJzdWI|c2ln/, text);
        assert.match(redacted, /\[removed\]/);
      }
  });

  it('[H-19] keeps the path of an address without the token of an invite, for a token of any form', () => {
    for (const path of [
      '/accept/7/guess/',
      '/api/0/accept-invite/7/guess/',
      '/api/0/accept-invite/acme/7/guess',
      '/accept/7/a%2Fguess/?next=guess',
    ])
      assert.ok(!redactPath(path).includes('guess'), redactPath(path));
    assert.equal(redactPath('/api/0/organizations/acme/members/?query=email:a@b.example#x'), '/api/0/organizations/acme/members/');
  });

  it('[H-19] [V16.4.1] covers every field of a line: nested errors, causes, parameters, headers, addresses and the message', async () => {
    const cause = Object.assign(new Error(`invalid input syntax for type bigint: "canary"`), {
      code: '22P02',
      where: 'unnamed portal parameter $1 = canary',
      parameters: ['canary'],
    });
    const error = new Error(`failed for ${hex}`, { cause });
    const log = createLog('trace');
    const written: string[] = [];
    const stream = new PassThrough().setEncoding('utf8').on('data', (line: string) => written.push(line));
    const streamSymbol = Object.getOwnPropertySymbols(log).find((symbol) => String(symbol) === 'Symbol(pino.stream)')!;
    (log as unknown as Record<symbol, unknown>)[streamSymbol] = stream;
    log.error({ error }, `could not use ${hex}`);
    log.warn(error);
    log.info(
      { failure: { deep: { err: error, headers: { cookie: 'canary' }, password: 'canary', url: '/accept/7/canary/?token=canary' } } },
      'x %s',
      hex,
    );
    log.child({ token: 'canary', inner: { secret: 'canary' } }).debug({ list: [error, { params: ['canary'] }] }, 'x');
    await new Promise((resolve) => setImmediate(resolve));
    const text = written.join('');
    assert.equal(text.trim().split('\n').length, 4);
    assert.doesNotMatch(text, /canary|c0ffee/);
    assert.match(text, /failed for \[removed\]/);
  });
});
