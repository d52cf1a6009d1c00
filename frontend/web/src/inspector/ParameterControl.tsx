import { useState, type JSX } from "react";
import { useDocument, useEditor } from "../app";
import type { ParameterInfo } from "../generated/client";
import { told } from "../shell/projects";
import { useText } from "../text/use";
import { isKeyframes } from "../timeline/model/shape";
import { titleOf as trackTitle } from "../timeline/view/titles";
import { Button } from "../ui/Button";
import { parameterTitle } from "./catalogue";
import { Choice, ColorField, NumberField, Switch, TextField } from "./fields";

interface Props {
  info: ParameterInfo;
  /** As it is written; undefined: the default. */
  value: unknown;
  onChange: (value: unknown, merge?: string) => void;
}

/** The control of one parameter, as its schema says. */
export function ParameterControl({ info, value: written, onChange }: Props): JSX.Element {
  const value = written ?? info.default;
  const shared = { label: parameterTitle(info), hint: info.description };
  switch (info.kind) {
    case "number":
    case "whole":
      return <Numeric info={info} value={value} onChange={onChange} {...shared} />;
    case "switch":
      return <Switch {...shared} value={value === true} onChange={onChange} />;
    case "word":
      return <Choice {...shared} value={String(value)} choices={info.choices.map((word) => [word, word])} onChange={onChange} />;
    case "color":
      return <ColorField {...shared} value={String(value)} onChange={onChange} />;
    case "track":
      return <TrackChoice {...shared} value={typeof value === "string" ? value : ""} onChange={onChange} />;
    case "file":
      return <FileChoice {...shared} value={String(value)} onChange={onChange} />;
    default:
      return <Points {...shared} value={value} onChange={onChange} />;
  }
}

function Numeric({ info, label, hint, value, onChange }: Props & { label: string; hint: string }): JSX.Element {
  const [min = 0, max = 1] = info.range ?? [];
  const step = info.kind === "whole" ? 1 : max - min > 20 ? 0.1 : max - min > 2 ? 0.01 : 0.001;
  const unit = info.unit === "factor" || info.unit === "ratio" ? "×" : (info.unit ?? "");
  return (
    <NumberField
      label={label}
      hint={hint}
      value={isKeyframes(value) ? null : Number(value)}
      normal={typeof info.default === "number" ? info.default : min}
      min={min}
      max={max}
      step={step}
      unit={unit === "deg" ? "°" : unit}
      onChange={(number, merge) => onChange(info.kind === "whole" ? Math.round(number) : number, merge)}
    />
  );
}

function TrackChoice({ label, hint, value, onChange }: { label: string; hint: string; value: string; onChange: (value: unknown) => void }): JSX.Element {
  const t = useText();
  const project = useDocument((document) => document);
  const tracks = project.tracks.filter((track) => track.kind !== "subtitle").map((track) => [track.id ?? "", trackTitle(project, track)] as const);
  return <Choice label={label} hint={hint} value={value} choices={[["", t("inspector.none")], ...tracks]} onChange={(id) => onChange(id === "" ? null : id)} />;
}

function FileChoice({ label, hint, value, onChange }: { label: string; hint: string; value: string; onChange: (value: unknown) => void }): JSX.Element {
  const { app } = useEditor();
  const t = useText();
  const choose = async (): Promise<void> => {
    const [path] = await app.host.openFiles({ kinds: ["any"], multiple: false });
    if (path !== undefined) onChange(path);
  };
  return (
    <div className="field-row plain" title={value || hint}>
      <span>{label}</span>
      <Button aria-label={`${label}: ${t("inspector.choose")}`} onClick={() => void told(app, choose)}>
        {value === "" ? t("inspector.choose") : (value.split("/").at(-1) ?? value)}
      </Button>
    </div>
  );
}

/** Points as pairs of numbers, `0,0 0.5,0.7 1,1`; what does not read as such is not taken over. */
function Points({ label, hint, value, onChange }: { label: string; hint: string; value: unknown; onChange: (value: unknown) => void }): JSX.Element {
  const points = Array.isArray(value) ? (value as number[][]) : [];
  const [text, setText] = useState<string | null>(null);
  const change = (entered: string): void => {
    const read = entered.trim().split(/\s+/u).map((pair) => pair.split(",").map(Number));
    const good = read.length >= 2 && read.every((pair) => pair.length === 2 && pair.every(Number.isFinite));
    setText(entered);
    if (good) onChange(read);
  };
  return (
    <div onBlur={() => setText(null)}>
      <TextField label={label} hint={hint} value={text ?? points.map((pair) => pair.join(",")).join(" ")} onChange={change} />
    </div>
  );
}
