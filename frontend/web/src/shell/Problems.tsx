import type { JSX } from "react";
import { useEditor, useLive } from "../app";
import { useText } from "../text/use";
import { Button } from "../ui/Button";
import { Dialog } from "../ui/Dialog";
import { Icon } from "../ui/icons";

/** What is wrong with the project, and what would help. */
export function Problems({ onClose }: { onClose: () => void }): JSX.Element {
  const t = useText();
  const { selection, live } = useEditor();
  const problems = useLive((state) => state.problems);
  const show = (ids: readonly string[]): void => {
    const { tracks, media } = live.store.getState().document;
    const clips = new Set(tracks.flatMap((track) => (track.kind === "subtitle" ? [] : track.clips.map(({ id }) => id))));
    const entries = new Set(media.map(({ id }) => id));
    selection.setState({ clips: new Set(ids.filter((id) => clips.has(id))), media: new Set(ids.filter((id) => entries.has(id))) });
    onClose();
  };
  return (
    <Dialog title={t("problems.title")} wide onClose={onClose}>
      {problems.length === 0 && <p>{t("problems.none")}</p>}
      {/* It can be scrolled by keys. */}
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <ul className="problem-list" tabIndex={0}>
        {problems.map(({ severity, code, pointer, ids, message, suggestion }) => (
          <li key={`${code} ${pointer}`} className={severity}>
            <span className="problem-mark" role="img" aria-label={t(severity === "error" ? "problems.error" : "problems.warning")}>
              <Icon name="warning" />
            </span>
            <span>
              {message}
              {suggestion !== null && <small>{suggestion}</small>}
            </span>
            {ids.length > 0 && <Button onClick={() => show(ids)}>{t("problems.show")}</Button>}
          </li>
        ))}
      </ul>
      <div className="dialog-actions">
        <Button look="primary" onClick={onClose}>
          {t("app.close")}
        </Button>
      </div>
    </Dialog>
  );
}
