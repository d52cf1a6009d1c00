// Generated from the command table by `python -m protocol.generate`. Do not edit.
// It needs no framework and no other file: give `Client` a `Transport` and it speaks.

export const PROTOCOL = 1;
export const SCHEMA_HASH = "sha256:8685ec5a4f58ff829833a237f1bd3d265af2bfcab54f107415b9ac0b535e2176";

/** Seconds as a number, or exactly as `num/den`. */
export type Seconds = number | string;

/** Those that fire first, those that began first before others. */
export interface ActiveAlerts {
  alerts: Array<Alert>;
}

/** No picture of its own: its effects act on everything below it. */
export interface AdjustmentSource {
  kind: "adjustment";
}

/**
 * An alert that pends or fires. `id` is a threshold's name, or that of a rule; `value` and `threshold` are in `unit`.
 *
 * `value` is the last that was known; `since` is when it began to be beyond its threshold, `firedAt` when it fired.
 * `silenced`: a silence holds for it, so that nobody is told.
 */
export interface Alert {
  id: string;
  metric: string;
  unit: string;
  severity: "critical" | "info" | "warning";
  state: "firing" | "pending";
  value: number | null;
  threshold: number;
  since: string;
  firedAt: string | null;
  silenced: boolean;
}

/** Alerts that fire, and those that will if it goes on. */
export interface AlertCounts {
  firing: number;
  pending: number;
}

/** Payload of alerts: what became of an alert, which is shown as it was while it was one. */
export interface AlertEvent {
  at: string;
  change: "cancelled" | "firing" | "pending" | "resolved";
  alert: Alert;
}

/** Alerts that fired and that ended, newest first; a thousand are kept, also over a restart. */
export interface AlertHistory {
  events: Array<AlertEvent>;
}

/** How many to return at most. */
export interface AlertHistoryQuery {
  progressToken?: string | number | null;
  limit?: number;
}

/**
 * A rule of the user's own, over any metric of `metrics.history`, in that one's unit: ratios 0 to 1, seconds, bytes.
 *
 * `above`: it fires at `enter` and more, else at `enter` and less. `exit` null is `enter`.
 */
export interface AlertRule {
  id: string;
  metric: string;
  enter: number;
  exit: number | null;
  above: boolean;
  forSeconds: number;
  keepSeconds: number;
  minSamples: number;
  severity: "critical" | "info" | "warning";
  enabled: boolean;
}

/**
 * A rule of the user's own, over any metric of `metrics.history`, in that one's unit: ratios 0 to 1, seconds, bytes.
 *
 * `above`: it fires at `enter` and more, else at `enter` and less. `exit` null is `enter`.
 */
export interface AlertRuleInput {
  id: string;
  metric: string;
  enter: number;
  exit?: number | null;
  above?: boolean;
  forSeconds?: number;
  keepSeconds?: number;
  minSamples?: number;
  severity?: "critical" | "info" | "warning";
  enabled?: boolean;
}

/** All thresholds, and the user's own rules. */
export interface AlertRules {
  cpu: Threshold;
  memory: Threshold;
  gpuMemory: Threshold;
  errorRate: Threshold;
  responseTime: Threshold;
  disk: Threshold;
  cacheHitRatio: Threshold;
  loopLag: Threshold;
  stalledJob: Threshold;
  childCrashes: Threshold;
  rules: Array<AlertRule>;
}

/** What made a result: the same name, version and parameters give the same result of the same bytes. */
export interface Algorithm {
  name: string;
  version: number;
  parameters: Record<string, number>;
}

/** What was found, by kind; null for what was not asked. `cached` names what was known before. */
export interface Analysis {
  scenes: Scenes | null;
  black: Spans | null;
  freeze: Spans | null;
  silence: Spans | null;
  loudness: LoudnessMeasure | null;
  sharpness: Curve | null;
  motion: Curve | null;
  interlacing: Interlacing | null;
  crop: InsideBorders | null;
  bitrate: Curve | null;
  cached: Array<"bitrate" | "black" | "crop" | "freeze" | "interlacing" | "loudness" | "motion" | "scenes" | "sharpness" | "silence">;
}

/** A movement of text; `duration` null runs to the end. */
export interface Animation {
  type: "blink" | "bounce" | "fadeIn" | "fadeOut" | "pulse" | "scaleIn" | "scaleOut" | "shake" | "slideIn" | "slideOut" | "typewriter" | "wave";
  duration: Seconds | null;
  delay: Seconds;
  easing: "easeIn" | "easeInOut" | "easeOut" | "hold" | "linear" | CubicBezier;
  direction: "bottom" | "left" | "right" | "top";
  parameters: Record<string, number>;
}

/** A movement of text; `duration` null runs to the end. */
export interface AnimationInput {
  type: "blink" | "bounce" | "fadeIn" | "fadeOut" | "pulse" | "scaleIn" | "scaleOut" | "shake" | "slideIn" | "slideOut" | "typewriter" | "wave";
  duration?: Seconds | null;
  delay?: Seconds;
  easing?: "easeIn" | "easeInOut" | "easeOut" | "hold" | "linear" | CubicBezier;
  direction?: "bottom" | "left" | "right" | "top";
  parameters?: Record<string, number>;
}

/** Something that is not a stream of time. */
export interface Attachment {
  index: number;
  kind: "cover" | "data" | "font";
}

/** How the sound is encoded. Bitrate in bit/s. */
export interface AudioExport {
  codec: "aac" | "flac" | "mp3" | "opus" | "pcm_f32le" | "pcm_s16le" | "pcm_s24le" | "vorbis" | null;
  bitrate: number;
  sampleRate: number;
  channels: 1 | 2 | 6 | 8;
  loudness: Loudness | null;
  limiter: Limiter | null;
}

/** How the sound is encoded. Bitrate in bit/s. */
export interface AudioExportInput {
  codec?: "aac" | "flac" | "mp3" | "opus" | "pcm_f32le" | "pcm_s16le" | "pcm_s24le" | "vorbis" | null;
  bitrate?: number;
  sampleRate?: number;
  channels?: 1 | 2 | 6 | 8;
  loudness?: LoudnessInput | null;
  limiter?: LimiterInput | null;
}

/** A sound stream; `bits` null where the codec has no sample width. */
export interface AudioStream {
  index: number;
  codec: string;
  profile: string | null;
  sampleRate: number;
  channels: number;
  layout: string;
  bits: number | null;
  duration: string | null;
  language: string | null;
  default: boolean;
}

/** Sound only. */
export interface AudioTrack {
  kind: "audio";
  id: string | null;
  name: string;
  color: string | null;
  metadata: Record<string, unknown>;
  enabled: boolean;
  locked: boolean;
  muted: boolean;
  solo: boolean;
  volume: number | Keyframes;
  pan: number | Keyframes;
  effects: Array<Effect>;
  clips: Array<Clip>;
  transitions: Array<Transition>;
}

/** Sound only. */
export interface AudioTrackInput {
  kind: "audio";
  id?: string | null;
  name?: string;
  color?: string | null;
  metadata?: Record<string, unknown>;
  enabled?: boolean;
  locked?: boolean;
  muted?: boolean;
  solo?: boolean;
  volume?: number | KeyframesInput;
  pan?: number | KeyframesInput;
  effects?: Array<EffectInput>;
  clips?: Array<ClipInput>;
  transitions?: Array<TransitionInput>;
}

/** Items by index, `failed` of them without a picture; `cached` of them were not made for this request. */
export interface Batch {
  items: Array<BatchItem>;
  failed: number;
  cached: number;
}

/** A picture, or why there is none; `index` is its place in what was asked for. */
export interface BatchItem {
  index: number;
  frame: number;
  time: string;
  image: Resource | null;
  exact: boolean;
  error: ErrorData | null;
}

/** Work starts; `total` is null where it is not known. */
export interface Begin {
  kind: "begin";
  title: string;
  total: number | null;
}

/** Frames a second, FFmpeg's start and the generating of the frames included; nothing else of ours ran beside it. */
export interface Benchmark {
  width: number;
  height: number;
  frames: number;
  results: Array<BenchmarkRow>;
}

/**
 * A generated clip of `frames` frames is encoded by each working encoder of these codecs, hardware and software.
 *
 * `codecs` null: H.264, HEVC and AV1.
 */
export interface BenchmarkParams {
  progressToken?: string | number | null;
  codecs?: Array<"av1" | "dnxhr" | "ffv1" | "gif" | "h264" | "hevc" | "mpeg4" | "png" | "prores" | "vp9" | "webp"> | null;
  width?: number;
  height?: number;
  frames?: number;
}

/** One encoder; `family` null is software. `relative` is its speed over that of software; `reason` says why there is none. */
export interface BenchmarkRow {
  encoder: string;
  codec: "av1" | "dnxhr" | "ffv1" | "gif" | "h264" | "hevc" | "mpeg4" | "png" | "prores" | "vp9" | "webp";
  family: "amf" | "nvenc" | "qsv" | "v4l2" | "vaapi" | "videotoolbox" | null;
  framesPerSecond: number | null;
  relative: number | null;
  reason: string | null;
}

/** `share` of the picture is no lighter than `luma` (0 black, 1 white). */
export interface BlackOptions {
  luma?: number;
  share?: number;
  minimumSeconds?: number;
}

/** A line around each cell, in project pixels. */
export interface Border {
  width: number;
  color: string;
}

/** A line around each cell, in project pixels. */
export interface BorderInput {
  width?: number;
  color?: string;
}

/** A command that was not run: its arguments, and its filter graph with one chain a line. */
export interface BuiltCommand {
  builder: "concat" | "filterPreview" | "gif" | "hwaccelTest" | "probe" | "render" | "subtitlePreview" | "thumbnails" | "videoPreview" | "waveform";
  argv: Array<string>;
  graph: string | null;
  files: Array<SideFile>;
}

/** Payload of cache.changed, at most once a second while entries come or go; evictions since the sidecar started. */
export interface CacheChanged {
  memory: TierState;
  disk: TierState;
  evictions: Evictions;
}

/**
 * What is to go: all conditions that are given hold together; none: everything.
 *
 * `olderThan` is in seconds since the last use. With `dryRun` nothing goes.
 */
export interface CacheClear {
  progressToken?: string | number | null;
  kinds?: Array<"analysis" | "filmstrips" | "frames" | "metadata" | "play" | "proxies" | "segments" | "sound" | "waveforms"> | null;
  projectId?: string | null;
  path?: string | null;
  olderThan?: number | null;
  dryRun?: boolean;
}

/** What went, of both tiers. Of what was meant, entries stayed that are in use, or that other projects own too. */
export interface CacheCleared {
  entries: number;
  bytes: number;
  inUse: number;
  shared: number;
}

/** The least that the limits may be. */
export interface CacheFloor {
  memoryBytes: number;
  diskBytes: number;
}

/** What went: entries, and bytes as the limits count them. */
export interface CacheFreed {
  entries: number;
  bytes: number;
}

/** A project by its id or its file; exactly one. */
export interface CacheHasProject {
  progressToken?: string | number | null;
  projectId?: string | null;
  path?: string | null;
}

/**
 * A kind: `entries` and `bytes` are those of both tiers together; `limit` is its quota in each tier, null for none.
 *
 * `pinned` are entries on the disk that some sidecar uses now, `negative` are failures that are remembered.
 * `bytesSaved` and `secondsSaved` add up what was found instead of made.
 */
export interface CacheKindStats {
  entries: number;
  bytes: number;
  limit: number | null;
  memory: TierUse;
  disk: TierUse;
  pinned: number;
  hits: Window;
  misses: Window;
  hitRatio: HitRatio;
  response: CacheResponse;
  evictions: Evictions;
  bytesSaved: number;
  secondsSaved: number;
  negative: number;
}

/** Limits in bytes. `kinds` holds every kind: its quota in each tier, null for none. */
export interface CacheLimits {
  memoryBytes: number;
  diskBytes: number;
  minFreeDiskBytes: number;
  kinds: Partial<Record<"analysis" | "filmstrips" | "frames" | "metadata" | "play" | "proxies" | "segments" | "sound" | "waveforms", number | null>>;
  floor: CacheFloor;
}

/** The limits, which hold, but for what is in use: `over` is how many bytes on the disk are to go when they can. */
export interface CacheLimitsSet {
  limits: CacheLimits;
  evicted: CacheFreed;
  over: number;
}

/** Since the sidecar started. */
export interface CacheLookups {
  hits: number;
  misses: number;
}

/**
 * What the cache has of a file as it is now; `info` is what a probe found earlier, null if there was none.
 *
 * `kinds` are the entries that were made from the file at this path, whatever was in it.
 */
export interface CacheMetadata {
  path: string;
  fingerprint: string;
  info: MediaInfo | null;
  kinds: Partial<Record<"analysis" | "filmstrips" | "frames" | "metadata" | "play" | "proxies" | "segments" | "sound" | "waveforms", TierUse>>;
}

/** A media file. */
export interface CacheMetadataQuery {
  progressToken?: string | number | null;
  path: string;
}

/**
 * Makes what is missing of these kinds, of the files that a project plays or of files by path; exactly one of both.
 *
 * `kinds` null: metadata, with the keyframes. Waveforms, filmstrips, analyses and proxies can be made ahead too, as
 * their commands make them by default; filmstrips are pictures of the keyframes, at most 240.
 */
export interface CachePreload {
  progressToken?: string | number | null;
  project?: ProjectRef | null;
  paths?: Array<string> | null;
  kinds?: Array<"analysis" | "filmstrips" | "frames" | "metadata" | "play" | "proxies" | "segments" | "sound" | "waveforms"> | null;
}

/** Every file with every kind. */
export interface CachePreloaded {
  items: Array<PreloadedFile>;
  failed: number;
}

/** A project is cached when it is open or at least one entry carries its id. */
export interface CacheProjectState {
  cached: boolean;
  open: boolean;
  coverage: number | null;
  bytes: number;
}

/** How long the cache took to hand over what it has, and to say that it has not; making it is no part of that. */
export interface CacheResponse {
  hit: Quantiles | null;
  miss: Quantiles | null;
}

/** New limits; those left out stay. A kind's null takes its quota away. Without `persist` until the sidecar ends. */
export interface CacheSetLimits {
  progressToken?: string | number | null;
  memoryBytes?: number | null;
  diskBytes?: number | null;
  minFreeDiskBytes?: number | null;
  kinds?: Partial<Record<"analysis" | "filmstrips" | "frames" | "metadata" | "play" | "proxies" | "segments" | "sound" | "waveforms", number | null>> | null;
  persist?: boolean;
}

/** Both tiers now. Counts are this sidecar's own, the disk's content is shared by all. */
export interface CacheStats {
  at: string;
  memory: CacheTier;
  disk: CacheTier;
  kinds: Partial<Record<"analysis" | "filmstrips" | "frames" | "metadata" | "play" | "proxies" | "segments" | "sound" | "waveforms", CacheKindStats>>;
}

/** `kinds` null: all. */
export interface CacheStatsQuery {
  progressToken?: string | number | null;
  kinds?: Array<"analysis" | "filmstrips" | "frames" | "metadata" | "play" | "proxies" | "segments" | "sound" | "waveforms"> | null;
}

/**
 * One tier: `bytes` as its limit counts them (in memory with all that an entry costs, on the disk in blocks of 4 KiB).
 *
 * `fragmentation`: on the disk 1 - stored / allocated; in memory 1 - accounted / resident growth since the tier was
 * last empty, null where that cannot be told.
 */
export interface CacheTier {
  bytes: number;
  limit: number;
  entries: number;
  fragmentation: number | null;
}

/** How many entries were read, the bytes of the whole ones, and the damaged: all are counted, 1,000 are named. */
export interface CacheVerified {
  checked: number;
  bytes: number;
  corrupt: number;
  removed: number;
  damaged: Array<DamagedEntry>;
}

/** Reads entries on the disk through, at most `bytesPerSecond`; `repair` removes what is damaged. */
export interface CacheVerify {
  progressToken?: string | number | null;
  kinds?: Array<"analysis" | "filmstrips" | "frames" | "metadata" | "play" | "proxies" | "segments" | "sound" | "waveforms"> | null;
  repair?: boolean;
  bytesPerSecond?: number;
}

/**
 * A project that is open, or that entries carry the id of.
 *
 * `coverage` is the share of frames whose segment is cached, or copied from its source, by the last plan of what is
 * open; null where there is none. `path` is where it was last heard to lie, null too where that is outside of the
 * connection's roots.
 */
export interface CachedProject {
  projectId: string;
  name: string;
  path: string | null;
  open: boolean;
  bytes: number;
  entries: number;
  segments: number;
  coverage: number | null;
  lastUsed: string | null;
}

/** Projects, those used last first. */
export interface CachedProjects {
  projects: Array<CachedProject>;
}

/** `hitRatio` is that of the last minute. Tiers are as they were when they last changed, null before that. */
export interface CachesLoad {
  hitRatio: number | null;
  kinds: Partial<Record<"analysis" | "filmstrips" | "frames" | "metadata" | "play" | "proxies" | "segments" | "sound" | "waveforms", CacheLookups>>;
  memory: TierState | null;
  disk: TierState | null;
}

/** Who is calling. */
export interface Caller {
  name: string;
  version: string;
}

/** A missing file that several others could be; nothing tells which, so it is left as it is. */
export interface Candidates {
  id: string | null;
  path: string;
  files: Array<string>;
}

/** The binary in use. Names are FFmpeg's own. */
export interface Capabilities {
  path: string;
  version: string;
  licence: string;
  source: "bundled" | "environment" | "setting";
  encoders: Array<string>;
  decoders: Array<string>;
  muxers: Array<string>;
  demuxers: Array<string>;
  filters: Array<string>;
  protocols: Array<string>;
  hwaccels: Array<string>;
  containers: Array<ContainerSupport>;
}

/** One link of the chain that led to an error. */
export interface Cause {
  kind: string;
  message: string;
  context: Record<string, unknown>;
}

/** A place for one clip; a polygon (points as fractions of the cell) cuts it further. */
export interface Cell {
  x: number;
  y: number;
  width: number;
  height: number;
  id: string | null;
  fit: "contain" | "cover" | "none" | "stretch";
  alignX: "center" | "left" | "right";
  alignY: "bottom" | "center" | "top";
  polygon: Array<[number, number]> | null;
}

/** A place for one clip; a polygon (points as fractions of the cell) cuts it further. */
export interface CellInput {
  x: number;
  y: number;
  width: number;
  height: number;
  id?: string | null;
  fit?: "contain" | "cover" | "none" | "stretch";
  alignX?: "center" | "left" | "right";
  alignY?: "bottom" | "center" | "top";
  polygon?: Array<[number, number]> | null;
}

