import type { LeaveGuard, Question } from '@rollcall/react/parts';

interface Watched {
  readonly question: Question;
  /** Whether other pages of the console keep the work, so that only closing the tab loses it. */
  readonly isKeptByPages: boolean;
}

/**
 * The questions about work that leaving would lose: unsaved forms, secrets that were not copied,
 * a bulk action. Closing or reloading the tab asks the question of the browser.
 */
export class LeaveQuestions implements LeaveGuard {
  readonly #watched = new Set<Watched>();
  #show: ((question: Question) => Promise<boolean>) | null = null;
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
  showWith(show: (question: Question) => Promise<boolean>): void {
    this.#show = show;
  }

  readonly watch = (question: Question, isKeptByPages = false): (() => void) => {
    const watched = { question, isKeptByPages };
    this.#watched.add(watched);
    return () => this.#watched.delete(watched);
  };

  readonly ask = (question: Question): Promise<boolean> => this.#show?.(question) ?? Promise.resolve(true);

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
    for (const { question } of endsSession ? [...this.#watched] : this.#ofPages()) {
      if (!(await this.ask(question))) return false;
    }
    for (const watched of this.#ofPages()) this.#watched.delete(watched);
    return true;
  }

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
