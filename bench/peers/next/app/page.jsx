// What for: the start of the Next.js peer, for whoever opens it by hand.

import Link from "next/link";

export default function Page() {
  return (
    <main id="main">
      <h1>Next.js and Scalekit</h1>
      <p><a href="/auth/login">Sign in</a> <Link href="/logged-out">Signed out</Link></p>
    </main>
  );
}
