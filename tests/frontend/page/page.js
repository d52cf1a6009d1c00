// Tries the bridge in the shell's window, and leaves what it found as the remembered value "report".
const pending = new Map();
const strangers = [];
const answered = [];
const happened = [];
const listeners = new Map();
let next = 0;
let api;

window.__sidecar = {
  receive(texts) {
    for (const text of texts) {
      const message = JSON.parse(text);
      const waiting = pending.get(message.id);
      if (!waiting) {
        strangers.push(text.slice(0, 200));
        continue;
      }
      pending.delete(message.id);
      answered.push(message.id);
      if (message.error) waiting.reject(message.error);
      else waiting.resolve(message.result);
    }
  },
  host(event, payload) {
    happened.push([event, payload]);
    listeners.get(event)?.(payload);
  },
};

const heard = (event) => new Promise((resolve) => listeners.set(event, resolve));

function call(method, params = {}) {
  const id = next++;
  const answer = new Promise((resolve, reject) => pending.set(id, { resolve, reject }));
  api.send(JSON.stringify({ jsonrpc: "2.0", id, method, params }));
  return answer;
}

const kind = (promise) => promise.then(() => "none", (error) => error.data.kind);
const opened = () => call("initialize", { protocol: 1 });
const report = (value) => api.host("state.set", { key: "report", value });

async function trips(count, method = "system.info") {
  const taken = [];
  for (let n = 0; n < count; n++) {
    const began = performance.now();
    await call(method, method === "system.info" ? { n } : {});
    taken.push(performance.now() - began);
  }
  taken.sort((a, b) => a - b);
  return { p50: taken[count >> 1], p95: taken[Math.floor(count * 0.95)] };
}

async function ordered(count) {
  answered.length = 0;
  const began = performance.now();
  const answers = await Promise.all(Array.from({ length: count }, (_, n) => call("system.info", { n, count: true })));
  const first = answers[0].count;
  return {
    heard: answers.every(({ n, count }, index) => n === index && count === first + index),
    answered: answered.every((id, index) => index === 0 || id === answered[index - 1] + 1),
    milliseconds: performance.now() - began,
  };
}

async function echoed(text) {
  const began = performance.now();
  const same = (await call("system.info", { text })).text === text;
  return { same, milliseconds: performance.now() - began };
}

async function first() {
  const found = { phase: 1 };
  try {
    found.eval = (0, eval)("1 + 1");
  } catch (error) {
    found.eval = error.name;
  }
  const { external } = window.pywebview._QWebChannel.objects;
  found.external = [typeof external, typeof external?.call];
  found.token = (await opened()).http.token;
  await trips(50);
  found.trips = await trips(1_000);
  found.order = await ordered(10_000);
  found.large = [await echoed("x".repeat(2 ** 20)), await echoed("é\"\\".repeat(2 ** 18))];
  found.unicode = await echoed("\u2028\u2029\u0000\u001f\"'\\</script>😀é\ufeff\uffff" + "\u{10ffff}");
  found.denied = [await kind(call("ffmpeg.command")), await kind(call("media.probe", { path: "/etc/passwd" }))];
  found.host = await kind(api.host("no.such"));
  found.opened = window.open("http://127.0.0.1:1/elsewhere") === null;
  const [file] = await api.host("dialog.open", { kinds: ["media"], multiple: true });
  found.chosen = [file, await kind(call("media.probe", { path: file }))];
  for (let n = 0; n < 1_000; n++) await api.host("window.title", { text: `${n}` });
  const dropping = heard("drop");
  await api.host("window.title", { text: "drop" });
  const { paths } = await dropping;
  found.dropped = [paths, await kind(call("media.probe", { path: paths[0] }))];
  await call("events.subscribe", { topics: ["log"] });
  void call("system.info", { hold: true });
  location.href = "http://127.0.0.1:1/elsewhere";
  await trips(20);
  found.here = location.pathname;
  sessionStorage.setItem("found", JSON.stringify(found));
  location.reload();
}

async function second(found) {
  found.phase = 2;
  await opened();
  await call("system.health");
  found.after = (await call("system.info", { n: 5 })).n;
  found.heard = await call("metrics.snapshot");
  found.strangers = strangers;
  const asked = heard("close.asked");
  await api.host("window.title", { text: "close", dirty: true });
  await asked;
  found.asked = true;
  await report(found);
  await api.host("window.close");
}

// With a real sidecar: one call waits for long while the sidecar is killed.
async function life(path) {
  const began = await opened();
  const slow = call("media.probe", { path, index: "full", timeoutMs: 600_000 });
  const back = heard("sidecar");
  await report({ phase: "waiting", pid: began.server.pid, born: performance.timeOrigin });
  const lost = await kind(slow);
  const told = await back;
  const refused = await kind(call("system.info"));
  const again = await opened();
  await report({ phase: "back", lost, told, refused, pid: again.server.pid, info: (await call("system.info")).pid, happened });
}

// With a real sidecar, for the benchmarks.
async function figures() {
  await opened();
  await report({ phase: "usable" });
  await trips(100, "render.jobs");
  await report({ phase: "measured", ...(await trips(1000, "render.jobs")) });
}

addEventListener("pywebviewready", async () => {
  api = window.pywebview.api;
  try {
    const { path } = await api.host("shell.arguments");
    const found = sessionStorage.getItem("found");
    await (path?.endsWith("figures") ? figures() : path ? life(path) : found ? second(JSON.parse(found)) : first());
  } catch (error) {
    await report({ phase: "failed", error: String(error?.message ?? JSON.stringify(error)), stack: error?.stack });
    await api.host("window.close");
  }
});