/** Half-open frame ranges whose picture or sound changed. */
export interface ChangedRanges {
  picture: Array<[number, number]>;
  sound: Array<[number, number]>;
}

/** A chapter of a file. */
export interface Chapter {
  start: string;
  end: string;
  title: string;
}

/** A process that works for the sidecar; `cpu` is a share of all cores at hand, `rss` bytes. */
export interface ChildLoad {
  pid: number;
  role: string;
  cpu: number;
  rss: number;
  jobId: string | null;
}

/** A source between two edit points of a track. */
export interface Clip {
  source: FileSource | ColorSource | GradientSource | PatternSource | NoiseSource | ToneSource | SilenceSource | TitleSource | GraphicSource | AdjustmentSource;
  start: Seconds;
  duration: Seconds;
  id: string | null;
  name: string;
  enabled: boolean;
  sourceStart: Seconds;
  speed: number;
  reverse: boolean;
  freeze: boolean;
  timeMap: Array<TimeKey> | null;
  retime: "blend" | "motion" | "nearest";
  pitch: "keep" | "varispeed";
  fit: "contain" | "cover" | "none" | "stretch";
  crop: Crop;
  transform: Transform;
  opacity: number | Keyframes;
  blend: "addition" | "darken" | "difference" | "hardlight" | "lighten" | "multiply" | "normal" | "overlay" | "screen" | "softlight";
  color: Color;
  volume: number | Keyframes;
  pan: number | Keyframes;
  muted: boolean;
  fadeIn: Seconds;
  fadeOut: Seconds;
  audioFadeIn: Seconds;
  audioFadeOut: Seconds;
  layout: LayoutCell | null;
  effects: Array<Effect>;
  link: string | null;
  markers: Array<ClipMarker>;
  notes: string;
  tags: Array<string>;
  metadata: Record<string, unknown>;
}

/** A source between two edit points of a track. */
export interface ClipInput {
  source: FileSourceInput | ColorSourceInput | GradientSourceInput | PatternSourceInput | NoiseSourceInput | ToneSourceInput | SilenceSource | TitleSourceInput | GraphicSourceInput | AdjustmentSource;
  start: Seconds;
  duration: Seconds;
  id?: string | null;
  name?: string;
  enabled?: boolean;
  sourceStart?: Seconds;
  speed?: number;
  reverse?: boolean;
  freeze?: boolean;
  timeMap?: Array<TimeKeyInput> | null;
  retime?: "blend" | "motion" | "nearest";
  pitch?: "keep" | "varispeed";
  fit?: "contain" | "cover" | "none" | "stretch";
  crop?: CropInput;
  transform?: TransformInput;
  opacity?: number | KeyframesInput;
  blend?: "addition" | "darken" | "difference" | "hardlight" | "lighten" | "multiply" | "normal" | "overlay" | "screen" | "softlight";
  color?: ColorInput;
  volume?: number | KeyframesInput;
  pan?: number | KeyframesInput;
  muted?: boolean;
  fadeIn?: Seconds;
  fadeOut?: Seconds;
  audioFadeIn?: Seconds;
  audioFadeOut?: Seconds;
  layout?: LayoutCellInput | null;
  effects?: Array<EffectInput>;
  link?: string | null;
  markers?: Array<ClipMarkerInput>;
  notes?: string;
  tags?: Array<string>;
  metadata?: Record<string, unknown>;
}

/** A note at a moment of the source, in source seconds. */
export interface ClipMarker {
  time: Seconds;
  id: string | null;
  name: string;
  color: string | null;
  metadata: Record<string, unknown>;
}

/** A note at a moment of the source, in source seconds. */
export interface ClipMarkerInput {
  time: Seconds;
  id?: string | null;
  name?: string;
  color?: string | null;
  metadata?: Record<string, unknown>;
}

/** The eleven colour controls, applied in the order of docs/project.md §4, step 8. */
export interface Color {
  brightness: number | Keyframes;
  contrast: number | Keyframes;
  saturation: number | Keyframes;
  hue: number | Keyframes;
  gamma: number | Keyframes;
  highlights: number | Keyframes;
  shadows: number | Keyframes;
  whites: number | Keyframes;
  blacks: number | Keyframes;
  temperature: number | Keyframes;
  tint: number | Keyframes;
}

/** The eleven colour controls, applied in the order of docs/project.md §4, step 8. */
export interface ColorInput {
  brightness?: number | KeyframesInput;
  contrast?: number | KeyframesInput;
  saturation?: number | KeyframesInput;
  hue?: number | KeyframesInput;
  gamma?: number | KeyframesInput;
  highlights?: number | KeyframesInput;
  shadows?: number | KeyframesInput;
  whites?: number | KeyframesInput;
  blacks?: number | KeyframesInput;
  temperature?: number | KeyframesInput;
  tint?: number | KeyframesInput;
}

/** One colour over the whole frame. */
export interface ColorSource {
  kind: "color";
  color: string;
}

/** One colour over the whole frame. */
export interface ColorSourceInput {
  kind: "color";
  color?: string;
}

/** A file, or of it a range: its own frames, or seconds of it. Of a still the range says how long it is shown. */
export interface ConcatInput {
  path: string;
  range?: Range | null;
}

/** What of a container's codecs this FFmpeg can write; `missing` names the encoders or muxers that it lacks. */
export interface ContainerSupport {
  container: string;
  muxer: boolean;
  video: Record<string, boolean>;
  audio: Record<string, boolean>;
  missing: Array<string>;
}

/** Fractions of the upright source cut from each edge. */
export interface Crop {
  left: number | Keyframes;
  top: number | Keyframes;
  right: number | Keyframes;
  bottom: number | Keyframes;
}

/** Fractions of the upright source cut from each edge. */
export interface CropInput {
  left?: number | KeyframesInput;
  top?: number | KeyframesInput;
  right?: number | KeyframesInput;
  bottom?: number | KeyframesInput;
}

/** A timing curve as CSS writes it: x1, y1, x2, y2 with both x in 0–1. */
export interface CubicBezier {
  cubicBezier: [number, number, number, number];
}

/** Text shown from `start` up to, not including, `end`. */
export interface Cue {
  start: Seconds;
  end: Seconds;
  text: string;
  id: string | null;
  enabled: boolean;
  style: Style;
  position: Position | null;
  animations: Array<Animation>;
  words: Array<Word>;
  metadata: Record<string, unknown>;
}

/** Text shown from `start` up to, not including, `end`. */
export interface CueInput {
  start: Seconds;
  end: Seconds;
  text: string;
  id?: string | null;
  enabled?: boolean;
  style?: StyleInput;
  position?: PositionInput | null;
  animations?: Array<AnimationInput>;
  words?: Array<Word>;
  metadata?: Record<string, unknown>;
}

/** A segment being encoded, in frames of the output. */
export interface CurrentSegment {
  index: number;
  from: number;
  to: number;
  fraction: number;
  encoder: string;
}

/** A value over time; null where there was nothing to measure. */
export interface Curve {
  algorithm: Algorithm;
  mean: number | null;
  maximum: number | null;
  points: Array<CurvePoint>;
}

/** A value that holds from `time` on for one interval. */
export interface CurvePoint {
  time: string;
  value: number;
}

/** The first frame of a new scene; `score` is how much of its picture is new, 0 to 1. */
export interface Cut {
  time: string;
  frame: number | null;
  score: number;
}

/** An entry whose file or head is not what was published. */
export interface DamagedEntry {
  kind: "analysis" | "filmstrips" | "frames" | "metadata" | "play" | "proxies" | "segments" | "sound" | "waveforms";
  key: string;
}

/** What decoding a frame in hardware came to: it works when the frame is that of the software decoder, bit for bit. */
export interface DecoderTest {
  method: "cuda" | "d3d11va" | "qsv" | "vaapi" | "videotoolbox" | "vulkan";
  codec: "av1" | "dnxhr" | "ffv1" | "gif" | "h264" | "hevc" | "mpeg4" | "png" | "prores" | "vp9" | "webp";
  outcome: "absent" | "failed" | "works";
  reason: string | null;
  error: string | null;
  seconds: number | null;
}

/** Bytes of the disk with least free space that our folders lie on. */
export interface DiskLoad {
  free: number;
  total: number;
}

/** Acts in [start, end) of its owner's clock, mixed with its input by `mix`. */
export interface Effect {
  type: string;
  id: string | null;
  enabled: boolean;
  start: Seconds;
  end: Seconds | null;
  mix: number;
  parameters: Record<string, unknown>;
}

/**
 * An effect by the `type` that a project writes.
 *
 * `support` says which frames decide one: its own (`point`), some around it (`window`), or all of the owner's
 * (`whole`). `scaleFree`: at half the size it looks like the reduced full picture without being made at full size.
 * `grows`: it may make a clip's picture larger; `transparent`: it may make an opaque picture transparent.
 */
export interface EffectInfo {
  type: string;
  medium: "audio" | "video";
  category: string;
  title: string;
  description: string;
  translations: Record<string, Translation>;
  support: "point" | "whole" | "window";
  scaleFree: boolean;
  grows: boolean;
  transparent: boolean;
  parameters: Array<ParameterInfo>;
}

/** Acts in [start, end) of its owner's clock, mixed with its input by `mix`. */
export interface EffectInput {
  type: string;
  id?: string | null;
  enabled?: boolean;
  start?: Seconds;
  end?: Seconds | null;
  mix?: number;
  parameters?: Record<string, unknown>;
}

/** Effects in the order of their types. */
export interface EffectList {
  effects: Array<EffectInfo>;
}

/** Which effects are asked for; null is all. */
export interface EffectQuery {
  progressToken?: string | number | null;
  medium?: "audio" | "video" | null;
  category?: string | null;
}

/** A command without parameters. */
export interface Empty {
  progressToken?: string | number | null;
}

/** Tests of this FFmpeg with this driver; `automatic` is what `hardware: "auto"` takes for a codec, null is software. */
export interface EncoderList {
  ffmpeg: string;
  driver: string | null;
  encoders: Array<EncoderTest>;
  decoders: Array<DecoderTest>;
  automatic: Record<string, "amf" | "nvenc" | "qsv" | "v4l2" | "vaapi" | "videotoolbox" | null>;
}

/**
 * What a test encode came to. `absent`: this FFmpeg does not have it; `error` is the kind of error that `reason` tells of.
 *
 * `seconds` is how long the test took, null when it was not run.
 */
export interface EncoderTest {
  encoder: string;
  codec: "av1" | "dnxhr" | "ffv1" | "gif" | "h264" | "hevc" | "mpeg4" | "png" | "prores" | "vp9" | "webp";
  family: "amf" | "nvenc" | "qsv" | "v4l2" | "vaapi" | "videotoolbox";
  outcome: "absent" | "failed" | "works";
  reason: string | null;
  error: string | null;
  seconds: number | null;
}

/** FFmpeg's names of the encoders. */
export interface Encoders {
  video: string | null;
  audio: string | null;
}

/** `refresh` tests again what was tested before. */
export interface EncodersQuery {
  progressToken?: string | number | null;
  refresh?: boolean;
}

/** The last value before the answer. */
export interface End {
  kind: "end";
}

/** Entries that went: for a limit, because they were of no more use, damaged, or cleared. */
export interface Evictions {
  limit: number;
  stale: number;
  corrupt: number;
  cleared: number;
}

/** What a render writes. `video` or `audio` null: no picture, no sound. */
export interface Export {
  container: "avi" | "flac" | "gif" | "m4a" | "mkv" | "mov" | "mp3" | "mp4" | "ogg" | "png" | "wav" | "webm" | "webp";
  width: number | null;
  height: number | null;
  frameRate: string | null;
  range: [Seconds, Seconds] | null;
  video: VideoExport | null;
  audio: AudioExport | null;
  subtitles: "burn" | "embed" | "none" | "sidecar";
  sidecarFormat: "ass" | "srt" | "vtt";
  chapters: boolean;
  faststart: boolean;
  copySourceMetadata: boolean;
  metadata: Metadata;
}

/** What a render writes. `video` or `audio` null: no picture, no sound. */
export interface ExportInput {
  container?: "avi" | "flac" | "gif" | "m4a" | "mkv" | "mov" | "mp3" | "mp4" | "ogg" | "png" | "wav" | "webm" | "webp";
  width?: number | null;
  height?: number | null;
  frameRate?: string | null;
  range?: [Seconds, Seconds] | null;
  video?: VideoExportInput | null;
  audio?: AudioExportInput | null;
  subtitles?: "burn" | "embed" | "none" | "sidecar";
  sidecarFormat?: "ass" | "srt" | "vtt";
  chapters?: boolean;
  faststart?: boolean;
  copySourceMetadata?: boolean;
  metadata?: MetadataInput;
}

/** An encoder that failed, and the one that did its work. */
export interface Fallback {
  wanted: string;
  used: string;
  reason: string;
  segments: Array<number>;
}

/** A builder's own parameters; `output` is where the command would write. */
export interface FfmpegCommand {
  progressToken?: string | number | null;
  builder: "concat" | "filterPreview" | "gif" | "hwaccelTest" | "probe" | "render" | "subtitlePreview" | "thumbnails" | "videoPreview" | "waveform";
  parameters?: Record<string, unknown>;
  output?: string | null;
}

/** The FFmpeg in use. */
export interface FfmpegSummary {
  path: string;
  version: string;
  licence: string;
}

/** A media file by path, or by the id of an entry of `media`; exactly one of the two. */
export interface FileSource {
  kind: "file";
  path: string | null;
  media: string | null;
  videoStream: number | null;
  audioStream: number | null;
  channelMap: Array<number | null> | null;
  loop: boolean | null;
  onError: "black" | "fail" | "freeze";
}

/** A media file by path, or by the id of an entry of `media`; exactly one of the two. */
export interface FileSourceInput {
  kind: "file";
  path?: string | null;
  media?: string | null;
  videoStream?: number | null;
  audioStream?: number | null;
  channelMap?: Array<number | null> | null;
  loop?: boolean | null;
  onError?: "black" | "fail" | "freeze";
}

/** A project file on disk. */
export interface FileState {
  path: string;
  bytes: number;
  fingerprint: string;
}

/**
 * Pictures in the order of what was asked for; `cached` of them were not decoded for this request.
 *
 * While it is made, pictures are reported as `items` of progress, in the order in which they come.
 */
export interface Filmstrip {
  frames: Array<FilmstripFrame>;
  sheet: Resource | null;
  cellWidth: number;
  cellHeight: number;
  cached: number;
}

/**
 * A picture of a strip.
 *
 * `time` is the instant that was asked for, `sourceTime` that of the frame shown; `exact`: no other frame is on
 * screen at `time`. `image` is null where the frame cannot be decoded. `x`, `y` are where it lies in the sheet, null
 * without one.
 */
export interface FilmstripFrame {
  time: string;
  sourceTime: string;
  exact: boolean;
  image: Resource | null;
  x: number | null;
  y: number | null;
}

/** The same frames before and after; `exact` is false while an analysis is missing that the effect needs. */
export interface FilterPreview {
  before: Resource;
  after: Resource;
  split: Resource | null;
  frame: number;
  time: string;
  frames: number;
  width: number;
  height: number;
  exact: boolean;
  problems: Array<Problem>;
  written: Array<string>;
}

/** A font file of the project's own. */
export interface Font {
  path: string;
}

/** A font that titles and cues can name. */
export interface FontFace {
  family: string;
  weight: number;
  italic: boolean;
  path: string;
  source: "bundled" | "project" | "system";
}

/** Faces at hand, and the family used where one is missing. */
export interface FontList {
  fonts: Array<FontFace>;
  default: string;
}

/** Only faces of families that contain this text, if given. */
export interface FontQuery {
  progressToken?: string | number | null;
  contains?: string | null;
}

/** The mean difference to the first of the frames stays within `noise` (1: black to white). */
export interface FreezeOptions {
  noise?: number;
  minimumSeconds?: number;
}

/**
 * A card, as its driver tells: memory in bytes, loads as ratios, °C, watts. Null is not measured.
 *
 * `memoryUsed` is all that is not free, with what the driver keeps for itself. `processes` are the sidecar's own.
 */
export interface Gpu {
  index: number;
  name: string;
  driver: string;
  utilization: number | null;
  memoryUsed: number | null;
  memoryTotal: number | null;
  encoder: number | null;
  decoder: number | null;
  temperature: number | null;
  power: number | null;
  processes: Array<GpuProcess> | null;
}

/** Cards that NVIDIA's driver tells of; `detail` says why there are none. */
export interface GpuList {
  gpus: Array<Gpu>;
  detail: string | null;
}

/** A process that works for the sidecar, and its memory on a card in bytes, null where the driver does not tell. */
export interface GpuProcess {
  pid: number;
  memory: number | null;
}

/** Colours from one edge to the other (linear, along `angle`) or from the centre out (radial). */
export interface GradientSource {
  kind: "gradient";
  colors: Array<string>;
  shape: "linear" | "radial";
  angle: number;
}

/** Colours from one edge to the other (linear, along `angle`) or from the centre out (radial). */
export interface GradientSourceInput {
  kind: "gradient";
  colors?: Array<string>;
  shape?: "linear" | "radial";
  angle?: number;
}

/** Roots in force; null: everything the user may. */
export interface Granted {
  read: Array<string> | null;
  write: Array<string> | null;
}

/** A named titled graphic with its fields filled in. */
export interface GraphicSource {
  kind: "graphic";
  name: string;
  fields: Record<string, unknown>;
}

/** A named titled graphic with its fields filled in. */
export interface GraphicSourceInput {
  kind: "graphic";
  name: string;
  fields?: Record<string, unknown>;
}

/** Clips that editors move together; no effect on the picture. */
export interface Group {
  id: string | null;
  name: string;
  clips: Array<string>;
}

/** Clips that editors move together; no effect on the picture. */
export interface GroupInput {
  id?: string | null;
  name?: string;
  clips?: Array<string>;
}

/** High dynamic range; `maxLuminance` in cd/m². */
export interface Hdr {
  kind: "dolbyVision" | "hlg" | "pq" | null;
  maxLuminance: number | null;
}

/** The worst state of all checks, and each. */
export interface Health {
  state: "failed" | "ok" | "warning";
  checks: Array<HealthCheck>;
}

/** One check; `advice` says what to do about it. */
export interface HealthCheck {
  name: string;
  state: "failed" | "ok" | "warning";
  detail: string;
  advice: string | null;
}

