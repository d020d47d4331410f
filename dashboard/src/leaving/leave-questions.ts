import type { LeaveGuard, Question } from '@rollcall/react/parts';

interface Watched {
  readonly question: Question;
  /** Whether other pages of the console keep the work, so that only closing the tab loses it. */
  readonly isKeptByPages: boolean;
}

/** Shows one question at a time. */
interface Asker {
  show(question: Question): Promise<boolean>;
  /** Closes the question that is shown. It then resolves to false. */
  withdraw(): void;
}

/**
 * The questions about work that leaving would lose: unsaved forms, secrets that were not copied,
 * a bulk action. Closing or reloading the tab asks the question of the browser.
 */
export class LeaveQuestions implements LeaveGuard {
  readonly #watched = new Set<Watched>();
  #asker: Asker | null = null;
  #shown: Question | null = null;
  #asked: Promise<boolean> | null = null;
  #mayUnload = false;

  constructor() {
    addEventListener('beforeunload', (event) => {
      if (this.#watched.size > 0 && !this.#mayUnload) event.preventDefault();
    });
  }

  /** Whether other pages can be opened without a question. */
  get isEmpty(): boolean {
    return this.#ofPages().length === 0;
  }

  /** Sets the dialog that asks. */
  showWith(asker: Asker): void {
    this.#asker = asker;
  }

  readonly watch = (question: Question, isKeptByPages = false): (() => void) => {
    const watched = { question, isKeptByPages };
    this.#watched.add(watched);
    return () => {
      this.#watched.delete(watched);
      // Later, since a new text of the same question follows at once.
      queueMicrotask(this.#withdrawEnded);
    };
  };

  readonly ask = async (question: Question): Promise<boolean> => {
    if (!this.#asker) return true;
    this.#shown = question;
    const mayLeave = await this.#asker.show(question);
    if (this.#shown === question) this.#shown = null;
    return mayLeave;
  };

  /**
   * Shows all questions before another page opens, or, with `endsSession`, before a logout. Work
   * that the user gives up has no further question.
   */
  askAll({ endsSession = false } = {}): Promise<boolean> {
    this.#asked ??= this.#askAll(endsSession).finally(() => {
      this.#asked = null;
    });
    return this.#asked;
  }

  /** Ends the questions about work that is kept for the next login. */
  endKept(): void {
    for (const watched of this.#watched) if (watched.isKeptByPages) this.#watched.delete(watched);
  }

  /** Lets the page close without a question: the user was asked, or is another one. */
  allowUnload(): void {
    this.#mayUnload = true;
  }

  async #askAll(endsSession: boolean): Promise<boolean> {
    const agreed = new Set<string>();
    for (;;) {
      // Read again each time, since a response can show a secret while the user decides.
      const others = endsSession ? [...this.#watched] : this.#ofPages();
      const next = others.find(({ question }) => !agreed.has(question.title));
      if (!next) break;
      if (!(await this.ask(next.question))) return false;
      agreed.add(next.question.title);
    }
    for (const watched of this.#ofPages()) this.#watched.delete(watched);
    return true;
  }

  /** The user stays, and sees what ended the question, such as the response to a form. */
  readonly #withdrawEnded = (): void => {
    const title = this.#shown?.title ?? null;
    if (title !== null && ![...this.#watched].some(({ question }) => question.title === title)) this.#asker?.withdraw();
  };

  #ofPages(): Watched[] {
    return [...this.#watched].filter(({ isKeptByPages }) => !isKeptByPages);
  }
}

/** The only instance: a document has one address and one `beforeunload`. */
export const leaveQuestions = new LeaveQuestions();

/** The question about a form or a list with unsaved changes. */
export function discardChangesTo(what: string): Question {
  return { title: `Discard changes to ${what}?`, text: 'You haven’t saved them.', action: 'Discard changes' };
}

/** The question while the request of a form runs, whose response can be an error or a secret. */
export const responseAwaited: Question = {
  title: 'The server hasn’t responded yet. Leave anyway?',
  text: 'You won’t see whether it worked. If it didn’t, what you entered is lost.',
  action: 'Leave',
};
