interface Via {
  readonly title: string;
  readonly url: string;
  readonly severity: string;
  readonly range: string;
}

/** Output of `npm audit --json`. A string in `via` names a vulnerable package below this one. */
export interface AuditReport {
  readonly vulnerabilities: Readonly<Record<string, { readonly via: readonly (Via | string)[] }>>;
}

export interface JudgedAdvisory extends Via {
  readonly id: string;
  readonly name: string;
  readonly isProduction: boolean;
  readonly fails: boolean;
  /** The reason, for an allowed advisory. */
  readonly allowedBecause: string | undefined;
}

const failingSeverities = ['high', 'critical'];

/** Accepts an error or no output, which npm gives for a registry without advisories. */
export function readReport(stdout: string | null): AuditReport | { readonly unavailable: string } {
  try {
    const report = JSON.parse(stdout ?? '');
    if (report.vulnerabilities) return report;
    return { unavailable: String(report.message ?? report.error?.summary).split('\n')[0]! };
  } catch {
    return { unavailable: 'npm audit printed no report' };
  }
}

export function evaluateReport(
  report: AuditReport,
  production: ReadonlySet<string>,
  allowed: Readonly<Record<string, string>>,
): JudgedAdvisory[] {
  return Object.entries(report.vulnerabilities).flatMap(([name, { via }]) =>
    via
      .filter((cause) => typeof cause !== 'string')
      .map((advisory) => {
        const id = advisory.url.split('/').at(-1)!;
        const isProduction = production.has(name);
        const allowedBecause = allowed[id];
        const fails = isProduction && failingSeverities.includes(advisory.severity) && allowedBecause === undefined;
        return { ...advisory, id, name, isProduction, allowedBecause, fails };
      }),
  );
}

export function describeAdvisory({ severity, name, range, isProduction, title, url, allowedBecause }: JudgedAdvisory): string {
  const use = isProduction ? 'production' : 'development';
  const note = allowedBecause === undefined ? '' : ` Allowed: ${allowedBecause}.`;
  return `${severity}, ${use}: ${name} ${range}: ${title} (${url}).${note}`;
}
