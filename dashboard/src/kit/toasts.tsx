import { LoadFailureContext, TopLayer } from '@rollcall/react/parts';
import { CircleAlert, CircleCheck, X } from 'lucide-react';
import { type ReactNode, useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { useAnnounce } from './announcer.tsx';
import { Button, IconButton } from './button.ts';
import { isTyping } from './search-field.tsx';
import { type ToastContent, ToastContext, type Toasts } from './toast-context.ts';
import './toasts.css';

interface Toast extends ToastContent {
  readonly id: number;
  /** Time by `performance.now()`. */
  readonly shownAt: number;
}

/** Long enough to read two lines. */
const lastsMsDefault = 6_000;
const errorLastsMs = 12_000;
/** Duration of the animation that slides a toast in. */
const newMs = 160;
/** The minimum time that a toast stays after the pointer leaves it. */
const afterPauseMs = 1_500;
/** The most toasts at a time. More would cover the page, so the oldest are removed. */
const shownMax = 4;

export function ToastProvider({ children }: { readonly children: ReactNode }) {
  const [toasts, setToasts] = useState<readonly Toast[]>([]);
  const lastId = useRef(0);
  const announce = useAnnounce();
  const remove = useCallback((id: number) => setToasts((shown) => shown.filter((toast) => toast.id !== id)), []);
  const value = useMemo<Toasts>(
    () => ({
      show(content) {
        const id = ++lastId.current;
        setToasts((shown) => [...shown, { ...content, id, shownAt: performance.now() }].slice(-shownMax));
        announce(content.announcement ?? String(content.text));
        return () => remove(id);
      },
    }),
    [announce, remove],
  );
  const showFailure = useCallback((text: string) => void value.show({ text, isError: true }), [value]);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== 'z' || !(event.ctrlKey || event.metaKey) || isTyping(event.target)) return;
      const toast = toasts.findLast(({ actions }) => actions);
      if (!toast) return;
      toast.actions![0]!.run();
      remove(toast.id);
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, [toasts, remove]);
  return (
    <ToastContext.Provider value={value}>
      <LoadFailureContext value={showFailure}>{children}</LoadFailureContext>
      <TopLayer>
        <section className="toasts" aria-label="Notifications">
          {toasts.map((toast) => (
            <ToastCard key={toast.id} toast={toast} onGone={() => remove(toast.id)} />
          ))}
        </section>
      </TopLayer>
    </ToastContext.Provider>
  );
}

function ToastCard({ toast, onGone }: { readonly toast: Toast; onGone(): void }) {
  const [isPaused, setPaused] = useState(false);
  // A dialog that opens or closes remounts all toasts elsewhere. They must not slide in or last
  // longer then.
  const [isNew] = useState(() => performance.now() - toast.shownAt < newMs);
  const gone = useRef(onGone);
  gone.current = onGone;
  const { isError, actions = [], lastsMs = isError ? errorLastsMs : lastsMsDefault } = toast;
  useEffect(() => {
    if (isPaused) return;
    const leftMs = Math.max(afterPauseMs, toast.shownAt + lastsMs - performance.now());
    const timer = setTimeout(() => gone.current(), leftMs);
    return () => clearTimeout(timer);
  }, [isPaused, lastsMs, toast.shownAt]);
  const Icon = isError ? CircleAlert : CircleCheck;
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the handlers keep the toast open.
    <div
      className="toast"
      data-error={isError || undefined}
      data-new={isNew || undefined}
      onPointerEnter={() => setPaused(true)}
      onPointerLeave={() => setPaused(false)}
      onFocus={() => setPaused(true)}
      onBlur={() => setPaused(false)}
    >
      <Icon size={16} aria-hidden />
      <span className="toast-text">{toast.text}</span>
      {actions.map(({ label, run }) => (
        <Button
          key={label}
          isSmall
          onClick={() => {
            run();
            onGone();
          }}
        >
          {label}
        </Button>
      ))}
      <IconButton icon={X} label="Dismiss" onClick={onGone} />
    </div>
  );
}
