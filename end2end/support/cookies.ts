// How the application's cookies are named over http. Not here: what they hold.

/** Cookies know no ports: the name carries the project and the application's port. */
export const sessionName = (appUrl: string): string => `session.leptos-scalekit.${new URL(appUrl).port}`;

/** Whether it is an application's session. */
export const isSession = ({ name }: { name: string }): boolean => name.startsWith("session.leptos-scalekit.");
