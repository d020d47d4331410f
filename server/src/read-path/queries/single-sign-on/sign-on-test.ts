export { readTestResult as findSignOnTest } from '../../../database/security/sso-flows.ts';
