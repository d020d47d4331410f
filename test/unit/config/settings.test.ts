import assert from 'node:assert/strict';
import { pubSubOfUrls } from '../../../server/src/bus/redis-clients.ts';
import { parseConfig } from '../../../server/src/config.ts';

const secret = { SECRET: 's'.repeat(32) };

describe('settings', () => {
  const refusals: readonly [environment: Record<string, string>, pattern: RegExp][] = [
    [{ TERMS_URL: 'https://example.com/terms' }, /^TERMS_URL and PRIVACY_URL must be set together\. Set both or none$/],
    [{ PRIVACY_URL: 'https://example.com/privacy' }, /^TERMS_URL and PRIVACY_URL must be set together/],
    [
      { PUBLIC_URL: 'https://example.com/rollcall' },
      /^PUBLIC_URL must not have a path, a query or a user, because Rollcall must be served at the root/,
    ],
    [{ PUBLIC_URL: 'https://example.com/?a=b' }, /^PUBLIC_URL must not have a path, a query or a user/],
    [{ PUBLIC_URL: 'https://user:pw@example.com' }, /^PUBLIC_URL must not have a path, a query or a user/],
    [{ PUBLIC_URL: 'example.com' }, /^PUBLIC_URL must be a URL that starts with http:\/\/ or https:\/\/$/],
    [
      { TRUSTED_PROXIES: 'balancer' },
      /^TRUSTED_PROXIES must contain only IP addresses, ranges such as 10\.0\.0\.0\/8, loopback, linklocal or uniquelocal$/,
    ],
    [
      { OUTBOUND_ALLOWED: 'idp.internal, 10.0.0.0/40' },
      /^OUTBOUND_ALLOWED must contain only host names, IP addresses, and ranges such as 10\.0\.0\.0\/8$/,
    ],
    [
      { DNS_SERVERS: '192.0.2.53, dns.example.com' },
      /^DNS_SERVERS must contain only IP addresses, each with an optional port, such as 192\.0\.2\.53:53$/,
    ],
    [{ MSTEAMS_HOSTS: '*.com' }, /^MSTEAMS_HOSTS must contain only host names, such as \*\.example\.com$/],
    [{ MSTEAMS_HOSTS: '*.logic.azure.com https://example.com' }, /^MSTEAMS_HOSTS must contain only host names, such as \*\.example\.com$/],
    [{ TRUSTED_PROXIES: 'loopback,10.0.0.0/40' }, /^TRUSTED_PROXIES must contain only IP addresses/],
    [{ TRUSTED_PROXIES: '1' }, /^TRUSTED_PROXIES must contain only IP addresses/],
    [{ TRUSTED_PROXIES: '010.0.0.0/8' }, /^TRUSTED_PROXIES must contain only IP addresses/],
    [
      { OPERATOR_TOKEN: 'ü'.repeat(32) },
      /^OPERATOR_TOKEN must contain only ASCII characters without spaces, because it is sent in a header$/,
    ],
    [
      { REDIS_URL: 'redis://:100%@localhost' },
      /^REDIS_URL must have its user name and password percent-encoded, such as %25 for a percent sign$/,
    ],
    [{ REDIS_URL: 'rediss://us%er:hunter2@localhost' }, /^REDIS_URL must have its user name and password percent-encoded/],
    [
      { REDIS_URL: 'redis://localhost/0, redis://:hunter2%ff@localhost' },
      /^REDIS_URL must have its user name and password percent-encoded/,
    ],
    [
      { REDIS_URL: 'redis://:hunter2@localhost/cache' },
      /^REDIS_URL must not have a path, except the number of a database, such as redis:\/\/localhost:6379\/0$/,
    ],
    [{ REDIS_URL: 'redis:localhost' }, /^REDIS_URL must not have a path/],
    [{ REDIS_URL: 'redis://:hunter2' }, /^REDIS_URL must be a URL that starts with redis:\/\/ or rediss:\/\/$/],
    [{ MAIL_FROM: 'Rollcall' }, /^MAIL_FROM must be an address, or Name <address>$/],
    [{ MAIL_FROM: 'Rollcall <a@example.com>, b@example.com' }, /^MAIL_FROM must be an address/],
    [{ MAIL_FROM: 'a@example.com,' }, /^MAIL_FROM must be an address/],
    [{ MAIL_FROM: 'a@example.com,b@example.com' }, /^MAIL_FROM must be an address/],
    [{ MAIL_FROM: 'staff: a@example.com;' }, /^MAIL_FROM must be an address/],
    [{ MAIL_FROM: 'Rollcall\r\nBcc: b@example.com <a@example.com>' }, /^MAIL_FROM must be an address/],
    [{ DATABASE_URL: 'mysql://db/rollcall' }, /^DATABASE_URL must be a URL that starts with postgres:\/\/ or postgresql:\/\/$/],
    [
      { DATABASE_URL: 'postgres://a,b/rollcall?target_session_attrs=any' },
      /^DATABASE_URL has target_session_attrs=any, but Rollcall requires a host that accepts writes\. Set it to read-write$/,
    ],
    [{ DATABASE_URL: 'postgres://a/rollcall?target_session_attrs=standby' }, /^DATABASE_URL has target_session_attrs=standby/],
    [{ DATABASE_URL: 'postgres://a:1,b:x/rollcall' }, /^DATABASE_URL has a host, port or password that is not valid/],
    [{ DATABASE_URL: 'postgres:///rollcall?host=a,b&port=1,2,3' }, /^DATABASE_URL has 2 hosts but 3 ports$/],
    [
      { DATABASE_URL: 'postgres://a/rollcall?lock_timeout=5s' },
      /^DATABASE_URL has a lock_timeout that is not a whole number of milliseconds/,
    ],
    [{ PASSWORD_HASH_KIB: '7' }, /^PASSWORD_HASH_KIB must be a whole number from 8 to 1048576$/],
    [{ PASSWORD_HASH_PASSES: '0' }, /^PASSWORD_HASH_PASSES must be a whole number from 1 to 100$/],
  ];
  for (const [environment, pattern] of refusals) {
    it(`[H-35] cause a one-line error: ${JSON.stringify(environment)}`, () => {
      assert.throws(
        () => parseConfig({ ...secret, ...environment }),
        ({ name, message }: Error) => {
          assert.equal(name, 'ConfigError');
          assert.match(message, pattern);
          assert.doesNotMatch(message, /\n|hunter2|100%/);
          return true;
        },
      );
    });
  }

  it('contain the URLs of Redis as they are, if the client can use them', () => {
    const urls = ['redis://localhost', 'rediss://user:100%25@localhost:6380/', 'redis://:p%40ss@[::1]:6379/15', 'redis:///2'];
    assert.deepEqual(parseConfig({ ...secret, REDIS_URL: urls.join(', ') }).redisUrls, urls);
    for (const url of urls) pubSubOfUrls([url]);
    pubSubOfUrls(urls);
  });

  it('[V11.4.2] allow cheap hashes of passwords, but in production only what OWASP recommends', () => {
    const withCost = (memoryKib: number, passes: number, NODE_ENV = 'production') =>
      parseConfig({ ...secret, NODE_ENV, PASSWORD_HASH_KIB: String(memoryKib), PASSWORD_HASH_PASSES: String(passes) }).passwordCost;
    assert.deepEqual(parseConfig({ ...secret, NODE_ENV: 'production' }).passwordCost, { memoryKib: 19_456, passes: 2 });
    assert.deepEqual(withCost(8, 1, 'test'), { memoryKib: 8, passes: 1 });
    const [floors, below] = [
      [
        [47_104, 1],
        [19_456, 2],
        [12_288, 3],
        [9_216, 4],
        [7_168, 5],
        [1_048_576, 100],
      ],
      [
        [47_103, 1],
        [19_455, 2],
        [12_287, 3],
        [9_215, 4],
        [7_167, 100],
        [8, 1],
      ],
    ] as const;
    for (const [memoryKib, passes] of floors) assert.deepEqual(withCost(memoryKib, passes), { memoryKib, passes });
    for (const [memoryKib, passes] of below)
      assert.throws(() => withCost(memoryKib, passes), /^ConfigError: PASSWORD_HASH_KIB and PASSWORD_HASH_PASSES must not be below/);
  });

  it('contain the sender of mails as one name and one address', () => {
    const senders: readonly [text: string, name: string, address: string][] = [
      ['rollcall@acme.example', '', 'rollcall@acme.example'],
      [' <rollcall@acme.example> ', '', 'rollcall@acme.example'],
      ['Rollcall <rollcall@localhost>', 'Rollcall', 'rollcall@localhost'],
      ['Rollcall: Staging <rollcall@acme.example>', 'Rollcall: Staging', 'rollcall@acme.example'],
      ['Acme, Inc. (staging) <rollcall@acme.example>', 'Acme, Inc. (staging)', 'rollcall@acme.example'],
      ['"Acme \\"Ops\\", Inc." <rollcall@acme.example>', 'Acme "Ops", Inc.', 'rollcall@acme.example'],
      ['The "Ops" team <ops+rollcall@bücher.example>', 'The "Ops" team', 'ops+rollcall@bücher.example'],
    ];
    for (const [MAIL_FROM, name, address] of senders)
      assert.deepEqual(parseConfig({ ...secret, MAIL_FROM }).mailFrom, { name, address }, MAIL_FROM);
  });

  it('[H-35] cause a warning with the closest name if they are misspelled', () => {
    const { warnings } = parseConfig({ ...secret, RATE_LIMIT_PER_ADRESS: '10', LIMIT_OF_NOTHING: '1', DATABASE_ULR: 'x', PUBLIC_ULR: '' });
    assert.deepEqual(warnings, [
      'RATE_LIMIT_PER_ADRESS is not a setting and has no effect. Did you mean RATE_LIMIT_PER_ADDRESS?',
      'LIMIT_OF_NOTHING is not a setting and has no effect. docs/operating/configuration.md lists all settings.',
      'DATABASE_ULR is not a setting and has no effect. Did you mean DATABASE_URL?',
      'PUBLIC_ULR is not a setting and has no effect. Did you mean PUBLIC_URL?',
    ]);
  });

  it('[H-35] cause no warning if they are spelled correctly, nor do the variables of a shell or a container', () => {
    const shell = [
      'PATH',
      'HOME',
      'HOSTNAME',
      'PWD',
      'SHELL',
      'USER',
      'MAIL',
      'LANG',
      'LOGNAME',
      'TERM',
      'SHLVL',
      'EDITOR',
      'PGHOST',
      'npm_config_cache',
    ];
    const environment = { ...secret, PORT: '0', ROLLCALL_URL: 'x', ...Object.fromEntries(shell.map((name) => [name, 'x'])) };
    assert.deepEqual(parseConfig(environment).warnings, []);
  });
});
