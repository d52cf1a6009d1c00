/** What the page tells or asks of its own accord: short notices, and questions that wait for an answer. */
import { createStore, type StoreApi } from "zustand/vanilla";
import type { FileKind } from "../shell/host";

export interface Notice {
  id: number;
  tone: "info" | "error";
  text: string;
  /** What could be done about it, where something can. */
  suggestion: string | null;
}

export interface Choice<A extends string = string> {
  answer: A;
  label: string;
  tone?: "primary" | "danger";
}

export type Question =
  | { kind: "choice"; title: string; body: string; choices: Choice[]; answer: (answer: string | null) => void }
  | {
      kind: "paths";
      purpose: "open" | "save" | "folder";
      kinds: FileKind[];
      multiple: boolean;
      suggested: string;
      answer: (paths: string[]) => void;
    };

export interface Notices {
  notices: Notice[];
  question: Question | null;
}

const SHOWN = 6000;

export class Speaker {
  readonly store: StoreApi<Notices> = createStore(() => ({ notices: [], question: null }));
  #next = 0;

  /** Show a notice for some seconds; one of an error stays until it is dismissed. */
  tell(tone: Notice["tone"], text: string, suggestion: string | null = null): void {
    const id = this.#next++;
    this.store.setState(({ notices }) => ({ notices: [...notices.filter((other) => other.text !== text), { id, tone, text, suggestion }] }));
    if (tone === "info") setTimeout(() => this.dismiss(id), SHOWN);
  }

  dismiss(id: number): void {
    this.store.setState(({ notices }) => ({ notices: notices.filter((notice) => notice.id !== id) }));
  }

  /** Ask for one of some answers; null when it is dismissed. A question that is open already is dismissed by it. */
  ask<A extends string>(title: string, body: string, choices: Choice<A>[]): Promise<A | null> {
    return new Promise((resolve) => {
      this.#open({ kind: "choice", title, body, choices, answer: (answer) => resolve(answer as A | null) });
    });
  }

  /** Ask for paths by a field, where there are no dialogs of the system. */
  askPaths(options: { purpose: "open" | "save" | "folder"; kinds: FileKind[]; multiple: boolean; suggested: string }): Promise<string[]> {
    return new Promise((resolve) => this.#open({ kind: "paths", ...options, answer: resolve }));
  }

  #open(question: Question): void {
    const open = this.store.getState().question;
    if (open?.kind === "choice") open.answer(null);
    else open?.answer([]);
    const close = (): void => this.store.setState({ question: null });
    const { answer } = question;
    const answered = ((value: never) => (close(), answer(value))) as typeof answer;
    this.store.setState({ question: { ...question, answer: answered } as Question });
  }
}