/**
 * A number by its name, such as `system.cpu` (docs/monitoring/metrics.md has all), or of one card, as `gpu0.memory`.
 *
 * `from` is a time as answers name them, null: as far back as there is. `step` is the seconds of a slot: 1 of the last
 * ten minutes, 10 of two hours, 60 of a day; null: the finest that reaches back to `from`.
 */
export interface HistoryQuery {
  progressToken?: string | number | null;
  metric: string;
  from?: string | null;
  step?: 1 | 10 | 60 | null;
}

/** Hits of all lookups, 0 to 1; null where nothing was looked up. */
export interface HitRatio {
  minute: number | null;
  hour: number | null;
  total: number | null;
}

/** Where bytes come from, and what opens everything there that is no capability by itself. */
export interface Http {
  origin: string;
  token: string;
}

/**
 * `roots` null grants the user's own rights, [] nothing; over a WebSocket never more than stdio was granted.
 *
 * `allowOrigins` names pages (`scheme://host[:port]`, neither `*` nor `null`) that may read what is served by HTTP
 * and open a WebSocket; only stdio's counts. `wants` "traces": OpenTelemetry is told what requests spend their time on,
 * where `features.traces` says so; it, too, is stdio's to ask for.
 */
export interface Initialize {
  progressToken?: string | number | null;
  protocol: number;
  client: Caller;
  processId?: number | null;
  schemaHash?: string | null;
  roots?: Roots | null;
  allowOrigins?: Array<string>;
  locale?: "en" | "ru";
  wants?: Array<"http" | "metrics" | "traces">;
}

/** `http` is null where there is no loopback network; `ffmpeg` null when none is usable: `sidecar doctor` says why. */
export interface Initialized {
  protocol: number;
  server: Server;
  schemaHash: string;
  schemaMatches: boolean | null;
  granted: Granted;
  limits: Limits;
  http: Http | null;
  ffmpeg: FfmpegSummary | null;
  paths: Paths;
  features: Record<string, boolean>;
}

/** A file that the render reads; `from_` and `to` are source seconds. */
export interface Input {
  path: string;
  fingerprint: string;
  clips: Array<string>;
}

/** The part of the stored picture inside of dark borders, in pixels. */
export interface InsideBorders {
  algorithm: Algorithm;
  x: number;
  y: number;
  width: number;
  height: number;
}

/** How frames are scanned: what most of them show, and how many show what. */
export interface Interlacing {
  algorithm: Algorithm;
  verdict: "bff" | "mixed" | "progressive" | "tff" | "unknown";
  progressive: number;
  tff: number;
  bff: number;
  undetermined: number;
}

/** Readings of a file that replace the file's own; null takes the file's. */
export interface Interpret {
  frameRate: string | null;
  pixelAspect: string | null;
  rotation: 0 | 90 | 180 | 270 | null;
  deinterlace: "auto" | "bff" | "off" | "tff";
  range: "full" | "limited" | null;
  matrix: "bt2020" | "bt601" | "bt709" | "rgb" | null;
  primaries: "bt2020" | "bt601" | "bt709" | null;
  transfer: "bt709" | "hlg" | "pq" | "srgb" | null;
  alpha: "auto" | "ignore" | "premultiplied" | "straight";
}

/** Readings of a file that replace the file's own; null takes the file's. */
export interface InterpretInput {
  frameRate?: string | null;
  pixelAspect?: string | null;
  rotation?: 0 | 90 | 180 | 270 | null;
  deinterlace?: "auto" | "bff" | "off" | "tff";
  range?: "full" | "limited" | null;
  matrix?: "bt2020" | "bt601" | "bt709" | "rgb" | null;
  primaries?: "bt2020" | "bt601" | "bt709" | null;
  transfer?: "bt709" | "hlg" | "pq" | "srgb" | null;
  alpha?: "auto" | "ignore" | "premultiplied" | "straight";
}

/** Parts of the result, as the result will hold them. */
export interface Items {
  kind: "items";
  items: Array<Record<string, unknown>>;
}

/** A render job; instants are RFC 3339 in UTC. */
export interface Job {
  jobId: string;
  state: "cancelled" | "completed" | "failed" | "paused" | "preparing" | "queued" | "running";
  position: number | null;
  priority: number;
  labels: Record<string, string>;
  output: string;
  createdAt: string;
  startedAt: string | null;
  endedAt: string | null;
  plan: PlanSummary;
  progress: RenderProgress | null;
  attempts: number;
  result: RenderResult | null;
  error: JobError | null;
  segments: Array<Segment> | null;
}

/** Why a job failed, as a JSON-RPC error object. */
export interface JobError {
  code: number;
  message: string;
  data: ErrorData;
}

/** A job. */
export interface JobId {
  progressToken?: string | number | null;
  jobId: string;
}

/** Jobs that have ended; ids of none are ignored. */
export interface JobIds {
  progressToken?: string | number | null;
  jobIds: Array<string>;
}

/** A page of jobs; `limit` is how many run at once. */
export interface JobList {
  jobs: Array<Job>;
  next: string | null;
  running: number;
  queued: number;
  limit: number;
}

/** Another `priority`, or the place just `before` a job that waits (whose priority it takes); null: behind all of its priority. */
export interface JobMove {
  progressToken?: string | number | null;
  jobId: string;
  priority?: number | null;
  before?: string | null;
}

/** A job, with its segments if asked. */
export interface JobQuery {
  progressToken?: string | number | null;
  jobId: string;
  segments?: boolean;
}

/** Jobs in the order of their making, newest first; `after` is the last id of the page before. */
export interface JobsQuery {
  progressToken?: string | number | null;
  states?: Array<"cancelled" | "completed" | "failed" | "paused" | "preparing" | "queued" | "running"> | null;
  limit?: number;
  after?: string | null;
}

/** A value at a time in the owner's own clock; `easing` shapes the piece that follows. */
export interface Key {
  time: Seconds;
  value: number;
  easing: "easeIn" | "easeInOut" | "easeOut" | "hold" | "linear" | CubicBezier;
}

/** A value at a time in the owner's own clock; `easing` shapes the piece that follows. */
export interface KeyInput {
  time: Seconds;
  value: number;
  easing?: "easeIn" | "easeInOut" | "easeOut" | "hold" | "linear" | CubicBezier;
}

/**
 * Where decoding can begin. Times count from the file's start; edit lists are applied.
 *
 * `total` are in the range, `truncated` tells that not all of them are here. `longest` is the greatest distance
 * between two of the stream in seconds, its end included; `frames` counts all of the stream's.
 */
export interface KeyframeTimes {
  path: string;
  fingerprint: string;
  videoStream: number;
  keyframes: Array<string>;
  total: number;
  truncated: boolean;
  longest: string | null;
  frames: number | null;
  cached: boolean;
}

/** Keys with strictly rising times; the value holds before the first and after the last. */
export interface Keyframes {
  keyframes: Array<Key>;
}

/** Keys with strictly rising times; the value holds before the first and after the last. */
export interface KeyframesInput {
  keyframes: Array<KeyInput>;
}

/** The cell of a layout template that a clip fills. */
export interface LayoutCell {
  template: string;
  cell: number | string;
}

/** The cell of a layout template that a clip fills. */
export interface LayoutCellInput {
  template: string;
  cell?: number | string;
}

/** A layout by the name that a clip's `layout.template` takes, with its cells in the order of their numbers. */
export interface LayoutInfo {
  name: string;
  title: string;
  description: string;
  cells: Array<Cell>;
}

/** Every built-in layout; those of a project stand in the project. */
export interface LayoutList {
  layouts: Array<LayoutInfo>;
}

/** A ceiling for the true peak, in dBTP. */
export interface Limiter {
  truePeak: number;
}

/** A ceiling for the true peak, in dBTP. */
export interface LimiterInput {
  truePeak?: number;
}

/** Limits of the connection. */
export interface Limits {
  messageBytes: number;
  batch: number;
  inFlight: number;
  progressPerSecond: number;
  openProjects: number;
}

/** An opened project file. */
export interface Loaded {
  projectId: string;
  revision: number;
  project: Project;
  problems: Array<Problem>;
  duration: string;
  frames: number;
  recovery: Recovery | null;
  migratedFrom: string | null;
  file: FileState;
}

/** Payload of log. */
export interface LogLine {
  at: string;
  level: string;
  message: string;
  traceId: string | null;
  fields: Record<string, unknown>;
}

/** EBU R 128 normalisation: target in LUFS, true peak in dBTP, range in LU. */
export interface Loudness {
  target: number;
  truePeak: number;
  range: number | null;
}

/** EBU R 128 normalisation: target in LUFS, true peak in dBTP, range in LU. */
export interface LoudnessInput {
  target?: number;
  truePeak?: number;
  range?: number | null;
}

/**
 * EBU R 128: LUFS, LU and dBTP.
 *
 * What is silent or shorter than 0.4 s has no loudness, what is shorter than 3 s no range.
 */
export interface LoudnessMeasure {
  algorithm: Algorithm;
  integrated: number | null;
  range: number | null;
  truePeak: number | null;
  momentaryMaximum: number | null;
  shortTermMaximum: number | null;
}

/** A named moment; with `chapter` it becomes a chapter of the written file. */
export interface Marker {
  time: Seconds;
  id: string | null;
  duration: Seconds;
  name: string;
  color: string | null;
  chapter: boolean;
  metadata: Record<string, unknown>;
}

/** A named moment; with `chapter` it becomes a chapter of the written file. */
export interface MarkerInput {
  time: Seconds;
  id?: string | null;
  duration?: Seconds;
  name?: string;
  color?: string | null;
  chapter?: boolean;
  metadata?: Record<string, unknown>;
}

/** Of the written sound: LUFS and dBTP. */
export interface MeasuredLoudness {
  integrated: number;
  truePeak: number;
}

/** A file that clips refer to by id, and that relinking works on. */
export interface Media {
  id: string;
  path: string;
  name: string;
  folder: string;
  tags: Array<string>;
  metadata: Record<string, unknown>;
  fingerprint: string | null;
  interpret: Interpret;
}

/**
 * Of exactly one of `path` and `media`. `interval` is the seconds between the points of sharpness, motion and bitrate.
 *
 * With a `range` (seconds from the file's start) only what lies in it is looked at, and frames have no numbers.
 */
export interface MediaAnalyze {
  progressToken?: string | number | null;
  path?: string | null;
  media?: MediaTarget | null;
  kinds: Array<"bitrate" | "black" | "crop" | "freeze" | "interlacing" | "loudness" | "motion" | "scenes" | "sharpness" | "silence">;
  videoStream?: number;
  audioStream?: number;
  range?: SecondsRange | null;
  interval?: number;
  scenes?: ScenesOptions;
  black?: BlackOptions;
  freeze?: FreezeOptions;
  silence?: SilenceOptions;
}

/**
 * Payload of media.changed: what has become of a file of an open project.
 *
 * `path` is the file of the entries `ids` of its bin. `info` is there when it is ready, or changed and read again.
 */
export interface MediaChanged {
  path: string;
  state: "changed" | "failed" | "missing" | "probing" | "ready" | "unknown";
  info: MediaInfo | null;
  error: ErrorData | null;
  projectId: string;
  ids: Array<string>;
}

/**
 * Inputs one after the other, in a file whose suffix names the container.
 *
 * `auto` encodes only pictures that cannot be copied, `copy` none (else it is notCopyable), `encode` all. Sound is
 * always encoded, once. A second start with one `jobId` returns the first job.
 */
export interface MediaConcat {
  progressToken?: string | number | null;
  inputs: Array<ConcatInput>;
  output: string;
  mode?: "auto" | "copy" | "encode";
  overwrite?: boolean;
  jobId?: string | null;
  labels?: Record<string, string>;
}

/**
 * A file of the bin; or, with `id` null, one that only clips name.
 *
 * `path` is as it is written, `file` where it leads (null: nowhere on this machine). `fingerprint` is of the file as
 * it was last read, `stored` is the project's own. The rest is null while it has not been read.
 */
export interface MediaEntry {
  id: string | null;
  path: string;
  name: string;
  file: string | null;
  state: "changed" | "failed" | "missing" | "probing" | "ready" | "unknown";
  stored: string | null;
  fingerprint: string | null;
  bytes: number | null;
  duration: string | null;
  video: number | null;
  audio: number | null;
  clips: Array<string>;
  error: ErrorData | null;
}

/**
 * Exactly one of `count` (spread evenly, each in the middle of its part), `interval` and `times` (of the file).
 *
 * `range` (for `count` and `interval`) is the whole file where it is not given. Width and height are those of the box
 * that each upright picture fits; one that is null follows by aspect. With `accuracy` "keyframe" a picture is the
 * newest keyframe at or before its instant, with "exact" the very frame that a render would show. `quality` 0-100 is
 * that of JPEG and WebP. What is transparent lies over `background` in JPEG, and stays transparent in the others.
 */
export interface MediaFilmstrip {
  progressToken?: string | number | null;
  path: string;
  videoStream?: number;
  range?: SecondsRange | null;
  count?: number | null;
  interval?: Seconds | null;
  times?: Array<Seconds> | null;
  width?: number | null;
  height?: number | null;
  accuracy?: "exact" | "keyframe";
  format?: "jpeg" | "png" | "webp";
  quality?: number;
  background?: string;
  sheet?: boolean;
}

/** What a file holds. Times count from the file's start, except `startTime`, which is that start itself. */
export interface MediaInfo {
  path: string;
  fingerprint: string;
  bytes: number;
  container: string;
  startTime: string;
  duration: string | null;
  durationFrom: "header" | "index" | "scan" | null;
  bitrate: number | null;
  encrypted: boolean;
  tags: Record<string, string>;
  chapters: Array<Chapter>;
  video: Array<VideoStream>;
  audio: Array<AudioStream>;
  subtitles: Array<SubtitleStream>;
  attachments: Array<Attachment>;
  keyframes: Array<string> | null;
  cached: boolean;
}

/** A file that clips refer to by id, and that relinking works on. */
export interface MediaInput {
  id: string;
  path: string;
  name?: string;
  folder?: string;
  tags?: Array<string>;
  metadata?: Record<string, unknown>;
  fingerprint?: string | null;
  interpret?: InterpretInput;
}

/** `videoStream` counts picture streams, cover art excluded; at most `limit` times are returned, from the first. */
export interface MediaKeyframes {
  progressToken?: string | number | null;
  path: string;
  videoStream?: number;
  range?: SecondsRange | null;
  limit?: number;
  timeoutMs?: number;
}

/** `index`: also the times of keyframes, or of every frame (then `frames` and `variableRate` are exact). */
export interface MediaProbe {
  progressToken?: string | number | null;
  path: string;
  index?: "full" | "keyframes" | "none";
  refresh?: boolean;
  timeoutMs?: number;
}

/**
 * `height` null is the setting `proxyHeight`.
 *
 * `adopt`: a small file that the camera wrote beside the large one will do. `make` false only looks for what is there.
 */
export interface MediaProxy {
  progressToken?: string | number | null;
  path: string;
  videoStream?: number;
  height?: number | null;
  adopt?: boolean;
  make?: boolean;
}

/** An entry of a project's bin, by its id. */
export interface MediaTarget {
  project: ProjectRef;
  id: string;
}

/** A file, and the clips that use it. */
export interface MediaUse {
  path: string;
  clips: Array<string>;
  exists: boolean;
}

/**
 * `range` takes the pixels of which any part lies in it, on a grid that begins with the stream's first sample.
 *
 * `mix` is the average of the channels, `each` has every channel by itself. `inline`: also in the result, up to
 * 20,000 pixels times channels.
 */
export interface MediaWaveform {
  progressToken?: string | number | null;
  path: string;
  audioStream?: number;
  range?: SecondsRange | null;
  samplesPerPixel?: 64 | 128 | 256 | 512 | 1024 | 2048 | 4096 | 8192 | 16384 | 32768 | 65536 | 131072 | 262144 | 524288 | 1048576;
  channels?: "each" | "mix";
  bits?: 8 | 16;
  inline?: boolean;
}

/** Bytes; inside a container its limit is the total. */
export interface Memory {
  total: number;
  available: number;
}

/** Bytes; inside a container its limit is the total. */
export interface MemoryLoad {
  used: number;
  total: number;
}

/** Tags of the written file. */
export interface Metadata {
  title: string;
  artist: string;
  comment: string;
  date: string;
  copyright: string;
}

/** Tags of the written file. */
export interface MetadataInput {
  title?: string;
  artist?: string;
  comment?: string;
  date?: string;
  copyright?: string;
}

/**
 * Slots of `step` seconds, the first beginning at `from`, the last under way; null where nothing was measured.
 *
 * `mean`, `min` and `max` are those of a slot; of slots of a second they are one value.
 */
export interface MetricsHistory {
  metric: string;
  unit: "bytes" | "celsius" | "count" | "perSecond" | "ratio" | "seconds" | "watts";
  step: number;
  from: string;
  mean: Array<number | null>;
  min: Array<number | null>;
  max: Array<number | null>;
}

/** By name. `responseTime`: interactive operations of the last minute, null where there were none. */
export interface MetricsOperations {
  at: string;
  operations: Array<OperationStats>;
  errorRatio: number | null;
  responseTime: Quantiles | null;
}

/** What Prometheus scrapes. */
export interface MetricsPage {
  contentType: string;
  text: string;
}

/**
 * One look; the payload of `metrics` too. Ratios are 0 to 1, memory is in bytes, times are in seconds.
 *
 * What `include` does not name is null, or empty. `errorRatio`: faults of the operations that ended in a result or a
 * fault in the last minute; null below 20 of them.
 */
export interface MetricsSnapshot {
  at: string;
  uptime: number;
  system: SystemLoad | null;
  process: ProcessLoad;
  children: Array<ChildLoad>;
  gpus: Array<Gpu>;
  operations: Array<OperationLoad>;
  queues: Array<QueueLoad>;
  pipelines: Array<PipelineLoad>;
  caches: CachesLoad | null;
  rpc: RpcLoad | null;
  errorRatio: number | null;
  alerts: AlertCounts;
}

/** Static: picture noise on a video track, sound noise on an audio track, both functions of `seed`. */
export interface NoiseSource {
  kind: "noise";
  seed: number;
  level: number;
}

/** Static: picture noise on a video track, sound noise on an audio track, both functions of `seed`. */
export interface NoiseSourceInput {
  kind: "noise";
  seed?: number;
  level?: number;
}

/** Why a clip (its id, if it has one; `pointer` into the project), or with `/export` everything, is encoded and not copied. */
export interface NotCopied {
  pointer: string;
  clip: string | null;
  rule: string;
  reason: string;
}

/** An empty result. */
export interface Nothing {
}

