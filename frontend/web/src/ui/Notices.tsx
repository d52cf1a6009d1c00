import { useState, type JSX } from "react";
import { useStore } from "zustand";
import { useText } from "../text/use";
import { Button, IconButton } from "./Button";
import { Dialog } from "./Dialog";
import type { Question, Speaker } from "./notices";

/** Notices in the corner, and the question that waits for an answer. */
export function NoticesAndQuestions({ speaker }: { speaker: Speaker }): JSX.Element {
  const t = useText();
  const { notices, question } = useStore(speaker.store);
  return (
    <>
      <div className="notices" role="status" aria-live="polite">
        {notices.map((notice) => (
          <div key={notice.id} className={`notice ${notice.tone}`}>
            <span>{notice.text}</span>
            <IconButton icon="close" label={t("app.dismiss")} onClick={() => speaker.dismiss(notice.id)} />
            {notice.suggestion !== null && <small>{notice.suggestion}</small>}
          </div>
        ))}
      </div>
      {question?.kind === "choice" && <ChoiceDialog question={question} />}
      {question?.kind === "paths" && <PathsDialog question={question} />}
    </>
  );
}

function ChoiceDialog({ question }: { question: Extract<Question, { kind: "choice" }> }): JSX.Element {
  return (
    <Dialog title={question.title} onClose={() => question.answer(null)}>
      <p>{question.body}</p>
      <div className="dialog-actions">
        {question.choices.map(({ answer, label, tone }) => (
          <Button key={answer} look={tone ?? "normal"} onClick={() => question.answer(answer)}>
            {label}
          </Button>
        ))}
      </div>
    </Dialog>
  );
}

function PathsDialog({ question }: { question: Extract<Question, { kind: "paths" }> }): JSX.Element {
  const t = useText();
  const [value, setValue] = useState(question.suggested);
  const { purpose, multiple } = question;
  const title = purpose === "open" ? t(multiple ? "paths.openMany" : "paths.open") : t(purpose === "save" ? "paths.save" : "paths.folder");
  const paths = value.split("\n").flatMap((line) => line.trim() || []);
  return (
    <Dialog title={title} onClose={() => question.answer([])}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          question.answer(paths);
        }}
      >
        {multiple ? (
          <textarea className="field" rows={5} spellCheck={false} aria-label={title} value={value} onChange={(event) => setValue(event.target.value)} />
        ) : (
          <input className="field" spellCheck={false} aria-label={title} value={value} onChange={(event) => setValue(event.target.value)} />
        )}
        <p>{t("paths.hint")}</p>
        <div className="dialog-actions">
          <Button onClick={() => question.answer([])}>{t("app.cancel")}</Button>
          <button type="submit" className="button primary" disabled={paths.length === 0}>
            {t(purpose === "save" ? "paths.saveDo" : "paths.openDo")}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
