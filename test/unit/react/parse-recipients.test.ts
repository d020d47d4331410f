import assert from 'node:assert/strict';
import { parseRecipients } from '../../../react/src/parse-recipients.ts';

const emailsOf = (text: string) => parseRecipients(text).flatMap(({ email }) => email ?? []);
const invalidOf = (text: string) => parseRecipients(text).flatMap(({ email, text: written }) => (email === null ? [written] : []));

describe('[H-62] parsing typed or pasted addresses', () => {
  it('splits at commas, semicolons, spaces, tabs and lines, and drops repeats', () => {
    const text = 'a@x.io, b@x.io;c@x.io\n\nd@x.io\tA@x.io e@x.io f@x.io';
    assert.deepEqual(emailsOf(text), ['a@x.io', 'b@x.io', 'c@x.io', 'd@x.io', 'e@x.io', 'f@x.io']);
    assert.deepEqual(invalidOf(text), []);
  });

  it('accepts quoted names, comments and groups of RFC 5322', () => {
    for (const [text, emails] of [
      ['"Lovelace, Ada" <ada@x.io>, grace@x.io', ['ada@x.io', 'grace@x.io']],
      ['"Lovelace, Ada" <ada@x.io>; "Hopper; Grace" <grace@x.io>', ['ada@x.io', 'grace@x.io']],
      ['Ada Lovelace <ada@x.io> (work, mornings), Alan Turing <alan@x.io>', ['ada@x.io', 'alan@x.io']],
      ['Friends: ada@x.io, Grace <grace@x.io>;', ['ada@x.io', 'grace@x.io']],
      ['"The \\"Count\\"" <ada@x.io>', ['ada@x.io']],
      ['mailto:kay@x.io <me@x.io>', ['kay@x.io', 'me@x.io']],
      ["o'hara+tag@x.io", ["o'hara+tag@x.io"]],
    ] as const) {
      assert.deepEqual(emailsOf(text), emails, text);
      assert.deepEqual(invalidOf(text), [], text);
    }
  });

  it('never treats a part of an invalid entry as an address', () => {
    for (const text of [
      'mary smith@example.org',
      'bob@localhost',
      'mary',
      'a@b@x.io',
      '@x.io',
      'a@',
      'a..b@x.io',
      'a@x..io',
      'a@-x.io',
      'josé@x.io',
      'ada@[127.0.0.1]',
      '"ada lovelace"@x.io',
      'Ada <ada@x.io',
      'Ada <mary smith@x.io>',
      `${'a'.repeat(80)}@x.io`,
    ]) {
      const [only, ...others] = parseRecipients(text);
      assert.equal(only?.email, null, text);
      assert.ok(only?.reason, text);
      assert.deepEqual(others, [], text);
    }
  });

  it('keeps invalid entries beside valid addresses, each with its reason', () => {
    const recipients = parseRecipients('ada@x.io, mary smith@x.io, bob@localhost\nmary');
    assert.deepEqual(
      recipients.map(({ text, reason }) => [text, reason]),
      [
        ['ada@x.io', null],
        ['mary smith@x.io', 'Contains a space. Use “Name <address>”, or the address alone.'],
        ['bob@localhost', '“localhost” isn’t a full domain, such as example.com.'],
        ['mary', 'The @ is missing.'],
      ],
    );
  });

  it('parses thousands of addresses fast, also with a stray quote', () => {
    const lines = Array.from({ length: 2_000 }, (_, index) => `person-${index}@example.com`);
    assert.equal(emailsOf(lines.join('\n')).length, 2_000);
    assert.equal(emailsOf(lines.join(', ')).length, 2_000);
    assert.equal(emailsOf(['"stray', ...lines].join(', ')).length, 2_000);
  });

  it('finds no entry in punctuation alone', () => assert.deepEqual(parseRecipients(' \n,;'), []));
});