/** The live project, normalised: every member and every id is written. */
export interface Opened {
  projectId: string;
  revision: number;
  project: Project;
  problems: Array<Problem>;
  duration: string;
  frames: number;
  recovery: Recovery | null;
}

/** How it last failed. */
export interface OperationError {
  kind: string;
  message: string;
  at: string;
  traceId: string;
}

/**
 * A command, or `render`: a job's own life. `count` have ended, `active` are under way.
 *
 * `duration` is in seconds since the sidecar started, from the request's coming to its answer; requests that were
 * refused before they began are in `count` and `errors` alone. Where its `samples` is 0 the rest of it says nothing.
 */
export interface OperationLoad {
  name: string;
  count: number;
  active: number;
  errors: Record<string, number>;
  duration: Quantiles;
}

/**
 * Everything counted of one operation since the sidecar started. Durations in seconds, null before the first.
 *
 * `min`, `mean` and `max` are exact, the quantiles within 2 %. `errors` are counted by kind; `slowest` has at most 5.
 */
export interface OperationStats {
  name: string;
  group: string;
  interactive: boolean;
  count: number;
  active: number;
  min: number | null;
  mean: number | null;
  p50: number | null;
  p95: number | null;
  p99: number | null;
  max: number | null;
  errors: Record<string, number>;
  lastError: OperationError | null;
  slowest: Array<SlowOperation>;
}

/** Names of operations; null: all that were ever asked for. */
export interface OperationsQuery {
  progressToken?: string | number | null;
  names?: Array<string> | null;
}

/**
 * A parameter, as much as a control for it needs.
 *
 * `range` holds for a number (and for the value of each of its keyframes, where it is `animated`) and for a whole
 * number; `choices` for a word. `pixels`: it is in project pixels. `suffixes` are those of a file's name. A curve is
 * a list of points [x, y] in 0-1 with rising x, points are such points in any order. `translations` are descriptions
 * by language (BCP 47).
 */
export interface ParameterInfo {
  name: string;
  kind: "color" | "curve" | "file" | "number" | "points" | "switch" | "track" | "whole" | "word";
  default: unknown;
  range: Array<number> | null;
  unit: string | null;
  pixels: boolean;
  choices: Array<string>;
  suffixes: Array<string>;
  animated: boolean;
  description: string;
  translations: Record<string, string>;
}

/** One operation of RFC 6902. */
export interface PatchOperation {
  op: "add" | "copy" | "move" | "remove" | "replace" | "test";
  path: string;
  from?: string | null;
  value?: unknown;
}

/** Folders in use. */
export interface Paths {
  data: string;
  cache: string;
  temp: string;
  log: string;
}

/** A test picture. */
export interface PatternSource {
  kind: "pattern";
  pattern: "bars" | "checker" | "grid" | "test";
}

/** A test picture. */
export interface PatternSourceInput {
  kind: "pattern";
  pattern?: "bars" | "checker" | "grid" | "test";
}

/** A job that runs. */
export interface PipelineLoad {
  jobId: string;
  stage: string;
  framesPerSecond: number | null;
}

/** The plan: its key changes if and only if the written file would. A clip of `notCopied` may be copied in part. */
export interface Plan {
  plan: PlanSummary;
  key: string;
  problems: Array<Problem>;
  segments: Array<Segment>;
  inputs: Array<Input>;
  width: number;
  height: number;
  frameRate: string;
  container: string;
  notCopied: Array<NotCopied>;
}

/** What a render will do. Estimates are null while nothing measured supports them. */
export interface PlanSummary {
  frames: number;
  duration: string;
  segments: number;
  cached: number;
  copied: number;
  encode: number;
  framesToEncode: number;
  estimatedSeconds: number | null;
  estimatedBytes: number | null;
  encoder: Encoders;
}

/** From `mediaTime` of the stream on it shows the timeline from `frame` on, until the next anchor. */
export interface PlayAnchor {
  mediaTime: string;
  frame: number;
}

/**
 * Payload of play.state: where a play is, four times a second, and whenever something changes.
 *
 * `frame` and `time` are where its reader is, if it plays what it gets at once. `anchor` is the newest one: of the
 * beginning, of an edit, of another lap. `revision` is that of the open project which is played, or is
 * about to be. Of an open project everybody is told, of anything else only the connection that began the play.
 */
export interface PlayState {
  playId: string;
  projectId: string | null;
  state: "ended" | "failed" | "playing" | "starting" | "stopped";
  reason: "changed" | "closed" | "end" | "error" | "left" | "stopped" | "superseded" | "unread" | null;
  frame: number;
  time: string;
  mediaTime: string;
  rate: number;
  revision: number | null;
  anchor: PlayAnchor;
  error: ErrorData | null;
}

/** Aligned with margins in project pixels, or a point (x, y) as fractions of the frame; never both. */
export interface Position {
  alignX: "center" | "left" | "right" | null;
  alignY: "bottom" | "center" | "top" | null;
  marginX: number | null;
  marginY: number | null;
  x: number | null;
  y: number | null;
}

/** Aligned with margins in project pixels, or a point (x, y) as fractions of the frame; never both. */
export interface PositionInput {
  alignX?: "center" | "left" | "right" | null;
  alignY?: "bottom" | "center" | "top" | null;
  marginX?: number | null;
  marginY?: number | null;
  x?: number | null;
  y?: number | null;
}

/** A file and a kind; `error` says why it could not be made. */
export interface PreloadedFile {
  path: string;
  kind: "analysis" | "filmstrips" | "frames" | "metadata" | "play" | "proxies" | "segments" | "sound" | "waveforms";
  error: ErrorData | null;
}

/** Presets, and the defaults that they change. */
export interface PresetList {
  presets: Array<RenderPreset>;
}

/** Presets for one container only, if named. */
export interface PresetQuery {
  progressToken?: string | number | null;
  container?: string | null;
}

/**
 * Pictures of a project or of a file (exactly one of `project` and `path`).
 *
 * Exactly one of `frames`, `times` and `count` (spread evenly, each in the middle of its part, over `range` or the
 * whole). A file counts its frames at its own rate. Items come as they are made: with `order` "cheapest" in the
 * order of the timeline, with "asked" in that of the request. For the rest as preview.frame.
 */
export interface PreviewBatch {
  progressToken?: string | number | null;
  project?: ProjectRef | null;
  path?: string | null;
  frames?: Array<number> | null;
  times?: Array<Seconds> | null;
  count?: number | null;
  range?: Range | null;
  width?: number | null;
  height?: number | null;
  format?: "jpeg" | "png" | "webp";
  quality?: number;
  accuracy?: "exact" | "fast";
  media?: "original" | "proxy";
  order?: "asked" | "cheapest";
}

/**
 * Exactly one of `project` and `path`; `range` null is all of it, at most ten minutes.
 *
 * The picture is `width` pixels wide, or as wide as it is, and has its shape. `output` is a file that it is written
 * to as well.
 */
export interface PreviewClip {
  progressToken?: string | number | null;
  project?: ProjectRef | null;
  path?: string | null;
  range?: Range | null;
  width?: number;
  container?: "mp4" | "webm";
  quality?: number;
  sound?: boolean;
  output?: string | null;
  overwrite?: boolean;
}

/**
 * Exactly one of `project` and `path`, and of `frame` and `time`.
 *
 * `owner` is the id of the clip or track that the effect acts on, null the whole project (of a file: its one clip).
 * An effect whose `id` is that of one of the owner's takes its place; before is then without it. Else it is added
 * behind them. `duration` 0 gives pictures in `format`, more so many seconds as MP4 without sound. `split`: also one
 * picture, its left half before, its right half after. `output` is a file that the picture or clip after the effect,
 * or with `split` the split picture, is written to as well.
 */
export interface PreviewFilter {
  progressToken?: string | number | null;
  project?: ProjectRef | null;
  path?: string | null;
  owner?: string | null;
  effect: EffectInput;
  frame?: number | null;
  time?: Seconds | null;
  duration?: number;
  width?: number;
  format?: "jpeg" | "png" | "webp";
  quality?: number;
  split?: boolean;
  output?: string | null;
  overwrite?: boolean;
}

/**
 * Exactly one of `frame` and `time`; at or past the end it is the background.
 *
 * Width and height null: the export's size; one given: the other follows by aspect. Sides become even. `quality`
 * 0-100 is that of JPEG and WebP. `accuracy` "fast" may take what is not composed anew; the answer says `exact`
 * then. `media` "proxy" takes small versions of large files where there are some. A newer request of the same `view`
 * of a connection cancels this one: `cancelled`, reason `superseded`. `inline` puts the bytes into the answer too,
 * if they are few.
 */
export interface PreviewFrame {
  progressToken?: string | number | null;
  project: ProjectRef;
  frame?: number | null;
  time?: Seconds | null;
  width?: number | null;
  height?: number | null;
  format?: "jpeg" | "png" | "webp";
  quality?: number;
  accuracy?: "exact" | "fast";
  media?: "original" | "proxy";
  without?: Without;
  view?: string | null;
  inline?: boolean;
}

/**
 * Exactly one of `project` and `path`; `range` null is all of it, at most a minute.
 *
 * `fps` frames a second, no more than the project has; `loop` 0 is for ever, -1 once, else so many times more.
 * A GIF of more than `maxBytes` is made again with fewer colours, then smaller, then with fewer frames.
 */
export interface PreviewGif {
  progressToken?: string | number | null;
  project?: ProjectRef | null;
  path?: string | null;
  range?: Range | null;
  width?: number;
  fps?: number;
  colors?: number;
  dither?: "bayer" | "diffusion" | "none";
  loop?: number;
  maxBytes?: number | null;
  output?: string | null;
  overwrite?: boolean;
}

/** A frame of the project, and when it begins. */
export interface PreviewInstant {
  frame: number;
  time: string;
}

/**
 * A picture of a project.
 *
 * `exact`: it is the picture that the render is given; false at any other size than the export's, while an analysis
 * that only a render makes is missing, and where proxies were taken. `data` is base64, null unless it was asked for
 * and the image is at most 256 KB. `problems` are those of the project that concern this picture: of clips on screen,
 * and of no clip.
 */
export interface PreviewPicture {
  frame: number;
  time: string;
  revision: number | null;
  image: Resource;
  data: string | null;
  exact: boolean;
  from: "cache" | "cold" | "pipeline";
  media: "mixed" | "original" | "proxy";
  problems: Array<Problem>;
}

/**
 * Exactly one of `project` and `path`.
 *
 * `range` null is all of it; the play begins at `from`, within the range, ends where the range does (backwards: where
 * it begins), and goes on from its other end where it is to `loop`. `rate` is at least 0.05 either way; the pitch
 * is kept, backwards there is no sound. Width and height null: the export's size; one given: the other follows by aspect. `codecs` are
 * content types as `canPlayType` takes them, best first. `media` "proxy" takes small versions of large files where
 * there are some; the sound is always that of the files. A new play of the same `view` of a connection ends this one.
 */
export interface PreviewPlay {
  progressToken?: string | number | null;
  from: When;
  codecs: Array<string>;
  project?: ProjectRef | null;
  path?: string | null;
  range?: Range | null;
  loop?: boolean;
  rate?: number;
  width?: number | null;
  height?: number | null;
  media?: "original" | "proxy";
  muted?: boolean;
  view?: string | null;
}

/**
 * A play that has begun. `stream` is to be fetched once: its bytes come as they are made, and their number is not known.
 *
 * The play runs at most half a second ahead of who fetches it, ends when they leave, and when nobody has come for ten
 * seconds. `frameRate` is that of the stream, `mediaTimeOrigin` the instant of the timeline at its time 0; what an
 * edit, or another lap, changes about that is told by `play.state`.
 */
export interface PreviewPlaying {
  playId: string;
  stream: Resource;
  contentType: string;
  width: number;
  height: number;
  frameRate: string;
  from: PreviewInstant;
  mediaTimeOrigin: string;
}

/** One that is over already, or never was, is left alone. */
export interface PreviewStop {
  progressToken?: string | number | null;
  playId: string;
}

/** Where the play was, as far as whoever fetched it can have seen; null where nothing of it was fetched, or it was over. */
export interface PreviewStopped {
  at: PreviewInstant | null;
}

/**
 * Exactly one of `project` and `path`, and of `interval` (seconds), `count` and `scenes`.
 *
 * A `count` is spread evenly, each picture in the middle of its part of the `range` (null: of all); with `scenes`
 * every scene has its first frame: scenes begin at edits of a project, and at cuts inside the files (media.analyze).
 * `width` is that of a picture, `columns` how many stand in a row (null: about as many as rows); `gap` is the pixels
 * between them. With `timecodes` a line under each says its time. `quality` 0-100 is that of JPEG and WebP. `output`
 * is a file that the sheet is written to as well, and beside it the track, as `.vtt`.
 */
export interface PreviewStoryboard {
  progressToken?: string | number | null;
  project?: ProjectRef | null;
  path?: string | null;
  interval?: Seconds | null;
  count?: number | null;
  scenes?: boolean;
  range?: Range | null;
  columns?: number | null;
  width?: number;
  gap?: number;
  background?: string;
  timecodes?: boolean;
  format?: "jpeg" | "png" | "webp";
  quality?: number;
  output?: string | null;
  overwrite?: boolean;
}

/**
 * Exactly one of `project` and `path`, and of `frame` and `time`.
 *
 * `cues` take the place of a project's own; without any, its own that are on screen are shown. `style` and
 * `position` come before those of tracks, and after those of cues. Lengths are project pixels, of a file those of
 * its picture. `output` is a file that the picture is written to as well.
 */
export interface PreviewSubtitles {
  progressToken?: string | number | null;
  project?: ProjectRef | null;
  path?: string | null;
  cues?: Array<SampleCue>;
  style?: StyleInput;
  position?: PositionInput | null;
  frame?: number | null;
  time?: Seconds | null;
  width?: number | null;
  height?: number | null;
  format?: "jpeg" | "png" | "webp";
  quality?: number;
  output?: string | null;
  overwrite?: boolean;
}

/**
 * Exactly one of `project` and `path`; of a file a `range` is in seconds, and its first sound stream is taken.
 *
 * Peaks are as of media.waveform; those of a project are of what a render mixes, after its effects and volumes. With
 * `width` there is a picture too, as many pixels wide: within the root mean square in `color`, up to the peaks at
 * half strength, over `background`. `output` is a file that is written as well: `.png`, `.dat` or `.json`.
 */
export interface PreviewWaveform {
  progressToken?: string | number | null;
  project?: ProjectRef | null;
  path?: string | null;
  range?: Range | null;
  samplesPerPixel?: 64 | 128 | 256 | 512 | 1024 | 2048 | 4096 | 8192 | 16384 | 32768 | 65536 | 131072 | 262144 | 524288 | 1048576;
  channels?: "each" | "mix";
  bits?: 8 | 16;
  inline?: boolean;
  width?: number | null;
  height?: number;
  color?: string;
  background?: string;
  output?: string | null;
  overwrite?: boolean;
}

/**
 * A clip: H.264 and AAC in MP4, VP9 and Opus in WebM.
 *
 * It begins with the frame `frame` of the project, at `time`. `cached`: it was made before. `written` are the files
 * that were asked for.
 */
export interface PreviewedClip {
  clip: Resource;
  frame: number;
  time: string;
  frames: number;
  duration: string;
  frameRate: string;
  width: number;
  height: number;
  sound: boolean;
  problems: Array<Problem>;
  cached: boolean;
  written: Array<string>;
}

/** A GIF, and what it came to be made with; `attempts` counts how often it was encoded until it was small enough. */
export interface PreviewedGif {
  gif: Resource;
  frame: number;
  time: string;
  frames: number;
  duration: string;
  frameRate: string;
  width: number;
  height: number;
  colors: number;
  dither: "bayer" | "diffusion" | "none";
  attempts: number;
  problems: Array<Problem>;
  cached: boolean;
  written: Array<string>;
}

/** Peaks, and the picture of them where one was asked for (PNG). `start` of the peaks counts from the project's. */
export interface PreviewedWaveform {
  waveform: Waveform;
  picture: Resource | null;
  problems: Array<Problem>;
  written: Array<string>;
}

/**
 * Something wrong, or worth knowing, at one place of a project.
 *
 * `code` is an error kind (`invalidProject`, `notSupported`, `limitExceeded`, ...) or the name of a warning;
 * `pointer` is a JSON Pointer into the project as it was sent; `ids` name the things concerned. Of the pure
 * validation, `context.rule` is the rule that was broken (`protocol.project.check.codes`), and where a member is
 * concerned that is not written, `pointer` is its owner's and `context.absent` its own.
 */
export interface Problem {
  severity: "error" | "warning";
  code: string;
  pointer: string;
  ids: Array<string>;
  message: string;
  suggestion: string | null;
  context: Record<string, unknown>;
}

/** The sidecar itself. `cpu` is a share of all cores at hand. `loopLag`: seconds by which it was late, in the last minute. */
export interface ProcessLoad {
  cpu: number;
  rss: number;
  threads: number;
  fds: number | null;
  loopLag: Quantiles;
}

/** A timeline with everything needed to render it. */
export interface Project {
  schema: string;
  frameRate: string;
  width: number;
  height: number;
  tracks: Array<VideoTrack | AudioTrack | SubtitleTrack>;
  id: string | null;
  name: string;
  description: string;
  author: string;
  metadata: Record<string, unknown>;
  sampleRate: number;
  channels: 1 | 2 | 6 | 8;
  colorSpace: "bt709";
  background: string;
  masterVolume: number | Keyframes;
  effects: Array<Effect>;
  media: Array<Media>;
  fonts: Array<Font>;
  templates: Array<Template>;
  groups: Array<Group>;
  markers: Array<Marker>;
  sequences: Array<unknown>;
  export: Export;
}

/** Counts of a project: what it holds, what it uses, how deep it is. */
export interface ProjectAnalysis {
  duration: string;
  frames: number;
  frameRate: string;
  width: number;
  height: number;
  tracks: Array<TrackSummary>;
  clips: number;
  cues: number;
  transitions: number;
  effects: Record<string, number>;
  sources: Record<string, number>;
  media: Array<MediaUse>;
  mostLayers: number;
  gaps: number;
}

/** A project to count. */
export interface ProjectAnalyze {
  progressToken?: string | number | null;
  project: ProjectRef;
}

/** Payload of project.changed; `by` is the name of the client that did it. */
export interface ProjectChanged {
  projectId: string;
  revision: number;
  by: string;
  changed: ChangedRanges;
  saved: boolean;
}

/** Unsaved edits are lost only with `discard`. */
export interface ProjectClose {
  progressToken?: string | number | null;
  projectId: string;
  discard?: boolean;
}

