// On the "temporarily unavailable" document: goes on once the server answers, and changes nothing until then.
(() => {
  const { seconds, path } = document.currentScript.dataset;
  const attempt = async () => {
    try {
      const answer = await fetch(path, { method: "HEAD", redirect: "manual", cache: "no-store" });
      if (answer.type === "opaqueredirect" || answer.status < 500) return location.replace(path);
    } catch {
      // No answer at all: still unavailable.
    }
    setTimeout(attempt, Math.max(1, Number(seconds)) * 1000);
  };
  setTimeout(attempt, Math.max(1, Number(seconds)) * 1000);
})();
