// On the documents "temporarily unavailable" and "too many requests": goes on once the server answers, and changes nothing until then.
// Not all at one moment: hundreds may have been told the same time.
(() => {
  const { seconds, path } = document.currentScript.dataset;
  const again = () => setTimeout(attempt, Math.max(1, Number(seconds)) * (1 + Math.random() / 2) * 1000);
  const attempt = async () => {
    try {
      const answer = await fetch(path, { method: "HEAD", redirect: "manual", cache: "no-store" });
      if (answer.type === "opaqueredirect" || answer.status < 500) return location.replace(path);
    } catch {
      // No answer at all: still unavailable.
    }
    again();
  };
  again();
})();
