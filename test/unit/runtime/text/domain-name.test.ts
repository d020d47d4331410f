import assert from 'node:assert/strict';
import { domainOfAddress, isDomainLabel, parseDomainName } from '../../../../server/src/runtime/text/domain-name.ts';

describe('parseDomainName', () => {
  it('[13.6] returns ASCII in lower case without a final dot', () => {
    assert.equal(parseDomainName('Example.COM.'), 'example.com');
    assert.equal(parseDomainName('mail.exämple.com'), 'mail.xn--exmple-cua.com');
    assert.equal(parseDomainName('XN--exmple-cua.com'), 'xn--exmple-cua.com');
  });

  it('[S-58] does not turn a name that looks like another one into it', () => {
    const cyrillic = '\u0430pple.com';
    assert.equal(parseDomainName(cyrillic), 'xn--pple-43d.com');
    assert.equal(parseDomainName('xn--pple-43d.com'), 'xn--pple-43d.com');
  });

  it('[13.6] refuses texts that are not names with at least two labels', () => {
    const long = `${'a'.repeat(63)}.${'b'.repeat(63)}.${'c'.repeat(63)}.${'d'.repeat(41)}.com`;
    const refused = ['', '.', 'localhost', 'com', '1.2.3.4', '0x7f.1', '[::1]', 'a..b', '.example.com', 'example.com..', 'a_b.com'];
    const urls = ['https://example.com', 'example.com/path', 'example.com:443', 'user@example.com', 'ex%61mple.com', 'a b.com', 'a.com#b'];
    const others = ['-a.com', 'a-.com', `${'a'.repeat(64)}.com`, long, 'xn--a.com', 'xn--abc-.com', '*.example.com', 'example.com\u0000'];
    for (const text of [...refused, ...urls, ...others]) assert.equal(parseDomainName(text), null, JSON.stringify(text));
  });
});

describe('a label of a domain', () => {
  it('[H-29] may begin with xn-- only if it decodes to Unicode, and encodes to itself again', () => {
    for (const label of ['xn--exmple-cua', 'xn--fa-hia', 'xn--p1ai', 'xn--fiqs8s', 'xn--mgbaam7a8h', 'xn--ls8h', 'a--b', 'a']) {
      assert.equal(isDomainLabel(label), true, label);
    }
    // No text, ASCII, control characters, twice encoded, disallowed characters, overflows.
    const refused = ['xn--', 'xn--abc-', 'xn--a', 'xn--xn--a-abc', 'xn--a-ecp', 'xn--zzzzzzzzzz99999', 'xn--999999b', 'xn--0', 'xn--a-yoc'];
    for (const label of refused) {
      assert.equal(isDomainLabel(label), false, label);
      assert.equal(parseDomainName(`${label}.com`), null, label);
      assert.equal(domainOfAddress(`a@b.${label}`), null, label);
    }
  });
});

describe('domainOfAddress', () => {
  it('[13.6] returns the part behind the @ in the form of domains, of plain addresses only', () => {
    assert.equal(domainOfAddress('Amara@Example.COM'), 'example.com');
    assert.equal(domainOfAddress('amara.o+1@exämple.com'), 'xn--exmple-cua.com');
    const refused = [
      'amara',
      '@example.com',
      'amara@localhost',
      'amara@',
      'a@b.org@example.com',
      '"a@b.org"@example.com',
      'a b@example.com',
    ];
    for (const email of [...refused, 'a\n@example.com', `${'a'.repeat(250)}@a.com`]) assert.equal(domainOfAddress(email), null, email);
  });
});