/** An open project. */
export interface ProjectId {
  progressToken?: string | number | null;
  projectId: string;
}

/** A timeline with everything needed to render it. */
export interface ProjectInput {
  schema: string;
  frameRate: string;
  width: number;
  height: number;
  tracks: Array<VideoTrackInput | AudioTrackInput | SubtitleTrackInput>;
  id?: string | null;
  name?: string;
  description?: string;
  author?: string;
  metadata?: Record<string, unknown>;
  sampleRate?: number;
  channels?: 1 | 2 | 6 | 8;
  colorSpace?: "bt709";
  background?: string;
  masterVolume?: number | KeyframesInput;
  effects?: Array<EffectInput>;
  media?: Array<MediaInput>;
  fonts?: Array<Font>;
  templates?: Array<TemplateInput>;
  groups?: Array<GroupInput>;
  markers?: Array<MarkerInput>;
  sequences?: Array<unknown>;
  export?: ExportInput;
}

/** `recover`: what to do with edits that a crash left unsaved. */
export interface ProjectLoad {
  progressToken?: string | number | null;
  path: string;
  recover?: "ask" | "ignore" | "use";
}

/**
 * `visible` names entries in sight, by id or by path, the first ones first: of an open project they are read first.
 *
 * Then come those that clips use, then the others.
 */
export interface ProjectMedia {
  progressToken?: string | number | null;
  project: ProjectRef;
  visible?: Array<string> | null;
}

/** The files of a project; `waiting` are still to be read. */
export interface ProjectMediaList {
  revision: number | null;
  media: Array<MediaEntry>;
  waiting: number;
}

/** A project as JSON; relative paths start from `basePath`. Edits left unsaved are found by the project's id. */
export interface ProjectOpen {
  progressToken?: string | number | null;
  project: ProjectInput;
  basePath?: string | null;
  recover?: "ask" | "ignore" | "use";
}

/**
 * A project by `id` (opened), `path` (a file) or `inline`; exactly one of the three.
 *
 * `revision` that is not the current one is `projectConflict`. `basePath` is the folder that relative paths of an
 * inline project start from.
 */
export interface ProjectRef {
  id?: string | null;
  revision?: number | null;
  path?: string | null;
  inline?: ProjectInput | null;
  basePath?: string | null;
}

/**
 * Looks below `folders` for the missing files (of these `ids` and paths, if given), links to folders aside.
 *
 * A file is found by its fingerprint, whatever it is called now; else by its name and duration. `dryRun`: only say
 * what would be done.
 */
export interface ProjectRelink {
  progressToken?: string | number | null;
  projectId: string;
  baseRevision: number;
  folders: Array<string>;
  ids?: Array<string> | null;
  dryRun?: boolean;
}

/** `path` null: where it was loaded. `expect`: the fingerprint that the file must still have. */
export interface ProjectSave {
  progressToken?: string | number | null;
  project: ProjectRef;
  path?: string | null;
  expect?: string | null;
  backups?: number;
  relativePaths?: boolean;
}

/** `savedRevision` is null while the project has never been saved. */
export interface ProjectState {
  revision: number;
  savedRevision: number | null;
  project: Project;
}

/** An edit on top of `baseRevision`: a patch (RFC 6902, all or nothing) or a whole project; one of the two. */
export interface ProjectUpdate {
  progressToken?: string | number | null;
  projectId: string;
  baseRevision: number;
  patch?: Array<PatchOperation> | null;
  project?: ProjectInput | null;
  label?: string;
}

/** `media`: whether the files are looked at; `forExport`: whether the export settings are. */
export interface ProjectValidate {
  progressToken?: string | number | null;
  project: ProjectRef;
  media?: "cached" | "none" | "probe";
  forExport?: boolean;
  maxProblems?: number;
}

/** `text` is Prometheus' own format, version 0.0.4; `openmetrics` is OpenMetrics 1.0. */
export interface PrometheusQuery {
  progressToken?: string | number | null;
  format?: "openmetrics" | "text";
}

/**
 * A proxy, or why there is none.
 *
 * `origin`: made here, or by the camera. Every frame of the file has one in the proxy, at the same time from the
 * file's start; what was made is SDR of BT.709, upright, with square pixels, and its sound streams stand in the
 * file's order. `reason` says why none is needed ("small": the file is at most 1.3 times as high; "still"), or why one
 * would not do ("alpha": what is transparent would be lost). `path` is that of a camera's file; what was made lies in
 * the cache. `cached`: it was there before. Members are null where there is no proxy.
 */
export interface Proxy {
  state: "missing" | "notNeeded" | "ready";
  origin: "camera" | "made" | null;
  reason: "alpha" | "small" | "still" | null;
  resource: Resource | null;
  path: string | null;
  width: number | null;
  height: number | null;
  frames: number | null;
  cached: boolean;
}

/** Durations in seconds since the sidecar started; `max` is exact, the others are within 2 %. */
export interface Quantiles {
  p50: number;
  p95: number;
  p99: number;
  max: number;
  samples: number;
}

/**
 * Who waits, who runs, and how many may. `oldestSeconds` is how long the first has waited, null where nobody does.
 *
 * `interactive`, `previews`, `jobs` and `probe` are requests by the limit that they come under, `render` is jobs,
 * `encoders` processes that encode for jobs, `readers` and `workers` tasks for processes that read files: of the last
 * three nobody notes since when they wait.
 */
export interface QueueLoad {
  name: string;
  depth: number;
  running: number;
  limit: number;
  oldestSeconds: number | null;
}

/** From one instant up to, not including, another. */
export interface Range {
  from: When;
  to: When;
}

/** Edits that a crash left unsaved: on offer with `recover` "ask", in use with "use". */
export interface Recovery {
  savedAt: string;
  revision: number;
}

/**
 * A missing file that was found; `path` is what is written now, `to` what is written instead.
 *
 * `by` "name": nothing tells how long the missing one was.
 */
export interface Relink {
  id: string | null;
  path: string;
  to: string;
  file: string;
  by: "fingerprint" | "name" | "nameAndDuration";
  clips: Array<string>;
}

/**
 * What was found. `revision` is the new one, or the current one where nothing was changed.
 *
 * `truncated`: the folders hold more files than are looked at (`visited`).
 */
export interface Relinked {
  revision: number;
  applied: boolean;
  relinked: Array<Relink>;
  ambiguous: Array<Candidates>;
  missing: Array<Unfound>;
  visited: number;
  truncated: boolean;
  changed: ChangedRanges;
  problems: Array<Problem>;
}

/** How many jobs there were to remove. */
export interface Removed {
  removed: number;
}

/** What render.start would do, without doing it; `platform` has its limits compared: warnings `platformLimit`. */
export interface RenderPlan {
  progressToken?: string | number | null;
  project: ProjectRef;
  export?: ExportInput;
  range?: Range | null;
  platform?: "discord" | "telegram" | "vimeo" | "x" | "youtube" | "youtube-shorts" | null;
}

/** A named set of export settings; `platform` is the one it is meant for, to be named in the plan. */
export interface RenderPreset {
  id: string;
  name: string;
  description: string;
  export: Record<string, unknown>;
  platform: "discord" | "telegram" | "vimeo" | "x" | "youtube" | "youtube-shorts" | null;
}

/** At most 20 a second a job; `fraction` never falls; `eta` (seconds) is null before it can be known. */
export interface RenderProgress {
  jobId: string;
  state: "cancelled" | "completed" | "failed" | "paused" | "preparing" | "queued" | "running";
  stage: "analysing" | "joining" | "picture" | "publishing" | "sound" | "verifying";
  fraction: number;
  frame: number;
  frames: number;
  framesCached: number;
  framesCopied: number;
  framesEncoded: number;
  fps: number | null;
  speed: number | null;
  bitrate: number | null;
  bytes: number;
  bytesPredicted: number | null;
  elapsed: number;
  eta: number | null;
  segments: SegmentCounts;
  current: Array<CurrentSegment>;
  retries: number;
  fallback: Fallback | null;
}

/** The finished file; `seconds` is the time it took. */
export interface RenderResult {
  path: string;
  bytes: number;
  frames: number;
  duration: string;
  seconds: number;
  encoder: Encoders;
  fallback: Fallback | null;
  reused: Reused;
  verified: Verified;
  loudness: MeasuredLoudness | null;
  warnings: Array<Problem>;
  sidecars: Array<string>;
}

/**
 * `export` is merged over the project's, member by member (null is a value); a second start with one `jobId` returns the first job.
 *
 * Started `paused` it waits for render.resume; without `resume` it ends with the sidecar instead of going on in the next one.
 */
export interface RenderStart {
  progressToken?: string | number | null;
  project: ProjectRef;
  output: string;
  export?: ExportInput;
  overwrite?: boolean;
  range?: Range | null;
  jobId?: string | null;
  priority?: number;
  paused?: boolean;
  resume?: boolean;
  labels?: Record<string, string>;
  platform?: "discord" | "telegram" | "vimeo" | "x" | "youtube" | "youtube-shorts" | null;
}

/** Payload of render.state: the job as it is now. */
export interface RenderStateChanged {
  job: Job;
}

/** How much is done, in the unit of `total`. */
export interface Report {
  kind: "report";
  done: number;
  total: number | null;
  message: string | null;
}

/**
 * Bytes that are fetched by HTTP: `url` is complete, and is all that is needed to fetch them.
 *
 * `bytes` is the size (of what may grow: the size so far), `width` and `height` are of a picture, in pixels. What is
 * `immutable` never changes under its URL and may answer 410 once it has left the cache: ask for it again. A
 * `session` one lives as long as the sidecar.
 */
export interface Resource {
  url: string;
  contentType: string;
  bytes: number;
  width: number | null;
  height: number | null;
  lifetime: "immutable" | "session";
}

/** Segments by where they came from. */
export interface Reused {
  cached: number;
  copied: number;
  encoded: number;
}

/** Folders that this connection may read and write. */
export interface Roots {
  read: Array<string>;
  write: Array<string>;
}

/** Connections now, and messages since the sidecar started. */
export interface RpcLoad {
  connections: number;
  inFlight: number;
  received: number;
  sent: number;
  cancelled: number;
  droppedEvents: number;
}

/** A text that is shown; what its style leaves open comes from that of all. */
export interface SampleCue {
  text: string;
  style?: StyleInput;
  position?: PositionInput | null;
}

/** The written file, and the backup made of what stood there. */
export interface Saved {
  path: string;
  bytes: number;
  fingerprint: string;
  revision: number | null;
  backup: string | null;
}

/** Cuts; a dissolve, a fade, a flash or fast motion is none. */
export interface Scenes {
  algorithm: Algorithm;
  cuts: Array<Cut>;
}

/** A cut needs `threshold` of the picture to be new; what is undone within `flashSeconds` is none. */
export interface ScenesOptions {
  threshold?: number;
  flashSeconds?: number;
}

/** From one instant of a file up to, not including, another; in seconds from the file's start. */
export interface SecondsRange {
  from: Seconds;
  to: Seconds;
}

/** A piece of the output, in frames. */
export interface Segment {
  index: number;
  from: number;
  to: number;
  state: "cached" | "copied" | "encoded" | "failed" | "running" | "waiting";
}

/** A segment that entered another state. */
export interface SegmentChange {
  index: number;
  state: "cached" | "copied" | "encoded" | "failed" | "running" | "waiting";
}

/** Segments by state. */
export interface SegmentCounts {
  total: number;
  cached: number;
  copied: number;
  encoded: number;
  running: number;
  failed: number;
}

/** Payload of render.segments: what has changed since the last of them. */
export interface SegmentsChanged {
  jobId: string;
  changes: Array<SegmentChange>;
}

/** Who answers. */
export interface Server {
  name: string;
  version: string;
  pid: number;
  instanceId: string;
  platform: string;
}

/**
 * Thresholds to change; null stays as it is. `rules` takes the place of all rules of the user's own.
 *
 * cpu, memory, gpuMemory, errorRate, disk (free) and cacheHitRatio are in percent, responseTime and loopLag in
 * milliseconds, stalledJob in seconds, childCrashes counts those of five minutes. Without `persist` until the sidecar
 * ends.
 */
export interface SetThresholds {
  progressToken?: string | number | null;
  cpu?: number | ThresholdSet | null;
  memory?: number | ThresholdSet | null;
  gpuMemory?: number | ThresholdSet | null;
  errorRate?: number | ThresholdSet | null;
  responseTime?: number | ThresholdSet | null;
  disk?: number | ThresholdSet | null;
  cacheHitRatio?: number | ThresholdSet | null;
  loopLag?: number | ThresholdSet | null;
  stalledJob?: number | ThresholdSet | null;
  childCrashes?: number | ThresholdSet | null;
  rules?: Array<AlertRuleInput> | null;
  persist?: boolean;
}

/**
 * Every setting with its default; null means that the sidecar chooses.
 *
 * Sizes in bytes, ports 0 for any free one, `workers` and `maxJobs` 0 for one chosen by the number of cores,
 * `keepFinishedJobs` how many stay in the history, `autosaveSeconds` how long an edit may wait to be journalled,
 * `cacheKinds` how many bytes a kind may have of the cache's memory, and of its disk.
 */
export interface Settings {
  ffmpegPath: string | null;
  dataDir: string | null;
  cacheDir: string | null;
  tempDir: string | null;
  logLevel: "debug" | "error" | "info" | "warning";
  logFiles: number;
  maxJobs: number;
  workers: number;
  hardware: "amf" | "auto" | "nvenc" | "off" | "qsv" | "v4l2" | "vaapi" | "videotoolbox";
  proxyHeight: number;
  previewQuality: number;
  cacheMemoryBytes: number;
  cacheDiskBytes: number;
  minFreeDiskBytes: number;
  cacheKinds: Partial<Record<"analysis" | "filmstrips" | "frames" | "metadata" | "play" | "proxies" | "segments" | "sound" | "waveforms", number>>;
  httpPort: number;
  metricsPort: number;
  metricsToken: boolean;
  keepFinishedJobs: number;
  autosaveSeconds: number;
  locale: "en" | "ru";
}

/** All values, the keys in force at once, and those that wait for a restart. */
export interface SettingsApplied {
  settings: Partial<Settings>;
  applied: Array<string>;
  needRestart: Array<string>;
}

/** Payload of settings.changed: the keys that changed, and every value now in force. */
export interface SettingsChanged {
  keys: Array<string>;
  settings: Partial<Settings>;
}

/** Settings by wire name; null: all. */
export interface SettingsGet {
  progressToken?: string | number | null;
  keys?: Array<string> | null;
}

/** Values by wire name; without `persist` they hold until the sidecar ends. */
export interface SettingsSet {
  progressToken?: string | number | null;
  settings: Partial<Settings>;
  persist?: boolean;
}

/** Values in force, where each comes from, and the file. */
export interface SettingsState {
  settings: Partial<Settings>;
  sources: Record<string, "argument" | "default" | "environment" | "file">;
  path: string;
}

/** A file that stands in the working folder while the command runs. */
export interface SideFile {
  name: string;
  text: string;
}

/** A silence that holds. `alerts` null: whatever they are called; `by` is the name of the client that asked for it. */
export interface Silence {
  id: string;
  alerts: Array<string> | null;
  severity: "critical" | "info" | "warning" | null;
  since: string;
  until: string;
  by: string;
  reason: string | null;
}

/**
 * What to be silent about, and for how long: `alerts` by their ids, all of a severity, what is both, or all there are.
 *
 * An alert that is still there when its silence ends is told of then.
 */
export interface SilenceAlerts {
  progressToken?: string | number | null;
  alerts?: Array<string> | null;
  severity?: "critical" | "info" | "warning" | null;
  forSeconds: number;
  reason?: string | null;
}

/** Every sample of every channel stays below `level` (dB of full scale). */
export interface SilenceOptions {
  level?: number;
  minimumSeconds?: number;
}

/** No sound. */
export interface SilenceSource {
  kind: "silence";
}

/** Those that hold, oldest first. */
export interface Silences {
  silences: Array<Silence>;
}

/** One of the slowest; `traceId` finds its log lines. */
export interface SlowOperation {
  seconds: number;
  at: string;
  traceId: string;
}

/** Sections to look at; null: all. */
export interface SnapshotQuery {
  progressToken?: string | number | null;
  include?: Array<"caches" | "children" | "gpus" | "operations" | "pipelines" | "queues" | "rpc" | "system"> | null;
}

/** From one instant up to another, in seconds from the file's start. */
export interface Span {
  from: string;
  to: string;
}

/** Where something holds. */
export interface Spans {
  algorithm: Algorithm;
  spans: Array<Span>;
}

/** A job, running or waiting. */
export interface Started {
  jobId: string;
  state: "cancelled" | "completed" | "failed" | "paused" | "preparing" | "queued" | "running";
  position: number | null;
  output: string;
  plan: PlanSummary;
  problems: Array<Problem>;
}

/**
 * A sheet, and where its pictures lie in it, in order of time.
 *
 * `cellWidth` and `cellHeight` are the size of a picture, the line under it not counted. `vtt` is a WebVTT track
 * whose cues name parts of the sheet (`#xywh=`): players show them over the time line. A frame stands for what comes
 * until the next one; with `count` for its part. `failed` of them cannot be shown; where none can be, the first one's
 * error is that of the command.
 */
export interface Storyboard {
  sheet: Resource;
  columns: number;
  rows: number;
  cellWidth: number;
  cellHeight: number;
  frames: Array<StoryboardFrame>;
  vtt: Resource;
  failed: number;
  exact: boolean;
  problems: Array<Problem>;
  written: Array<string>;
}

/**
 * A picture: where it begins in the sheet, and where it is to be had by itself.
 *
 * With an `error` the frame cannot be shown, and its picture is a cross.
 */
export interface StoryboardFrame {
  frame: number;
  time: string;
  x: number;
  y: number;
  image: Resource;
  error: ErrorData | null;
}

/** Colour tags; `assumed` names those the file does not carry. */
export interface StreamColor {
  range: string;
  matrix: string;
  primaries: string;
  transfer: string;
  assumed: Array<string>;
}

/**
 * How text looks. A member left out (null) comes from the level below: default ← preset ← track ← cue.
 *
 * Lengths are project pixels; `maxWidth` is a fraction of the frame's width, `lineHeight` a factor.
 */
export interface Style {
  preset: string | null;
  fontFamily: string | null;
  fontSize: number | null;
  fontWeight: number | null;
  italic: boolean | null;
  color: string | null;
  opacity: number | null;
  outlineColor: string | null;
  outlineWidth: number | null;
  shadowColor: string | null;
  shadowX: number | null;
  shadowY: number | null;
  shadowBlur: number | null;
  backgroundColor: string | null;
  backgroundOpacity: number | null;
  padding: number | null;
  borderRadius: number | null;
  lineHeight: number | null;
  letterSpacing: number | null;
  maxWidth: number | null;
  align: "center" | "left" | "right" | null;
}

