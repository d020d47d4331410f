import assert from 'node:assert/strict';
import { eventually } from './eventually.ts';
import type { TestResponse, TestServer } from './server.ts';

/** Erases a user as the operator, and waits until the erasure is complete. */
export async function eraseCompletely(server: TestServer, userId: string): Promise<TestResponse> {
  const response = await server.operate('DELETE', `/users/${userId}/?mode=erase`);
  assert.ok([200, 202].includes(response.status), JSON.stringify(response.body));
  await erasureOf(server, userId);
  return response;
}

/** Waits until an erasure has a status, and returns it. */
export function erasureOf(server: TestServer, userId: string, status = 'done'): Promise<TestResponse['body']> {
  return eventually(
    async () => {
      const { body } = await server.operate('GET', `/users/${userId}/erasure/`);
      assert.equal(body.status, status, JSON.stringify(body));
      return body;
    },
    { timeoutMs: 30_000 },
  );
}
