interface LoadingProps {
  readonly label: string;
  /** The part that has been received, if known. */
  readonly progress?: { readonly part: number; readonly parts: number } | null;
  readonly rows?: number;
}

/** A skeleton of a list that is loading. */
export function LoadingList({ label, progress, rows = 8 }: LoadingProps) {
  return (
    <div className="rollcall-loading">
      {progress && progress.parts > 1 && (
        <div className="rollcall-loading-progress">
          <progress aria-label={label} value={progress.part} max={progress.parts} />
          <span>
            {label} {Math.round((100 * progress.part) / progress.parts)}%
          </span>
        </div>
      )}
      <span className="rollcall-visually-hidden">{label}</span>
      <div aria-hidden>
        {Array.from({ length: rows }, (_, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: all rows are the same.
          <div key={index} className="rollcall-skeleton-row">
            <span className="rollcall-skeleton rollcall-skeleton-circle" />
            <span className="rollcall-skeleton" />
            <span className="rollcall-skeleton rollcall-skeleton-short" />
          </div>
        ))}
      </div>
    </div>
  );
}
