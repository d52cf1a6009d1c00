import { Suspense, type JSX } from "react";
import { useStore } from "zustand";
import { useDocument, useEditor } from "../app";
import { useText } from "../text/use";
import { findClip } from "../timeline/model/document";
import { findTransition } from "../timeline/model/transitions";
import { ClipPanel } from "./ClipPanel";
import "./inspector.css";
import { TransitionPanel } from "./TransitionPanel";

/** What is selected, to be changed. */
export function Inspector(): JSX.Element {
  const t = useText();
  return (
    <aside className="inspector panel" data-zone="inspector" aria-label={t("inspector.label")}>
      <Suspense>
        <Selected />
      </Suspense>
    </aside>
  );
}

function Selected(): JSX.Element {
  const { selection } = useEditor();
  const t = useText();
  const { clips, transition } = useStore(selection);
  const project = useDocument((document) => document);
  const chosen = transition === null ? null : findTransition(project, transition);
  const places = [...clips].flatMap((id) => findClip(project, id) ?? []);
  // The picture of a take is what one mostly means to change.
  const place = places.find(({ track }) => track.kind === "video") ?? places[0];
  const ids = new Set(places.filter(({ track }) => track.kind === place?.track.kind).map(({ clip }) => clip.id ?? ""));
  if (chosen !== null) {
    return (
      <>
        <Head title={t("inspector.transition")} />
        <div className="inspector-body">
          <TransitionPanel key={chosen.transition.id} {...chosen} />
        </div>
      </>
    );
  }
  if (place === undefined) {
    return (
      <>
        <Head title={t("inspector.label")} />
        <div className="empty">{t("inspector.nothing")}</div>
      </>
    );
  }
  return (
    <>
      <Head title={ids.size > 1 ? t("inspector.clips", { count: ids.size }) : t("inspector.clip")} />
      {place.track.locked ? (
        <div className="empty">{t("inspector.locked")}</div>
      ) : (
        <div className="inspector-body">
          <ClipPanel key={place.clip.id} {...place} ids={ids} />
        </div>
      )}
    </>
  );
}

function Head({ title }: { title: string }): JSX.Element {
  return (
    <div className="panel-head">
      <h2>{title}</h2>
    </div>
  );
}
