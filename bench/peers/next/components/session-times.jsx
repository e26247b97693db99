// What for: when the session began and how long the access token lasts, counted down in the browser.
"use client";

import { useEffect, useState } from "react";

const time = (seconds) => new Date(seconds * 1000).toISOString().slice(0, 16).replace("T", " ") + " UTC";

export function SessionTimes({ began, expires }) {
  const [left, setLeft] = useState();
  useEffect(() => {
    const count = () => setLeft(Math.max(0, Math.round(expires - Date.now() / 1000)));
    count();
    const timer = setInterval(count, 1000);
    return () => clearInterval(timer);
  }, [expires]);
  return (
    <dl>
      <dt>Signed in</dt>
      <dd><time>{time(began)}</time></dd>
      <dt>Next refresh</dt>
      <dd><time>{time(expires)}</time> {left !== undefined && <span>{left} s left</span>}</dd>
    </dl>
  );
}
