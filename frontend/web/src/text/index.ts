/** What the page says, in the user's language. */
import { createStore, type StoreApi } from "zustand/vanilla";
import { en } from "./en";
import { ru } from "./ru";

export type Language = "en" | "ru";
export type Key = keyof typeof en;
/** A text, or its forms by number as `Intl.PluralRules` names them. */
export type Entry = string | Partial<Record<Intl.LDMLPluralRule, string>>;

const TABLES: Record<Language, Record<Key, Entry>> = { en, ru };

export const language: StoreApi<{ language: Language }> = createStore(() => ({
  language: navigator.language.startsWith("ru") ? "ru" : "en",
}));

/** The text of a key; `{name}` in it is replaced by `values.name`, and `values.count` chooses among its forms. */
export function text(key: Key, values: Record<string, string | number> = {}): string {
  const chosen = language.getState().language;
  const entry = TABLES[chosen][key];
  const form = typeof entry === "string" ? entry : (entry[new Intl.PluralRules(chosen).select(Number(values["count"] ?? 0))] ?? entry.other ?? "");
  return form.replaceAll(/\{(\w+)\}/gu, (whole, name: string) => (name in values ? String(values[name]) : whole));
}
