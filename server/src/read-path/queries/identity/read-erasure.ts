/** What an accepted erasure has done so far (REST contract 13.17). */
export { readErasure, type StoredErasure } from '../../../database/retention/erasures.ts';
