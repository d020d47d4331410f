export { findSignOnTest } from '../../../database/security/sso-flows.ts';
