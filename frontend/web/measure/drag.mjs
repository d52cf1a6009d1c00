/**
 * How long a frame of dragging takes with a thousand clips: `npm run build && node measure/drag.mjs [FILE]`.
 *
 * Opens the built page in Chromium over a sidecar of its own, drags, and sums up from a trace what scripting and layout
 * took of the page's main thread between two commits, in processor time. FILE is a video that the clips then show.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { chromium } from "playwright-core";

const ROOT = resolve(import.meta.dirname, "../../..");
const SCRIPTING = new Set(["EventDispatch", "FunctionCall", "FireAnimationFrame", "TimerFire", "RunMicrotasks", "EvaluateScript", "MinorGC", "MajorGC"]);
const LAYOUT = new Set(["UpdateLayoutTree", "Layout", "HitTest"]);
const MOVES = 120;

const folder = mkdtempSync(join(tmpdir(), "drag-"));
const project = join(folder, "thousand.json");
writeFileSync(project, JSON.stringify(thousand(process.argv[2])));
const sidecar = spawn(join(ROOT, ".venv/bin/python"), ["-m", "sidecar", "serve", "--web", join(ROOT, "frontend/_static")], {
  cwd: ROOT,
  env: { ...process.env, SIDECAR_DATA_DIR: join(folder, "data"), SIDECAR_CACHE_DIR: join(folder, "cache"), SIDECAR_TEMP_DIR: join(folder, "temp") },
  stdio: ["pipe", "pipe", "ignore"],
});
const ended = new Promise((done) => {
  sidecar.once("close", done);
});
const { origin, token } = await initialize();
const browser = await chromium.launch({ executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium", args: ["--no-sandbox"] });
const page = await browser.newPage({ viewport: { width: 1280, height: 720 } });
await page.goto(`${origin}/?project=${encodeURIComponent(project)}#token=${token}`);
await page.locator('[data-clip="v0"]').waitFor();
await page.getByRole("button", { name: "Show all", exact: true }).click();
await page.waitForTimeout(3000);
await measure("one clip of all in sight", "v100");
await page.locator('[data-clip="v100"]').focus();
await page.keyboard.press("Control+a");
await measure("all thousand", "v100");
for (let step = 0; step < 6; step++) await page.getByRole("button", { name: "Zoom in", exact: true }).click();
await page.waitForTimeout(3000);
await page.keyboard.press("Escape");
await measure("one clip, pictures in sight", await page.locator(".tl-lane.video .clip").nth(4).getAttribute("data-clip"));
await browser.close();
sidecar.stdin.end();
await ended;
rmSync(folder, { recursive: true, force: true });

function thousand(path) {
  const source = path === undefined ? { kind: "color", color: "#336699" } : { kind: "file", media: "m" };
  const clips = (name, count, every, duration) => Array.from({ length: count }, (_, at) => ({ id: `${name}${at}`, source, start: at * every, duration }));
  return {
    schema: "timeline/1",
    frameRate: "25",
    width: 1280,
    height: 720,
    media: path === undefined ? [] : [{ id: "m", path: resolve(path) }],
    tracks: [
      { kind: "video", id: "V", clips: clips("v", 600, 1, 1) },
      { kind: "video", id: "W", clips: clips("w", 400, 1.5, 1.25) },
    ],
  };
}

function initialize() {
  const params = { protocol: 1, client: { name: "drag", version: "1" }, processId: process.pid };
  sidecar.stdin.write(`${JSON.stringify({ jsonrpc: "2.0", id: 1, method: "initialize", params })}\n`);
  return new Promise((done) => {
    createInterface({ input: sidecar.stdout }).once("line", (line) => done(JSON.parse(line).result.http));
  });
}

async function measure(name, id) {
  const trace = await page.context().newCDPSession(page);
  const events = [];
  trace.on("Tracing.dataCollected", ({ value }) => events.push(...value));
  const box = await page.locator(`[data-clip="${id}"]`).boundingBox();
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  const traceConfig = { includedCategories: ["devtools.timeline", "disabled-by-default-devtools.timeline", "v8", "toplevel"] };
  await trace.send("Tracing.start", { transferMode: "ReportEvents", traceConfig });
  await page.mouse.move(x, y);
  await page.mouse.down();
  for (let move = 1; move <= MOVES; move++) {
    await page.mouse.move(x + 2 * move, y);
    await page.waitForTimeout(10);
  }
  const complete = new Promise((done) => {
    trace.once("Tracing.tracingComplete", done);
  });
  await trace.send("Tracing.end");
  await complete;
  await page.keyboard.press("Escape");
  await page.mouse.up();
  const frames = frameTimes(events);
  const at = (part) => frames[Math.min(frames.length - 1, Math.floor(frames.length * part))].toFixed(1);
  console.log(`${name}: ${await page.locator(".clip").count()} clips drawn, ${frames.length} frames; ms a frame p50 ${at(0.5)}, p95 ${at(0.95)}, most ${at(1)}`);
}

/** Milliseconds of scripting and layout in each frame, rising. Of events inside others only the outermost count. */
function frameTimes(events) {
  // Only the page's main thread hears of the pointer.
  const thread = events.find(({ name }) => name === "EventDispatch");
  const own = events.filter(({ pid, tid }) => pid === thread.pid && tid === thread.tid).toSorted((a, b) => a.ts - b.ts);
  const commits = own.filter(({ name }) => name === "Commit").map(({ ts }) => ts);
  const sums = commits.slice(1).map(() => 0);
  let end = 0;
  for (const { name, ph, ts, dur, tdur } of own) {
    if (ph !== "X" || ts < end || !(SCRIPTING.has(name) || LAYOUT.has(name))) continue;
    end = ts + dur;
    const frame = commits.findLastIndex((commit) => commit <= ts);
    if (frame >= 0 && frame < sums.length) sums[frame] += (tdur ?? dur) / 1000;
  }
  return sums.toSorted((a, b) => a - b);
}
