/** What a project may name: effects and transitions with their parameters, read once a connection. */

import { use } from "react";
import type { EffectInfo, ParameterInfo, TransitionInfo } from "../generated/client";
import { language } from "../text";
import type { Session } from "../transport/session";

export interface Catalogue {
  readonly effects: readonly EffectInfo[];
  readonly transitions: readonly TransitionInfo[];
}

const kept = new WeakMap<Session, Promise<Catalogue>>();

/** The catalogue; the component waits for it (Suspense). */
export function useCatalogue(session: Session): Catalogue {
  let found = kept.get(session);
  if (found === undefined) {
    found = read(session);
    kept.set(session, found);
    // It is asked for again after a failure.
    found.catch(() => kept.delete(session));
  }
  return use(found);
}

async function read(session: Session): Promise<Catalogue> {
  const [{ effects }, { transitions }] = await Promise.all([session.invoke("effects.list", {}), session.invoke("transitions.list", {})]);
  return { effects, transitions };
}

/** Its name in the user's language. */
export function titleOf(info: EffectInfo | TransitionInfo): string {
  return info.translations[language.getState().language]?.title ?? info.title;
}

/** What a parameter is called: by its name in English, by what it says of itself elsewhere. */
export function parameterTitle({ name, translations }: ParameterInfo): string {
  const words = name.replaceAll(/[A-Z]/gu, (letter) => ` ${letter.toLowerCase()}`);
  return translations[language.getState().language] ?? words.charAt(0).toUpperCase() + words.slice(1);
}

/** The parameters of an effect that name files: without them it does nothing, so they are chosen first. */
export function filesOf({ parameters }: EffectInfo): ParameterInfo[] {
  return parameters.filter(({ kind }) => kind === "file");
}
