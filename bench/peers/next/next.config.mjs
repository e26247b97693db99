// What for: the settings of the Next.js peer of `make bench`: as `create-next-app` leaves them, with this folder as the root,
// since a lock file further up would be taken for the application's.

/** @type {import("next").NextConfig} */
export default {
  turbopack: { root: import.meta.dirname },
  outputFileTracingRoot: import.meta.dirname,
};
