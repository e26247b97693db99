// What for: what the Next.js peer answers where there is nothing.

export default function NotFound() {
  return <main id="main"><h1>There is no such page</h1><p><a href="/">To the start</a></p></main>;
}