/**
 * A style by the name that `preset` takes; `highlight` is the colour of the word that is being sung or spoken.
 *
 * Lengths in `style` are for a frame of 1080 lines; they scale with the height of the project. Titles and
 * descriptions are English.
 */
export interface StyleInfo {
  name: string;
  title: string;
  description: string;
  style: Style;
  highlight: string;
}

/**
 * How text looks. A member left out (null) comes from the level below: default ← preset ← track ← cue.
 *
 * Lengths are project pixels; `maxWidth` is a fraction of the frame's width, `lineHeight` a factor.
 */
export interface StyleInput {
  preset?: string | null;
  fontFamily?: string | null;
  fontSize?: number | null;
  fontWeight?: number | null;
  italic?: boolean | null;
  color?: string | null;
  opacity?: number | null;
  outlineColor?: string | null;
  outlineWidth?: number | null;
  shadowColor?: string | null;
  shadowX?: number | null;
  shadowY?: number | null;
  shadowBlur?: number | null;
  backgroundColor?: string | null;
  backgroundOpacity?: number | null;
  padding?: number | null;
  borderRadius?: number | null;
  lineHeight?: number | null;
  letterSpacing?: number | null;
  maxWidth?: number | null;
  align?: "center" | "left" | "right" | null;
}

/** Every style, from the plainest on. */
export interface StyleList {
  styles: Array<StyleInfo>;
}

/** Topics to hear of, optionally of one project or job only. */
export interface Subscribe {
  progressToken?: string | number | null;
  topics: Array<"alerts" | "cache.changed" | "log" | "media.changed" | "metrics" | "play.state" | "project.changed" | "render.progress" | "render.segments" | "render.state" | "settings.changed" | "system">;
  projectId?: string | null;
  jobId?: string | null;
}

/** `snapshots` holds the latest state of each state topic, null where there is none yet. */
export interface Subscribed {
  subscription: string;
  seq: number;
  snapshots: { [T in keyof Topics]?: Topics[T] | null };
}

/** The picture; `exact`: it is what a render would show with these cues. */
export interface SubtitlePreview {
  image: Resource;
  frame: number;
  time: string;
  width: number;
  height: number;
  exact: boolean;
  problems: Array<Problem>;
  written: Array<string>;
}

/** A subtitle stream; `text` false: pictures. */
export interface SubtitleStream {
  index: number;
  codec: string;
  text: boolean;
  language: string | null;
  default: boolean;
  forced: boolean;
}

/** Cues in one language (BCP 47). */
export interface SubtitleTrack {
  kind: "subtitle";
  id: string | null;
  name: string;
  color: string | null;
  metadata: Record<string, unknown>;
  enabled: boolean;
  locked: boolean;
  language: string;
  style: Style;
  position: Position | null;
  cues: Array<Cue>;
}

/** Cues in one language (BCP 47). */
export interface SubtitleTrackInput {
  kind: "subtitle";
  id?: string | null;
  name?: string;
  color?: string | null;
  metadata?: Record<string, unknown>;
  enabled?: boolean;
  locked?: boolean;
  language?: string;
  style?: StyleInput;
  position?: PositionInput | null;
  cues?: Array<CueInput>;
}

/** Versions, the machine, and where things lie. */
export interface SystemInfo {
  version: string;
  python: string;
  platform: string;
  machine: string;
  cores: number;
  memory: Memory;
  pid: number;
  instanceId: string;
  startedAt: string;
  uptime: number;
  ffmpeg: FfmpegSummary | null;
  libraries: Record<string, string>;
  paths: Paths;
  isolation: Array<string>;
}

/**
 * The machine, or the container. `cpu` is the share of `cores` that was busy in the last second, null before it can be told.
 *
 * `load` is the load average of a minute, null where the system tells none.
 */
export interface SystemLoad {
  cpu: number | null;
  cores: number;
  memory: MemoryLoad;
  disk: DiskLoad;
  load: number | null;
}

/** Payload of system. */
export interface SystemState {
  state: "running" | "shuttingDown";
  detail: string | null;
}

/** A layout of the project's own. */
export interface Template {
  id: string;
  cells: Array<Cell>;
  gap: number;
  border: Border;
  background: string | null;
}

/** A layout of the project's own. */
export interface TemplateInput {
  id: string;
  cells: Array<CellInput>;
  gap?: number;
  border?: BorderInput;
  background?: string | null;
}

/**
 * An alert fires when its metric is at or beyond `enter` for `forSeconds`, and ends `keepSeconds` after `exit` is reached.
 *
 * `enter` and `exit` are in `unit`; where `exit` is greater, less is worse. `minSamples` events must stand behind a
 * number that has any, or it is not known. While a metric is not known an alert stays as it is.
 */
export interface Threshold {
  metric: string;
  unit: "count" | "ms" | "percent" | "seconds";
  enter: number;
  exit: number;
  forSeconds: number;
  keepSeconds: number;
  minSamples: number;
  severity: "critical" | "info" | "warning";
  enabled: boolean;
}

/** What is to change of a threshold; null stays as it is. `exit` null moves by the same ratio as `enter`. */
export interface ThresholdSet {
  enter: number;
  exit?: number | null;
  forSeconds?: number | null;
  keepSeconds?: number | null;
  minSamples?: number | null;
  severity?: "critical" | "info" | "warning" | null;
  enabled?: boolean | null;
}

/** What a tier holds of what it may. */
export interface TierState {
  bytes: number;
  limit: number;
  entries: number;
}

/** What of a kind one tier holds. */
export interface TierUse {
  entries: number;
  bytes: number;
}

/** A key of a speed ramp: at clip time `time` the source stands at `source` seconds. */
export interface TimeKey {
  time: Seconds;
  source: Seconds;
  easing: "easeIn" | "easeInOut" | "easeOut" | "hold" | "linear" | CubicBezier;
}

/** A key of a speed ramp: at clip time `time` the source stands at `source` seconds. */
export interface TimeKeyInput {
  time: Seconds;
  source: Seconds;
  easing?: "easeIn" | "easeInOut" | "easeOut" | "hold" | "linear" | CubicBezier;
}

/** A field of a graphic; `minimum` and `maximum` are those of a number, null otherwise. */
export interface TitleField {
  name: string;
  kind: "color" | "number" | "text";
  default: string | number;
  description: string;
  minimum: number | null;
  maximum: number | null;
}

/** A graphic by the `name` that a source of kind `graphic` takes; `moves`: it is not the same on every frame. */
export interface TitleInfo {
  name: string;
  title: string;
  description: string;
  fields: Array<TitleField>;
  moves: boolean;
}

/** Every graphic. */
export interface TitleList {
  titles: Array<TitleInfo>;
}

/** Text over the frame. */
export interface TitleSource {
  kind: "title";
  text: string;
  style: Style;
  position: Position | null;
  animations: Array<Animation>;
}

/** Text over the frame. */
export interface TitleSourceInput {
  kind: "title";
  text: string;
  style?: StyleInput;
  position?: PositionInput | null;
  animations?: Array<AnimationInput>;
}

/** A steady tone; `level` is its peak amplitude, frequency in hertz. */
export interface ToneSource {
  kind: "tone";
  frequency: number;
  level: number;
  waveform: "sawtooth" | "sine" | "square" | "triangle";
}

/** A steady tone; `level` is its peak amplitude, frequency in hertz. */
export interface ToneSourceInput {
  kind: "tone";
  frequency?: number;
  level?: number;
  waveform?: "sawtooth" | "sine" | "square" | "triangle";
}

/** Log lines of one trace, oldest first; home folders are written as ~. */
export interface Trace {
  lines: Array<Record<string, unknown>>;
  truncated: boolean;
}

/** A trace id, as every error carries it. */
export interface TraceQuery {
  progressToken?: string | number | null;
  traceId: string;
  limit?: number;
}

/** What a track holds; `frames` counts those with something on them. */
export interface TrackSummary {
  id: string;
  kind: string;
  name: string;
  enabled: boolean;
  items: number;
  transitions: number;
  effects: number;
  frames: number;
}

/** Scale and rotation (degrees clockwise) about the anchor, then the anchor to (x, y) of the box. */
export interface Transform {
  x: number | Keyframes;
  y: number | Keyframes;
  scaleX: number | Keyframes;
  scaleY: number | Keyframes;
  rotation: number | Keyframes;
  anchorX: number | Keyframes;
  anchorY: number | Keyframes;
}

/** Scale and rotation (degrees clockwise) about the anchor, then the anchor to (x, y) of the box. */
export interface TransformInput {
  x?: number | KeyframesInput;
  y?: number | KeyframesInput;
  scaleX?: number | KeyframesInput;
  scaleY?: number | KeyframesInput;
  rotation?: number | KeyframesInput;
  anchorX?: number | KeyframesInput;
  anchorY?: number | KeyframesInput;
}

/** Covers D frames around, after or before the cut; a missing side is transparency. */
export interface Transition {
  type: string;
  duration: Seconds;
  id: string | null;
  from: string | null;
  to: string | null;
  align: "center" | "end" | "start";
  easing: "easeIn" | "easeInOut" | "easeOut" | "hold" | "linear" | CubicBezier;
  audio: "constantPower" | "cut" | "linear";
  parameters: Record<string, unknown>;
  metadata: Record<string, unknown>;
}

/** A transition by the `type` that a project writes. Titles and descriptions are English; `translations` by BCP 47. */
export interface TransitionInfo {
  type: string;
  category: string;
  title: string;
  description: string;
  translations: Record<string, Translation>;
}

/** Covers D frames around, after or before the cut; a missing side is transparency. */
export interface TransitionInput {
  type: string;
  duration: Seconds;
  id?: string | null;
  from?: string | null;
  to?: string | null;
  align?: "center" | "end" | "start";
  easing?: "easeIn" | "easeInOut" | "easeOut" | "hold" | "linear" | CubicBezier;
  audio?: "constantPower" | "cut" | "linear";
  parameters?: Record<string, unknown>;
  metadata?: Record<string, unknown>;
}

/** Every transition, in the order of their types. */
export interface TransitionList {
  transitions: Array<TransitionInfo>;
}

/** A title and a description in another language. */
export interface Translation {
  title: string;
  description: string;
}

/** A file that is still missing. */
export interface Unfound {
  id: string | null;
  path: string;
}

/** A silence to end. */
export interface Unsilence {
  progressToken?: string | number | null;
  id: string;
}

/** A subscription of this connection. */
export interface Unsubscribe {
  progressToken?: string | number | null;
  subscription: string;
}

/** The new revision and what it changed. */
export interface Updated {
  revision: number;
  problems: Array<Problem>;
  changed: ChangedRanges;
  duration: string;
  frames: number;
}

/** `valid` means no problem is an error. */
export interface Validated {
  valid: boolean;
  problems: Array<Problem>;
  truncated: boolean;
  revision: number | null;
  duration: string;
  frames: number;
  frameRate: string;
  mediaChecked: number;
  mediaMissing: Array<string>;
}

/** What was checked in the written file. */
export interface Verified {
  streams: boolean;
  frames: boolean;
  duration: boolean;
  joins: number;
}

/** How the picture is encoded. Bitrates in bit/s, `sizeLimit` in bytes, `keyframeInterval` in seconds. */
export interface VideoExport {
  codec: "av1" | "dnxhr" | "ffv1" | "gif" | "h264" | "hevc" | "mpeg4" | "png" | "prores" | "vp9" | "webp" | null;
  quality: number;
  rateControl: "bitrate" | "lossless" | "quality" | "size";
  bitrate: number | null;
  maxBitrate: number | null;
  sizeLimit: number | null;
  passes: 1 | 2;
  preset: "fast" | "fastest" | "medium" | "slow" | "slowest";
  profile: string | null;
  pixelFormat: "gbrp" | "yuv420p" | "yuv420p10le" | "yuv422p" | "yuv422p10le" | "yuv444p" | "yuv444p10le" | "yuva420p" | "yuva444p10le";
  keyframeInterval: number;
  bFrames: number | null;
  hardware: "amf" | "auto" | "nvenc" | "off" | "qsv" | "v4l2" | "vaapi" | "videotoolbox";
  copy: "auto" | "off";
}

/** How the picture is encoded. Bitrates in bit/s, `sizeLimit` in bytes, `keyframeInterval` in seconds. */
export interface VideoExportInput {
  codec?: "av1" | "dnxhr" | "ffv1" | "gif" | "h264" | "hevc" | "mpeg4" | "png" | "prores" | "vp9" | "webp" | null;
  quality?: number;
  rateControl?: "bitrate" | "lossless" | "quality" | "size";
  bitrate?: number | null;
  maxBitrate?: number | null;
  sizeLimit?: number | null;
  passes?: 1 | 2;
  preset?: "fast" | "fastest" | "medium" | "slow" | "slowest";
  profile?: string | null;
  pixelFormat?: "gbrp" | "yuv420p" | "yuv420p10le" | "yuv422p" | "yuv422p10le" | "yuv444p" | "yuv444p10le" | "yuva420p" | "yuva444p10le";
  keyframeInterval?: number;
  bFrames?: number | null;
  hardware?: "amf" | "auto" | "nvenc" | "off" | "qsv" | "v4l2" | "vaapi" | "videotoolbox";
  copy?: "auto" | "off";
}

/** A picture stream. `index` counts picture streams, cover art excluded; rotation is degrees clockwise. */
export interface VideoStream {
  index: number;
  codec: string;
  profile: string | null;
  width: number;
  height: number;
  displayWidth: number;
  displayHeight: number;
  pixelAspect: string;
  rotation: number;
  mirrored: boolean;
  frameRate: string | null;
  averageRate: string | null;
  variableRate: boolean | null;
  frames: number | null;
  timeBase: string;
  duration: string | null;
  pixelFormat: string;
  bits: number;
  alpha: boolean;
  interlaced: "bff" | "progressive" | "tff" | "unknown";
  color: StreamColor;
  hdr: Hdr;
  language: string | null;
  default: boolean;
}

/** A layer of picture, with the sound of its clips. */
export interface VideoTrack {
  kind: "video";
  id: string | null;
  name: string;
  color: string | null;
  metadata: Record<string, unknown>;
  enabled: boolean;
  locked: boolean;
  muted: boolean;
  solo: boolean;
  volume: number | Keyframes;
  pan: number | Keyframes;
  effects: Array<Effect>;
  clips: Array<Clip>;
  transitions: Array<Transition>;
  opacity: number | Keyframes;
  blend: "addition" | "darken" | "difference" | "hardlight" | "lighten" | "multiply" | "normal" | "overlay" | "screen" | "softlight";
}

/** A layer of picture, with the sound of its clips. */
export interface VideoTrackInput {
  kind: "video";
  id?: string | null;
  name?: string;
  color?: string | null;
  metadata?: Record<string, unknown>;
  enabled?: boolean;
  locked?: boolean;
  muted?: boolean;
  solo?: boolean;
  volume?: number | KeyframesInput;
  pan?: number | KeyframesInput;
  effects?: Array<EffectInput>;
  clips?: Array<ClipInput>;
  transitions?: Array<TransitionInput>;
  opacity?: number | KeyframesInput;
  blend?: "addition" | "darken" | "difference" | "hardlight" | "lighten" | "multiply" | "normal" | "overlay" | "screen" | "softlight";
}

/**
 * Peaks by audiowaveform's definition.
 *
 * `dat` is its binary format, version 2, `json` the same as text; `rms` has the header of `dat`, then one value a
 * pixel and channel. `length` counts the pixels of a channel, `duration` is theirs, `start` is when the first of them
 * sounds. `levels` are the values of `samplesPerPixel` that cost no decoding any more.
 */
export interface Waveform {
  sampleRate: number;
  samplesPerPixel: number;
  channels: number;
  length: number;
  bits: number;
  start: string;
  duration: string;
  dat: Resource;
  json: Resource;
  rms: Resource;
  levels: Array<number>;
  data: Array<WaveformChannel> | null;
  cached: boolean;
}

/** One value a pixel each: lowest, highest, root mean square. */
export interface WaveformChannel {
  min: Array<number>;
  max: Array<number>;
  rms: Array<number>;
}

/** An instant as a frame number or in seconds; exactly one. */
export interface When {
  frame?: number | null;
  time?: Seconds | null;
}

/** How often, in the last 60 seconds, the last 60 minutes, and since the sidecar started. */
export interface Window {
  minute: number;
  hour: number;
  total: number;
}

/** What is left out, by ids, without touching the project: before and after of an effect. Unknown ids leave out nothing. */
export interface Without {
  effects?: Array<string>;
  clips?: Array<string>;
  subtitles?: boolean;
}

/** A word of a cue with its own time, for karaoke. */
export interface Word {
  start: Seconds;
  end: Seconds;
  text: string;
}

/** What a request that carried a progress token is told. */
export type Progress = Begin | Report | Items | End;

