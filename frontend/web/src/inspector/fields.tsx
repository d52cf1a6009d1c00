/** Labelled controls. Numbers are changed by one step of undo from press to release. */

import { useId, useRef, useState, type JSX, type ReactNode } from "react";
import { useText } from "../text/use";

export interface NumberProps {
  label: string;
  hint?: string;
  /** Null: it has keyframes, which this control leaves alone. */
  value: number | null;
  min: number;
  max: number;
  step: number;
  unit?: string;
  /** What a double click on the slider, and emptying the field, sets. */
  normal: number;
  /** Where the slider ends, where the range is too wide for one. */
  slide?: readonly [number, number];
  onChange: (value: number, merge: string) => void;
}

/** A slider and a field for the same number. */
export function NumberField({ label, hint, value, min, max, step, unit = "", normal, slide, onChange }: NumberProps): JSX.Element {
  const t = useText();
  const id = useId();
  const merge = useRef("");
  const [text, setText] = useState<string | null>(null);
  const begin = (): void => {
    merge.current = crypto.randomUUID();
  };
  const [left, right] = slide ?? [min, max];
  const shown = value === null ? "" : String(Math.round(value * 1e4) / 1e4);
  const enter = (entered: string): void => {
    setText(null);
    const number = entered.trim() === "" ? normal : Number(entered.replace(",", "."));
    if (Number.isFinite(number) && entered !== shown) onChange(Math.min(Math.max(number, min), max), crypto.randomUUID());
  };
  return (
    <div className="field-row" title={hint}>
      <label htmlFor={id}>{label}</label>
      <input
        type="range"
        aria-label={label}
        min={left}
        max={right}
        step={step}
        value={value ?? normal}
        disabled={value === null}
        onPointerDown={begin}
        onFocus={begin}
        onDoubleClick={() => onChange(normal, crypto.randomUUID())}
        onChange={(event) => onChange(event.target.valueAsNumber, merge.current)}
      />
      <input
        id={id}
        className="field number digits"
        inputMode="decimal"
        disabled={value === null}
        placeholder={value === null ? t("inspector.keyframes") : ""}
        value={text ?? shown}
        onChange={(event) => setText(event.target.value)}
        onBlur={(event) => text !== null && enter(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === "Enter") enter(event.currentTarget.value);
          if (event.key === "Escape") setText(null);
        }}
      />
      <span className="field-unit">{unit}</span>
    </div>
  );
}

export function Choice({
  label,
  hint,
  value,
  choices,
  onChange,
}: {
  label: string;
  hint?: string;
  value: string;
  choices: readonly (readonly [value: string, title: string])[];
  onChange: (value: string) => void;
}): JSX.Element {
  return (
    <label className="field-row plain" title={hint}>
      <span>{label}</span>
      <select className="field" aria-label={label} value={value} onChange={(event) => onChange(event.target.value)}>
        {choices.map(([each, title]) => (
          <option key={each} value={each}>
            {title}
          </option>
        ))}
      </select>
    </label>
  );
}

export function Switch({ label, hint, value, onChange }: { label: string; hint?: string; value: boolean; onChange: (value: boolean) => void }): JSX.Element {
  return (
    <label className="field-row plain" title={hint}>
      <span>{label}</span>
      <input type="checkbox" checked={value} onChange={(event) => onChange(event.target.checked)} />
    </label>
  );
}

/** A colour without its opacity; one that is written with it keeps it. */
export function ColorField({ label, hint, value, onChange }: { label: string; hint?: string; value: string; onChange: (value: string, merge: string) => void }): JSX.Element {
  const merge = useRef("");
  return (
    <label className="field-row plain" title={hint}>
      <span>{label}</span>
      <input
        type="color"
        value={value.slice(0, 7).toLowerCase()}
        onFocus={() => {
          merge.current = crypto.randomUUID();
        }}
        onChange={(event) => onChange(`${event.target.value.toUpperCase()}${value.slice(7)}`, merge.current)}
      />
    </label>
  );
}

/** Text that is taken over when the field is left, or as it is typed. */
export function TextField({
  label,
  hint,
  value,
  lines = 1,
  onChange,
}: {
  label: string;
  hint?: string;
  value: string;
  lines?: number;
  onChange: (value: string, merge: string) => void;
}): JSX.Element {
  const merge = useRef("");
  const begin = (): void => {
    merge.current = crypto.randomUUID();
  };
  return (
    <label className="field-row plain" title={hint}>
      <span>{label}</span>
      {lines > 1 ? (
        <textarea className="field" aria-label={label} rows={lines} value={value} onFocus={begin} onChange={(event) => onChange(event.target.value, merge.current)} />
      ) : (
        <input className="field" value={value} spellCheck={false} onFocus={begin} onChange={(event) => onChange(event.target.value, merge.current)} />
      )}
    </label>
  );
}

/** A part that can be folded away. */
export function Part({ title, open = true, children }: { title: string; open?: boolean; children: ReactNode }): JSX.Element {
  return (
    <details className="part" open={open}>
      <summary>{title}</summary>
      {children}
    </details>
  );
}
