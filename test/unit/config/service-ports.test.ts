import assert from 'node:assert/strict';
import { servicePortsOf } from '../../../server/src/config/service-ports.ts';

describe('the ports of services', () => {
  const ports = (databaseUrl: string | null, redisUrls: string[] = [], smtpUrl: string | null = null) => [
    ...servicePortsOf({ databaseUrl, redisUrls, smtpUrl }),
  ];

  it('come from the URLs, or are the defaults', () => {
    assert.deepEqual(ports(null), []);
    assert.deepEqual(ports('postgres://u:p@db/rollcall', ['redis://a', 'rediss://b:7000'], 'smtps://mail'), [5432, 6379, 7000, 465]);
    assert.deepEqual(ports('postgres://a:1,b:2/rollcall', [], 'smtp://mail'), [1, 2, 587]);
    assert.deepEqual(ports(null, [], 'smtp+starttls://mail'), [587]);
    assert.deepEqual(ports('postgres:///rollcall?host=/run/postgresql&port=6000'), [6000]);
  });
});
