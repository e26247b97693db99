// What for: a page of the Next.js peer with nothing interactive.

export default function Page() {
  return <main id="main"><h1>You are signed out</h1><p><a href="/auth/login">Sign in again</a></p></main>;
}
