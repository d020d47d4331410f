export { findSignOnTest } from '../database/sso-flows.ts';
