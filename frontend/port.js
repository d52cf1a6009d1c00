// The page's end of the port: run by the shell in every document of its window, before the document's own scripts.
// It gives `window.pywebview.api` its two functions, which pywebview would make by eval: the policy of the page has none.
(() => {
  const document = crypto.getRandomValues(new Uint32Array(4)).join("-");
  const calls = new Map();
  let early = [];
  let called = 0;

  const deliver = (port, entry) => {
    const inbox = window.__sidecar;
    if (typeof entry === "string") inbox.receive([entry]);
    else if ("event" in entry) {
      inbox.host(entry.event, entry.payload);
      port.heard(document, entry.event);
    } else {
      const waiting = calls.get(entry.call);
      calls.delete(entry.call);
      if (entry.error === undefined) waiting?.resolve(entry.result);
      else waiting?.reject(Object.assign(new Error(entry.error.message), { code: entry.error.code, data: entry.error.data }));
    }
  };

  // Texts that follow each other are handed over together; what comes before the page listens waits until it does.
  const flush = (port) => {
    while (early.length > 0 && (window.__sidecar || early[0].call !== undefined)) {
      const texts = early.findIndex((entry) => typeof entry !== "string");
      const count = texts === -1 ? early.length : texts;
      try {
        if (count > 0) window.__sidecar.receive(early.splice(0, count));
        else deliver(port, early.shift());
      } catch (error) {
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  };

  window.addEventListener(
    "pywebviewready",
    () => {
      const port = window.pywebview._QWebChannel.objects.port;
      port.batch.connect((to, batch) => {
        if (to !== document) return;
        early = early.concat(JSON.parse(batch));
        flush(port);
      });
      window.pywebview.api.send = (text) => {
        port.send(document, text);
        flush(port);
        return Promise.resolve(null);
      };
      window.pywebview.api.host = (method, params = {}) =>
        new Promise((resolve, reject) => {
          calls.set(++called, { resolve, reject });
          port.call(document, called, method, JSON.stringify(params));
          flush(port);
        });
      port.hello(document);
    },
    { once: true },
  );
})();
