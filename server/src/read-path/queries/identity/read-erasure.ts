/** Reads the state of an accepted erasure (REST contract 13.17). */
export { readErasure, type StoredErasure } from '../../../database/identity/erasures.ts';