/** Every method: its params, its result, and the kinds of its own errors. */
export interface Methods {
  /** Open the connection and learn what the sidecar is and grants. */
  "initialize": {
    params: Initialize;
    result: Initialized;
    errors: "unsupportedProtocol" | "invalidRequest" | "invalidParams";
  };
  /** Finish what is running, refuse what is new. */
  "shutdown": {
    params: Empty;
    result: Nothing;
    errors: never;
  };
  /** End the process. */
  "exit": {
    params: Empty;
    result: Nothing;
    errors: never;
  };
  /** Return this interface as an OpenRPC document. */
  "rpc.discover": {
    params: Empty;
    result: Record<string, unknown>;
    errors: never;
  };
  /** Hear of changes as $/event notifications. */
  "events.subscribe": {
    params: Subscribe;
    result: Subscribed;
    errors: never;
  };
  /** Stop a subscription. */
  "events.unsubscribe": {
    params: Unsubscribe;
    result: Nothing;
    errors: never;
  };
  /** Say what runs here, and on what. */
  "system.info": {
    params: Empty;
    result: SystemInfo;
    errors: never;
  };
  /** Check FFmpeg, encoders, fonts, disk and folders. */
  "system.health": {
    params: Empty;
    result: Health;
    errors: never;
  };
  /** Fetch the log lines of a trace id. */
  "system.trace": {
    params: TraceQuery;
    result: Trace;
    errors: never;
  };
  /** List the fonts at hand. */
  "fonts.list": {
    params: FontQuery;
    result: FontList;
    errors: never;
  };
  /** Return settings and where each value comes from. */
  "settings.get": {
    params: SettingsGet;
    result: SettingsState;
    errors: "settingsInvalid";
  };
  /** Change settings: all of them or none. */
  "settings.set": {
    params: SettingsSet;
    result: SettingsApplied;
    errors: "settingsInvalid" | "diskFull";
  };
  /** Measure the cache: what it holds, finds, misses, has saved and let go. */
  "cache.stats": {
    params: CacheStatsQuery;
    result: CacheStats;
    errors: never;
  };
  /** Return the limits of the cache. */
  "cache.limits": {
    params: Empty;
    result: CacheLimits;
    errors: never;
  };
  /** Change the limits of the cache; they hold when it returns. */
  "cache.setLimits": {
    params: CacheSetLimits;
    result: CacheLimitsSet;
    errors: "invalidParams" | "settingsInvalid" | "diskFull" | "outputUnwritable";
  };
  /** List the projects that the cache holds something for. */
  "cache.projects": {
    params: Empty;
    result: CachedProjects;
    errors: never;
  };
  /** Say whether a project is cached: open, or named by an entry. */
  "cache.hasProject": {
    params: CacheHasProject;
    result: CacheProjectState;
    errors: "invalidParams" | "permissionDenied";
  };
  /** Return what the cache knows of a media file, without probing it. */
  "cache.metadata": {
    params: CacheMetadataQuery;
    result: CacheMetadata;
    errors: "mediaNotFound" | "permissionDenied";
  };
  /** Remove entries by kind, project, file or age. */
  "cache.clear": {
    params: CacheClear;
    result: CacheCleared;
    errors: "invalidParams" | "permissionDenied";
  };
  /** Make what is missing of a project's files, so that it is there when it is asked for. Items of progress are those of the result. */
  "cache.preload": {
    params: CachePreload;
    result: CachePreloaded;
    errors: "invalidParams" | "invalidProject" | "projectNotFound" | "projectNotOpen" | "unsupportedSchema" | "permissionDenied";
  };
  /** Read every entry on the disk through, and remove what is damaged. */
  "cache.verify": {
    params: CacheVerify;
    result: CacheVerified;
    errors: "diskFull" | "outputUnwritable" | "timeout";
  };
  /** Open a project that the client holds, and edit it from here on. */
  "project.open": {
    params: ProjectOpen;
    result: Opened;
    errors: "invalidProject" | "unsupportedSchema" | "limitExceeded";
  };
  /** Open a project file. */
  "project.load": {
    params: ProjectLoad;
    result: Loaded;
    errors: "invalidProject" | "unsupportedSchema" | "limitExceeded" | "projectNotFound" | "permissionDenied";
  };
  /** Edit an open project and learn which frames changed. */
  "project.update": {
    params: ProjectUpdate;
    result: Updated;
    errors: "invalidProject" | "unsupportedSchema" | "limitExceeded" | "projectNotOpen" | "projectConflict";
  };
  /** Return an open project. */
  "project.get": {
    params: ProjectId;
    result: ProjectState;
    errors: "projectNotOpen";
  };
  /** Close an open project. */
  "project.close": {
    params: ProjectClose;
    result: Nothing;
    errors: "projectNotOpen" | "projectConflict";
  };
  /** Write a project to its file: whole or not at all. */
  "project.save": {
    params: ProjectSave;
    result: Saved;
    errors: "invalidProject" | "unsupportedSchema" | "limitExceeded" | "projectNotFound" | "projectNotOpen" | "projectConflict" | "permissionDenied" | "outputUnwritable" | "diskFull";
  };
  /** List every problem of a project. */
  "project.validate": {
    params: ProjectValidate;
    result: Validated;
    errors: "invalidProject" | "unsupportedSchema" | "limitExceeded" | "projectNotFound" | "projectNotOpen" | "projectConflict" | "permissionDenied";
  };
  /** Count what a project holds and uses. */
  "project.analyze": {
    params: ProjectAnalyze;
    result: ProjectAnalysis;
    errors: "invalidProject" | "unsupportedSchema" | "limitExceeded" | "projectNotFound" | "projectNotOpen" | "projectConflict" | "permissionDenied";
  };
  /** List the files of a project, and say which are to be read first. */
  "project.media": {
    params: ProjectMedia;
    result: ProjectMediaList;
    errors: "invalidProject" | "unsupportedSchema" | "limitExceeded" | "projectNotFound" | "projectNotOpen" | "projectConflict" | "permissionDenied";
  };
  /** Find missing files of an open project in folders, and make them a revision. */
  "project.relink": {
    params: ProjectRelink;
    result: Relinked;
    errors: "projectNotOpen" | "projectConflict" | "permissionDenied" | "invalidParams" | "invalidProject";
  };
  /** Read what a media file holds. */
  "media.probe": {
    params: MediaProbe;
    result: MediaInfo;
    errors: "mediaNotFound" | "mediaUnreadable" | "mediaUnsupported" | "mediaEncrypted" | "decoderCrashed" | "dependencyMissing" | "permissionDenied" | "timeout";
  };
  /** List the keyframes of a picture stream. */
  "media.keyframes": {
    params: MediaKeyframes;
    result: KeyframeTimes;
    errors: "mediaNotFound" | "mediaUnreadable" | "mediaUnsupported" | "mediaEncrypted" | "decoderCrashed" | "dependencyMissing" | "permissionDenied" | "timeout" | "invalidParams";
  };
  /** Queue a render of files one after the other. */
  "media.concat": {
    params: MediaConcat;
    result: Started;
    errors: "mediaNotFound" | "mediaUnreadable" | "mediaUnsupported" | "mediaEncrypted" | "decoderCrashed" | "dependencyMissing" | "permissionDenied" | "timeout" | "notCopyable" | "invalidParams" | "invalidProject" | "encoderUnavailable" | "ffmpegNotFound" | "resourceLimit" | "outputExists" | "outputUnwritable" | "diskFull";
  };
  /** Make small pictures of a file at some instants. */
  "media.filmstrip": {
    params: MediaFilmstrip;
    result: Filmstrip;
    errors: "mediaNotFound" | "mediaUnreadable" | "mediaUnsupported" | "mediaEncrypted" | "decoderCrashed" | "dependencyMissing" | "permissionDenied" | "timeout" | "sourceChanged" | "invalidParams" | "limitExceeded";
  };
  /** Make, or find, a small file that stands for one that is heavy to decode. */
  "media.proxy": {
    params: MediaProxy;
    result: Proxy;
    errors: "mediaNotFound" | "mediaUnreadable" | "mediaUnsupported" | "mediaEncrypted" | "decoderCrashed" | "dependencyMissing" | "permissionDenied" | "timeout" | "sourceChanged" | "ffmpegNotFound" | "ffmpegFailed" | "ffmpegCrashed" | "stalled" | "outputUnwritable" | "diskFull";
  };
  /** Compute the peaks of a file's sound: lowest, highest, root mean square. Items of progress are {channel, from, min, max}. */
  "media.waveform": {
    params: MediaWaveform;
    result: Waveform;
    errors: "mediaNotFound" | "mediaUnreadable" | "mediaUnsupported" | "mediaEncrypted" | "decoderCrashed" | "dependencyMissing" | "permissionDenied" | "timeout" | "sourceChanged" | "invalidParams" | "resourceLimit" | "outputUnwritable" | "diskFull";
  };
  /** Measure a file's picture and sound; all kinds together cost one decoding. Items of progress are {kind} with the members of a cut, a span or a point. */
  "media.analyze": {
    params: MediaAnalyze;
    result: Analysis;
    errors: "mediaNotFound" | "mediaUnreadable" | "mediaUnsupported" | "mediaEncrypted" | "decoderCrashed" | "dependencyMissing" | "permissionDenied" | "timeout" | "sourceChanged" | "invalidParams" | "invalidProject" | "unsupportedSchema" | "projectNotFound" | "projectNotOpen" | "projectConflict";
  };
  /** Show one picture of a project, as a render would. */
  "preview.frame": {
    params: PreviewFrame;
    result: PreviewPicture;
    errors: "invalidParams" | "invalidProject" | "unsupportedSchema" | "projectNotFound" | "projectNotOpen" | "projectConflict" | "permissionDenied" | "limitExceeded" | "resourceLimit" | "mediaNotFound" | "mediaUnreadable" | "mediaUnsupported" | "mediaEncrypted" | "sourceChanged" | "effectInvalid" | "decoderCrashed" | "ffmpegNotFound" | "ffmpegFailed" | "ffmpegCrashed" | "stalled" | "timeout" | "cancelled";
  };
  /** Show many pictures of a project, or of a file. */
  "preview.batch": {
    params: PreviewBatch;
    result: Batch;
    errors: "invalidParams" | "invalidProject" | "unsupportedSchema" | "projectNotFound" | "projectNotOpen" | "projectConflict" | "permissionDenied" | "limitExceeded" | "resourceLimit" | "mediaNotFound" | "mediaUnreadable" | "mediaUnsupported" | "mediaEncrypted" | "sourceChanged" | "effectInvalid" | "decoderCrashed" | "ffmpegNotFound" | "ffmpegFailed" | "ffmpegCrashed" | "stalled" | "timeout";
  };
  /** Play a project or a file as a stream. */
  "preview.play": {
    params: PreviewPlay;
    result: PreviewPlaying;
    errors: "invalidParams" | "invalidProject" | "unsupportedSchema" | "projectNotFound" | "projectNotOpen" | "projectConflict" | "permissionDenied" | "limitExceeded" | "resourceLimit" | "mediaNotFound" | "mediaUnreadable" | "mediaUnsupported" | "mediaEncrypted" | "sourceChanged" | "effectInvalid" | "decoderCrashed" | "ffmpegNotFound" | "ffmpegFailed" | "ffmpegCrashed" | "stalled" | "timeout" | "notSupported" | "encoderUnavailable" | "dependencyMissing";
  };
  /** End a play, and say where it was. */
  "preview.stop": {
    params: PreviewStop;
    result: PreviewStopped;
    errors: never;
  };
  /** Show frames of a project or a file on one sheet, with their times, and as a track of thumbnails. Items of progress are {frame, time, image, error}. */
  "preview.storyboard": {
    params: PreviewStoryboard;
    result: Storyboard;
    errors: "invalidParams" | "invalidProject" | "unsupportedSchema" | "projectNotFound" | "projectNotOpen" | "projectConflict" | "permissionDenied" | "limitExceeded" | "resourceLimit" | "mediaNotFound" | "mediaUnreadable" | "mediaUnsupported" | "mediaEncrypted" | "sourceChanged" | "effectInvalid" | "decoderCrashed" | "ffmpegNotFound" | "ffmpegFailed" | "ffmpegCrashed" | "stalled" | "timeout" | "nothingToRender" | "dependencyMissing" | "renderFailed" | "diskFull" | "outputExists" | "outputUnwritable";
  };
  /** Make a small clip of a part of a project or a file, picture and sound. */
  "preview.clip": {
    params: PreviewClip;
    result: PreviewedClip;
    errors: "invalidParams" | "invalidProject" | "unsupportedSchema" | "projectNotFound" | "projectNotOpen" | "projectConflict" | "permissionDenied" | "limitExceeded" | "resourceLimit" | "mediaNotFound" | "mediaUnreadable" | "mediaUnsupported" | "mediaEncrypted" | "sourceChanged" | "effectInvalid" | "decoderCrashed" | "ffmpegNotFound" | "ffmpegFailed" | "ffmpegCrashed" | "stalled" | "timeout" | "nothingToRender" | "dependencyMissing" | "renderFailed" | "diskFull" | "outputExists" | "outputUnwritable";
  };
  /** Make an animated GIF of a part of a project or a file, no larger than asked. */
  "preview.gif": {
    params: PreviewGif;
    result: PreviewedGif;
    errors: "invalidParams" | "invalidProject" | "unsupportedSchema" | "projectNotFound" | "projectNotOpen" | "projectConflict" | "permissionDenied" | "limitExceeded" | "resourceLimit" | "mediaNotFound" | "mediaUnreadable" | "mediaUnsupported" | "mediaEncrypted" | "sourceChanged" | "effectInvalid" | "decoderCrashed" | "ffmpegNotFound" | "ffmpegFailed" | "ffmpegCrashed" | "stalled" | "timeout" | "nothingToRender" | "dependencyMissing" | "renderFailed" | "diskFull" | "outputExists" | "outputUnwritable";
  };
  /** Compute the peaks of a project's mix, or of a file's sound, and draw them. */
  "preview.waveform": {
    params: PreviewWaveform;
    result: PreviewedWaveform;
    errors: "invalidParams" | "invalidProject" | "unsupportedSchema" | "projectNotFound" | "projectNotOpen" | "projectConflict" | "permissionDenied" | "limitExceeded" | "resourceLimit" | "mediaNotFound" | "mediaUnreadable" | "mediaUnsupported" | "mediaEncrypted" | "sourceChanged" | "effectInvalid" | "decoderCrashed" | "ffmpegNotFound" | "ffmpegFailed" | "ffmpegCrashed" | "stalled" | "timeout" | "nothingToRender" | "dependencyMissing" | "renderFailed" | "diskFull" | "outputExists" | "outputUnwritable";
  };
  /** Show a file, or a project, without an effect and with it. */
  "preview.filter": {
    params: PreviewFilter;
    result: FilterPreview;
    errors: "invalidParams" | "invalidProject" | "unsupportedSchema" | "projectNotFound" | "projectNotOpen" | "projectConflict" | "permissionDenied" | "limitExceeded" | "resourceLimit" | "mediaNotFound" | "mediaUnreadable" | "mediaUnsupported" | "mediaEncrypted" | "sourceChanged" | "effectInvalid" | "decoderCrashed" | "ffmpegNotFound" | "ffmpegFailed" | "ffmpegCrashed" | "stalled" | "timeout" | "nothingToRender" | "dependencyMissing" | "renderFailed" | "diskFull" | "outputExists" | "outputUnwritable" | "effectUnknown";
  };
  /** Show a frame of a project or a file with cues in some style. */
  "preview.subtitles": {
    params: PreviewSubtitles;
    result: SubtitlePreview;
    errors: "invalidParams" | "invalidProject" | "unsupportedSchema" | "projectNotFound" | "projectNotOpen" | "projectConflict" | "permissionDenied" | "limitExceeded" | "resourceLimit" | "mediaNotFound" | "mediaUnreadable" | "mediaUnsupported" | "mediaEncrypted" | "sourceChanged" | "effectInvalid" | "decoderCrashed" | "ffmpegNotFound" | "ffmpegFailed" | "ffmpegCrashed" | "stalled" | "timeout" | "nothingToRender" | "dependencyMissing" | "renderFailed" | "diskFull" | "outputExists" | "outputUnwritable";
  };
  /** Queue a render. */
  "render.start": {
    params: RenderStart;
    result: Started;
    errors: "invalidProject" | "unsupportedSchema" | "projectNotFound" | "projectNotOpen" | "projectConflict" | "permissionDenied" | "nothingToRender" | "invalidParams" | "encoderUnavailable" | "ffmpegNotFound" | "limitExceeded" | "resourceLimit" | "outputExists" | "outputUnwritable" | "diskFull";
  };
  /** End a job; nothing is left at its target. */
  "render.cancel": {
    params: JobId;
    result: Job;
    errors: "jobNotFound" | "jobState";
  };
  /** Stop a job where it stands; the next one gets its place. */
  "render.pause": {
    params: JobId;
    result: Job;
    errors: "jobNotFound" | "jobState";
  };
  /** Let a paused job go on, once its turn comes. */
  "render.resume": {
    params: JobId;
    result: Job;
    errors: "jobNotFound" | "jobState";
  };
  /** Give a job another priority or place in the queue. */
  "render.move": {
    params: JobMove;
    result: Job;
    errors: "jobNotFound" | "jobState";
  };
  /** Remove jobs that have ended from the history. */
  "render.remove": {
    params: JobIds;
    result: Removed;
    errors: "jobState";
  };
  /** Return a job. */
  "render.job": {
    params: JobQuery;
    result: Job;
    errors: "jobNotFound";
  };
  /** List jobs, newest first. */
  "render.jobs": {
    params: JobsQuery;
    result: JobList;
    errors: "jobNotFound";
  };
  /** Say what a render would do, without doing it. */
  "render.plan": {
    params: RenderPlan;
    result: Plan;
    errors: "invalidProject" | "unsupportedSchema" | "projectNotFound" | "projectNotOpen" | "projectConflict" | "permissionDenied" | "nothingToRender" | "invalidParams" | "encoderUnavailable" | "ffmpegNotFound" | "limitExceeded" | "resourceLimit";
  };
  /** List named export settings. */
  "render.presets": {
    params: PresetQuery;
    result: PresetList;
    errors: never;
  };
  /** List what the FFmpeg in use can read, write and filter. */
  "ffmpeg.capabilities": {
    params: Empty;
    result: Capabilities;
    errors: "ffmpegNotFound";
  };
  /** Return the arguments and the graph of a builder without running them. */
  "ffmpeg.command": {
    params: FfmpegCommand;
    result: BuiltCommand;
    errors: "ffmpegNotFound" | "invalidParams" | "mediaNotFound" | "mediaUnreadable" | "mediaUnsupported" | "mediaEncrypted" | "decoderCrashed" | "permissionDenied" | "timeout" | "limitExceeded" | "effectUnknown" | "effectInvalid" | "invalidProject" | "unsupportedSchema" | "projectNotFound" | "projectNotOpen" | "projectConflict" | "nothingToRender" | "notSupported" | "encoderUnavailable" | "resourceLimit";
  };
  /** List the graphics cards. */
  "gpu.list": {
    params: Empty;
    result: GpuList;
    errors: never;
  };
  /** Test every encoder and decoder in hardware, and say what works. */
  "gpu.encoders": {
    params: EncodersQuery;
    result: EncoderList;
    errors: "ffmpegNotFound";
  };
  /** Measure working encoders against those in software. */
  "gpu.benchmark": {
    params: BenchmarkParams;
    result: Benchmark;
    errors: "ffmpegNotFound" | "invalidParams";
  };
  /** Say what the machine, the sidecar, its processes, queues, jobs and caches do now. */
  "metrics.snapshot": {
    params: SnapshotQuery;
    result: MetricsSnapshot;
    errors: "timeout";
  };
  /** Say how operations have gone: counts, errors, durations, and the slowest with their traces. */
  "metrics.operations": {
    params: OperationsQuery;
    result: MetricsOperations;
    errors: "invalidParams" | "timeout";
  };
  /** Say what a number has been, up to a day back, also before the sidecar was started. */
  "metrics.history": {
    params: HistoryQuery;
    result: MetricsHistory;
    errors: "invalidParams";
  };
  /** Write all metrics out as Prometheus reads them. */
  "metrics.prometheus": {
    params: PrometheusQuery;
    result: MetricsPage;
    errors: "timeout";
  };
  /** Return thresholds and rules. */
  "alerts.thresholds": {
    params: Empty;
    result: AlertRules;
    errors: never;
  };
  /** Change thresholds, or the rules of one's own: all of it or nothing. */
  "alerts.setThresholds": {
    params: SetThresholds;
    result: AlertRules;
    errors: "invalidParams" | "diskFull" | "outputUnwritable";
  };
  /** List the alerts that pend or fire. */
  "alerts.active": {
    params: Empty;
    result: ActiveAlerts;
    errors: never;
  };
  /** List alerts that fired, and that ended. */
  "alerts.history": {
    params: AlertHistoryQuery;
    result: AlertHistory;
    errors: never;
  };
  /** Tell nobody of some alerts for a while; they are still seen by who asks, and remembered. */
  "alerts.silence": {
    params: SilenceAlerts;
    result: Silence;
    errors: "invalidParams" | "resourceLimit" | "diskFull" | "outputUnwritable";
  };
  /** End a silence before its time. */
  "alerts.unsilence": {
    params: Unsilence;
    result: Nothing;
    errors: "invalidParams" | "diskFull" | "outputUnwritable";
  };
  /** List the silences that hold. */
  "alerts.silences": {
    params: Empty;
    result: Silences;
    errors: never;
  };
  /** List the effects of the picture and of the sound, with their parameters. */
  "effects.list": {
    params: EffectQuery;
    result: EffectList;
    errors: never;
  };
  /** List the transitions between clips of video tracks. */
  "transitions.list": {
    params: Empty;
    result: TransitionList;
    errors: never;
  };
  /** List the named styles of text. */
  "styles.list": {
    params: Empty;
    result: StyleList;
    errors: never;
  };
  /** List the named graphics and their fields. */
  "titles.list": {
    params: Empty;
    result: TitleList;
    errors: never;
  };
  /** List the built-in layouts, which projects use without holding them. */
  "layouts.list": {
    params: Empty;
    result: LayoutList;
    errors: never;
  };
}

