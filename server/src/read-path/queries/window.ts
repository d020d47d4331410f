/** The rows of one page (spec: 1.2). */
export interface Window {
  readonly limit: number;
  readonly offset: number;
}
