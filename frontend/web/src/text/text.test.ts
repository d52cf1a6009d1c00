import { afterEach, describe, expect, it } from "vitest";
import { language, text, type Entry, type Key } from ".";
import { en } from "./en";
import { ru } from "./ru";

afterEach(() => language.setState({ language: "en" }));

const forms = (entry: Entry): string[] => (typeof entry === "string" ? [entry] : Object.values(entry));
const names = (entry: Entry): string[] => [...new Set(forms(entry).flatMap((form) => [...form.matchAll(/\{(\w+)\}/gu)].map(([, name]) => name ?? "")))].toSorted();

describe("texts", () => {
  it("are the same keys in both languages, with the same values in them", () => {
    expect(Object.keys(ru).toSorted()).toEqual(Object.keys(en).toSorted());
    for (const key of Object.keys(en) as Key[]) expect(names(ru[key]), key).toEqual(names(en[key]));
  });

  it("have every form of number that their language has", () => {
    for (const [chosen, table] of [["en", en], ["ru", ru]] as const) {
      const wanted = new Intl.PluralRules(chosen).resolvedOptions().pluralCategories.toSorted();
      const counted = Object.entries(table).filter(([, entry]) => typeof entry !== "string");
      expect(counted.length).toBeGreaterThan(0);
      for (const [key, entry] of counted) expect(Object.keys(entry).toSorted(), key).toEqual(wanted);
    }
  });

  it("say numbers as the language does", () => {
    expect(text("media.relinked", { count: 1 })).toBe("1 file was found");
    expect(text("media.relinked", { count: 5 })).toBe("5 files were found");
    language.setState({ language: "ru" });
    expect(text("media.relinked", { count: 21 })).toBe("Найден 21 файл");
    expect(text("media.relinked", { count: 3 })).toBe("Найдено 3 файла");
    expect(text("media.relinked", { count: 11 })).toBe("Найдено 11 файлов");
  });
});