/** Every topic of events, and what it carries. */
export interface Topics {
  "render.progress": RenderProgress;
  "render.state": RenderStateChanged;
  "render.segments": SegmentsChanged;
  "project.changed": ProjectChanged;
  "media.changed": MediaChanged;
  "cache.changed": CacheChanged;
  "play.state": PlayState;
  "metrics": MetricsSnapshot;
  "alerts": AlertEvent;
  "settings.changed": SettingsChanged;
  "log": LogLine;
  "system": SystemState;
}

/** What each kind of error carries. */
export interface ErrorContexts {
  /** The connection has as many requests in flight as it may have. */
  busy: { limit: number; inFlight: number };
  /** Cancelled by the client, or superseded. */
  cancelled: { reason: string };
  /** Raised by clients for calls that were waiting when the sidecar went away. */
  connectionLost: { detail: string };
  /** A worker process died on this file; the sidecar goes on. */
  decoderCrashed: { path: string; signal: number | null };
  /** Something that has to be installed is not there. */
  dependencyMissing: { name: string; detail: string };
  /** A write met the end of the disk. */
  diskFull: { path: string; free: number | null; needed: number | null };
  /** An effect with parameters it cannot have. */
  effectInvalid: { type: string; detail: string; pointer: string };
  /** The catalogue does not hold it. */
  effectUnknown: { type: string; nearest: string | null };
  /** This FFmpeg, or this machine, cannot encode so. */
  encoderUnavailable: { encoder: string; detail: string; nearest: string | null };
  /** FFmpeg died of a signal that the sidecar did not send. */
  ffmpegCrashed: { signal: number; stderr: Array<string> };
  /** FFmpeg refused or gave up; `stderr` holds its last lines. */
  ffmpegFailed: { exitCode: number; detail: string; stderr: Array<string> };
  /** None found, or older than the oldest that is accepted. */
  ffmpegNotFound: { detail: string; tried: Array<string> };
  /** A fault of ours. */
  internal: {};
  /** Params of the wrong shape; `path` is a JSON Pointer into them. */
  invalidParams: { detail: string; path: string };
  /**
   * Text that is not a project, or a project with errors where a valid one is needed.
   *
   * `problems` are those of validation, at most 500.
   */
  invalidProject: { detail: string; problems: Array<Record<string, unknown>> };
  /** JSON, but not a request, a notification or a batch of them. */
  invalidRequest: { detail: string };
  /** No job has this id. */
  jobNotFound: { jobId: string };
  /** The job is in a state in which this cannot be done. */
  jobState: { jobId: string; state: string };
  /** A stated limit is passed. */
  limitExceeded: { what: string; value: number; limit: number; pointer: string };
  /** The samples cannot be read without a key. */
  mediaEncrypted: { path: string };
  /** The path is not there, or is not a regular file. */
  mediaNotFound: { path: string };
  /** Damaged, empty, or not media at all. */
  mediaUnreadable: { path: string; detail: string };
  /** Readable, but of a kind that is refused or cannot be decoded here. */
  mediaUnsupported: { path: string; detail: string };
  /**
   * Files were to be joined without encoding any picture.
   *
   * `rule` is one of the reasons that a plan gives in `notCopied`; where it is "keyframes", copies can begin and end at
   * the frames `nearest`.
   */
  notCopyable: { path: string; input: number; rule: string; detail: string; nearest: Array<number> };
  /** Only initialize, rpc.discover and exit are served before initialize. */
  notInitialized: { method: string };
  /** Known, and not built. */
  notSupported: { what: string; nearest: string | null };
  /** The project has no duration. */
  nothingToRender: {};
  /** The target is there and overwrite was not asked for. */
  outputExists: { path: string };
  /** The folder is missing or refuses to be written. */
  outputUnwritable: { path: string; detail: string };
  /** The path lies outside the connection's roots, or the system refuses it. */
  permissionDenied: { path: string; access: string };
  /** The caller's picture of the project is not the current one, or closing would lose edits. */
  projectConflict: { detail: string; projectId: string | null; baseRevision: number | null; currentRevision: number | null; unsaved: boolean; path: string | null; expected: string | null; actual: string | null };
  /** The file is not there. */
  projectNotFound: { path: string };
  /** No open project has this id. */
  projectNotOpen: { projectId: string };
  /** What was written is not what was planned. */
  renderFailed: { detail: string };
  /** More than one process may be given. */
  resourceLimit: { what: string; value: number; limit: number };
  /** A setting has a value that it cannot have. */
  settingsInvalid: { key: string; detail: string };
  /** After shutdown only exit is served. */
  shuttingDown: {};
  /** The fingerprint at the end is not that of the plan. */
  sourceChanged: { path: string; expected: string; actual: string | null };
  /** A child was ended by the watchdog. */
  stalled: { what: string; seconds: number };
  /** An operation passed its time limit. */
  timeout: { operation: string; seconds: number };
  /** The client speaks another version of the wire. */
  unsupportedProtocol: { wanted: number; served: Array<number> };
  /** Written by a newer version; the file is untouched. */
  unsupportedSchema: { needed: string; known: string; unknownMembers: Array<string> };
}

/** Codes by kind; they never change. */
export const ERROR_CODES = {
  busy: -32009,
  cancelled: -32800,
  connectionLost: 1008,
  decoderCrashed: 1206,
  dependencyMissing: 1006,
  diskFull: 1501,
  effectInvalid: 1109,
  effectUnknown: 1108,
  encoderUnavailable: 1305,
  ffmpegCrashed: 1303,
  ffmpegFailed: 1302,
  ffmpegNotFound: 1301,
  internal: -32603,
  invalidParams: -32602,
  invalidProject: 1101,
  invalidRequest: -32600,
  jobNotFound: 1402,
  jobState: 1403,
  limitExceeded: 1107,
  mediaEncrypted: 1204,
  mediaNotFound: 1201,
  mediaUnreadable: 1202,
  mediaUnsupported: 1203,
  notCopyable: 1207,
  notInitialized: -32002,
  notSupported: 1005,
  nothingToRender: 1106,
  outputExists: 1404,
  outputUnwritable: 1405,
  permissionDenied: 1004,
  projectConflict: 1104,
  projectNotFound: 1102,
  projectNotOpen: 1105,
  renderFailed: 1401,
  resourceLimit: 1502,
  settingsInvalid: 1007,
  shuttingDown: 1002,
  sourceChanged: 1205,
  stalled: 1304,
  timeout: 1003,
  unsupportedProtocol: 1001,
  unsupportedSchema: 1103,
} as const satisfies Record<keyof ErrorContexts, number>;

/** Kinds that any method may answer, beside its own. */
export type CommonErrorKind = "invalidParams" | "internal" | "notInitialized" | "shuttingDown" | "busy" | "cancelled";

/** A kind of error: the tag that `data` is narrowed by. */
export type ErrorKind = keyof ErrorContexts;

/** What every error of the sidecar carries, discriminated by `kind`. */
export type ErrorData<K extends ErrorKind = ErrorKind> = {
  [Kind in K]: {
    kind: Kind;
    context: ErrorContexts[Kind];
    causes: Cause[];
    suggestion: string | null;
    retryable: boolean;
    traceId: string;
  };
}[K];

/** An error that the sidecar answered, or the loss of the connection to it. */
export class RpcError<K extends ErrorKind = ErrorKind> extends Error {
  override readonly name = "RpcError";
  readonly code: number;
  readonly data: ErrorData<K>;

  constructor(code: number, message: string, data: ErrorData<K>) {
    super(message);
    this.code = code;
    this.data = data;
  }
}

/** Whether something caught is an error of the sidecar, of one kind if named; narrows `data.context`. */
export function isRpcError(caught: unknown): caught is RpcError;
export function isRpcError<K extends ErrorKind>(caught: unknown, kind: K): caught is RpcError<K>;
export function isRpcError(caught: unknown, kind?: ErrorKind): boolean {
  return caught instanceof RpcError && (kind === undefined || caught.data.kind === kind);
}

/** Carries messages, one JSON text each, in order and both ways. */
export interface Transport {
  /** Send one message. */
  send(message: string): void;
  /** Call `message` for each that arrives and `closed` once, when no more can; called by the client, once. */
  start(handlers: { message: (text: string) => void; closed: (reason: string) => void }): void;
  /** Close for good. */
  close(): void;
}

/** Values that arrive while a request is under way; set `onmessage`, pass it as `onProgress`. */
export class Channel<T> {
  onmessage: (message: T) => void;

  constructor(onmessage: (message: T) => void = () => {}) {
    this.onmessage = onmessage;
  }
}

export interface InvokeOptions {
  /** Aborting it cancels the request; the promise then rejects with kind `cancelled`, unless the result came first. */
  signal?: AbortSignal;
  /** Hears of progress, at most 20 times a second. */
  onProgress?: Channel<Progress> | ((value: Progress) => void);
}

export interface Event<T extends keyof Topics> {
  event: T;
  /** Counts events of this `listen` from 1. */
  id: number;
  payload: Topics[T];
}

export type EventCallback<T extends keyof Topics> = (event: Event<T>) => void;
export type UnlistenFn = () => void;

export interface ListenOptions {
  /** Only events of this project. */
  projectId?: string;
  /** Only events of this job. */
  jobId?: string;
}

interface Pending {
  settle: (message: Answer) => void;
  reject: (error: unknown) => void;
}

interface Answer {
  id: number;
  result?: unknown;
  error?: { code: number; message: string; data?: ErrorData };
}

interface Notice {
  method: string;
  params: { token?: number; value?: Progress; subscription?: string; topic?: string; seq?: number; payload?: unknown };
}

/** One connection. Methods that take long are cancelled by `signal`; losing the connection rejects all that wait. */
export class Client {
  #transport: Transport;
  #next = 0;
  #lost: string | null = null;
  #pending = new Map<number, Pending>();
  #progress = new Map<number, (value: Progress) => void>();
  #listeners = new Map<string, (seq: number, payload: unknown) => void>();
  #subscribing = 0;
  #early: Notice["params"][] = [];

  constructor(transport: Transport) {
    this.#transport = transport;
    transport.start({ message: (text) => this.#receive(text), closed: (reason) => this.#lose(reason) });
  }

  /** Call a method. Rejects with `RpcError`; `data.kind` is one of `Methods[M]["errors"]` or `CommonErrorKind`. */
  invoke<M extends keyof Methods>(
    method: M,
    ...[params, options]: {} extends Methods[M]["params"]
      ? [params?: Methods[M]["params"], options?: InvokeOptions]
      : [params: Methods[M]["params"], options?: InvokeOptions]
  ): Promise<Methods[M]["result"]> {
    return this.#request(method, { ...params }, options ?? {}, (result) => result as Methods[M]["result"]);
  }

  /** Hear of a topic until the returned function is called. What a topic already has to say comes as the first event. */
  async listen<T extends keyof Topics>(topic: T, handler: EventCallback<T>, options: ListenOptions = {}): Promise<UnlistenFn> {
    let count = 0;
    let stopped = false;
    let current = "";
    const emit = (payload: unknown): void => {
      if (!stopped) handler({ event: topic, id: ++count, payload: payload as Topics[T] });
    };
    const subscribe = async (): Promise<void> => {
      this.#subscribing++;
      try {
        await this.#request("events.subscribe", { topics: [topic], ...options }, {}, (result) => {
          const { subscription, seq, snapshots } = result as Subscribed;
          let last = seq;
          current = subscription;
          this.#listeners.set(subscription, (at, payload) => {
            const gap = at > last + 1;
            last = at;
            emit(payload);
            if (gap) void renew(subscription);
          });
          if (snapshots[topic] != null) emit(snapshots[topic]);
          this.#deliverEarly(subscription);
          if (stopped) this.#unsubscribe(subscription);
        });
      } finally {
        if (--this.#subscribing === 0) this.#early = [];
      }
    };
    const renew = async (subscription: string): Promise<void> => {
      this.#unsubscribe(subscription);
      if (!stopped) await subscribe().catch(() => {});
    };
    await subscribe();
    return () => {
      if (stopped) return;
      stopped = true;
      this.#unsubscribe(current);
    };
  }

  /** Hear of one event of a topic. */
  async once<T extends keyof Topics>(topic: T, handler: EventCallback<T>, options: ListenOptions = {}): Promise<UnlistenFn> {
    let done = false;
    let stop: UnlistenFn = () => {};
    stop = await this.listen(
      topic,
      (event) => {
        if (done) return;
        done = true;
        stop();
        handler(event);
      },
      options,
    );
    if (done) stop();
    return stop;
  }

  /** Close the connection; whatever still waits is rejected with kind `connectionLost`. */
  close(): void {
    this.#transport.close();
    this.#lose("closed by the client");
  }

  #request<R>(method: string, params: object, options: InvokeOptions, read: (result: unknown) => R): Promise<R> {
    const id = this.#next++;
    const { signal, onProgress } = options;
    return new Promise<R>((resolve, reject) => {
      if (this.#lost !== null) return reject(connectionLost(this.#lost));
      if (signal?.aborted) return reject(cancelled());
      const cancel = (): void => this.#send({ method: "$/cancelRequest", params: { id } });
      const end = (): void => {
        this.#pending.delete(id);
        this.#progress.delete(id);
        signal?.removeEventListener("abort", cancel);
      };
      this.#pending.set(id, {
        settle: (answer) => {
          end();
          if (answer.error) reject(asError(answer.error));
          else resolve(read(answer.result));
        },
        reject: (error) => {
          end();
          reject(error);
        },
      });
      if (onProgress) this.#progress.set(id, (value) => (onProgress instanceof Channel ? onProgress.onmessage(value) : onProgress(value)));
      signal?.addEventListener("abort", cancel);
      this.#send({ id, method, params: onProgress ? { ...params, progressToken: id } : params });
    });
  }

  #send(message: object): void {
    this.#transport.send(JSON.stringify({ jsonrpc: "2.0", ...message }));
  }

  #unsubscribe(subscription: string): void {
    this.#listeners.delete(subscription);
    if (this.#lost === null) this.#request("events.unsubscribe", { subscription }, {}, () => {}).catch(() => {});
  }

  #receive(text: string): void {
    const message = JSON.parse(text) as Answer | Notice;
    if ("method" in message) this.#notice(message);
    else this.#pending.get(message.id)?.settle(message);
  }

  #notice({ method, params }: Notice): void {
    if (method === "$/progress" && params.token !== undefined && params.value) this.#progress.get(params.token)?.(params.value);
    if (method !== "$/event" || params.subscription === undefined || params.seq === undefined) return;
    const listener = this.#listeners.get(params.subscription);
    if (listener) listener(params.seq, params.payload);
    else if (this.#subscribing > 0) this.#early.push(params);
  }

  /** Events may overtake the answer that names their subscription. */
  #deliverEarly(subscription: string): void {
    const early = this.#early.filter((params) => params.subscription === subscription);
    this.#early = this.#early.filter((params) => params.subscription !== subscription);
    for (const params of early) this.#listeners.get(subscription)?.(params.seq ?? 0, params.payload);
  }

  #lose(reason: string): void {
    if (this.#lost !== null) return;
    this.#lost = reason;
    this.#listeners.clear();
    for (const pending of [...this.#pending.values()]) pending.reject(connectionLost(reason));
  }
}

/** Initialize a connection over a transport and return the client with what the sidecar said of itself. */
export async function connect(transport: Transport, params: Omit<Initialize, "protocol">): Promise<{ client: Client; initialized: Initialized }> {
  const client = new Client(transport);
  const initialized = await client.invoke("initialize", { protocol: PROTOCOL, schemaHash: SCHEMA_HASH, ...params });
  return { client, initialized };
}

function asError(error: { code: number; message: string; data?: ErrorData }): RpcError {
  return new RpcError(error.code, error.message, error.data ?? data("internal", {}));
}

function connectionLost(detail: string): RpcError<"connectionLost"> {
  return new RpcError(ERROR_CODES.connectionLost, `The connection to the sidecar is lost: ${detail}`, data("connectionLost", { detail }, true));
}

function cancelled(): RpcError<"cancelled"> {
  return new RpcError(ERROR_CODES.cancelled, "Cancelled", data("cancelled", { reason: "requested" }, true));
}

function data<K extends ErrorKind>(kind: K, context: ErrorContexts[K], retryable = false): ErrorData<K> {
  return { kind, context, causes: [], suggestion: null, retryable, traceId: "" } as ErrorData<K>;
}
