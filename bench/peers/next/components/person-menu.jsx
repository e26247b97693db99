// What for: who is signed in, and a button to sign out that asks first.
"use client";

import { useState } from "react";

export function PersonMenu({ name, email }) {
  const [asks, setAsks] = useState(false);
  return (
    <div className="person">
      <p>{name} <span>{email}</span></p>
      {asks ? (
        <form method="post" action="/auth/logout">
          <p>Sign out?</p>
          <button>Sign out</button>
          <button type="button" onClick={() => setAsks(false)}>Stay</button>
        </form>
      ) : (
        <button type="button" id="sign-out" onClick={() => setAsks(true)}>Sign out</button>
      )}
    </div>
  );
}
