// What for: answers when the Next.js peer is ready.

export const dynamic = "force-dynamic";

export const GET = () => new Response("ok");
