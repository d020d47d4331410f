import assert from 'node:assert/strict';
import { findForgery } from '../../../server/src/identity/request-forgery.ts';

const isAllowed = (origin: string) => ['https://own.example.com', 'https://app.example.com'].includes(origin);

describe('a request with a cookie', () => {
  it('[S-18] may come from the server’s own pages, from allowed origins, and from a client that is not a browser', () => {
    for (const headers of [
      {},
      { 'sec-fetch-site': 'same-origin' },
      { 'sec-fetch-site': 'none' },
      { origin: 'https://own.example.com', 'sec-fetch-site': 'same-origin' },
      { origin: 'https://app.example.com', 'sec-fetch-site': 'cross-site' },
      { origin: 'https://app.example.com', 'sec-fetch-site': 'same-site' },
    ]) {
      assert.equal(findForgery(headers, isAllowed), null, JSON.stringify(headers));
    }
  });

  it('[S-18] [V3.5.1] may not come from any other page, even one with a similar name', () => {
    for (const headers of [
      { origin: 'null' },
      { origin: '' },
      { origin: 'https://own.example.com.evil.example.com' },
      { origin: 'https://evil.example.com', 'sec-fetch-site': 'same-origin' },
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
      { 'sec-fetch-site': 'anything' },
    ]) {
      assert.notEqual(findForgery(headers, isAllowed), null, JSON.stringify(headers));
    }
  });
});
