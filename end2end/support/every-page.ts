// Every page there is, with the way to it: for what must hold on all of them, and for the screenshots.

import type { Page } from "@playwright/test";
import { people, type Person } from "./emulator.ts";
import { Hosted } from "../page-objects/hosted.ts";
import { Sessions } from "../page-objects/sessions.ts";

export interface Visit {
  page: Page;
  signIn: (page: Page, person?: Person, returnTo?: string) => Promise<void>;
  /** Ada signs in on another device. */
  signInOnPhone: () => Promise<Page>;
  /** Ada signs in to another application. */
  signInElsewhere: () => Promise<void>;
}

export interface EveryPage {
  /** Also the file name of its screenshots. */
  name: string;
  /** Whether the application serves it; the others are the emulator's. */
  ours: boolean;
  /** The page's own status, if it is an error page. */
  status?: { status: number; path: RegExp };
  /** Whether it has islands for the browser to take over. */
  hydrates: boolean;
  open: (visit: Visit) => Promise<void>;
}

const at = (path: string) => async ({ page }: Visit) => {
  await page.goto(path);
};

const signedInAt = (path: string, person: Person = people.ada) => async ({ page, signIn }: Visit) => {
  await signIn(page, person, path);
};

export const everyPage: EveryPage[] = [
  { name: "landing", ours: true, hydrates: false, open: at("/") },
  { name: "landing-signed-in", ours: true, hydrates: true, open: async (visit) => {
    await signedInAt("/dashboard")(visit);
    await visit.page.goto("/");
  } },
  { name: "login", ours: true, hydrates: true, open: at("/login?return_to=/dashboard") },
  { name: "login-session-ended", ours: true, hydrates: true, open: at("/login?return_to=/dashboard&reason=expired") },
  { name: "logged-out", ours: true, hydrates: false, open: at("/logged-out") },
  { name: "callback-refused", ours: true, hydrates: false, status: { status: 400, path: /^\/auth\/callback/ }, open: at("/auth/callback?code=abc&state=abc") },
  { name: "callback-cancelled", ours: true, hydrates: false, status: { status: 400, path: /^\/auth\/callback/ }, open: async ({ page }) => {
    await page.goto("/auth/login");
    await new Hosted(page).cancel.click();
    await page.waitForURL("**/auth/callback?*");
  } },
  { name: "not-found", ours: true, hydrates: false, status: { status: 404, path: /^\/no\/such\/page/ }, open: at("/no/such/page") },
  { name: "dashboard", ours: true, hydrates: true, open: signedInAt("/dashboard") },
  { name: "dashboard-member", ours: true, hydrates: true, open: signedInAt("/dashboard", people.charles) },
  { name: "profile", ours: true, hydrates: true, open: signedInAt("/dashboard/profile") },
  { name: "profile-initials", ours: true, hydrates: true, open: signedInAt("/dashboard/profile", people.alan) },
  { name: "sessions", ours: true, hydrates: true, open: async (visit) => {
    await visit.signInOnPhone();
    await visit.signInElsewhere();
    await signedInAt("/dashboard/sessions")(visit);
  } },
  { name: "sessions-only-this", ours: true, hydrates: true, open: signedInAt("/dashboard/sessions", people.charles) },
  { name: "sessions-question", ours: true, hydrates: true, open: async (visit) => {
    await visit.signInOnPhone();
    await signedInAt("/dashboard/sessions")(visit);
    await new Sessions(visit.page).endOthers.click();
    await new Sessions(visit.page).question.waitFor();
  } },
  { name: "sign-out-question", ours: true, hydrates: false, open: async (visit) => {
    await signedInAt("/dashboard")(visit);
    await visit.page.goto("/logout");
  } },
  { name: "sign-in-question", ours: true, hydrates: false, open: async (visit) => {
    await signedInAt("/dashboard")(visit);
    // A link that chooses for the person, as a mail may hold.
    await visit.page.goto(`/auth/login?login_hint=${people.charles.email}`);
  } },
  { name: "link-refused", ours: true, hydrates: false, status: { status: 400, path: /^\/auth\/login/ }, open: at("/auth/login?error=access_denied") },
  { name: "on-the-way", ours: true, hydrates: false, open: async ({ page }) => {
    // The provider answers nothing, so that the page stays.
    await page.route("**/oauth/authorize?*", (route) => route.fulfill({ status: 204 }));
    await page.goto("/auth/login?by=form");
    await page.getByRole("link").first().waitFor();
  } },
  { name: "emulator-sign-in", ours: false, hydrates: false, open: at("/auth/login") },
  { name: "emulator-sign-up", ours: false, hydrates: false, open: at("/auth/login?prompt=create") },
  { name: "emulator-code", ours: false, hydrates: false, open: async ({ page }) => {
    await page.goto("/auth/login");
    const hosted = new Hosted(page);
    await hosted.email.fill(people.charles.email);
    await hosted.continue.click();
    await hosted.code.waitFor();
  } },
  { name: "emulator-organizations", ours: false, hydrates: false, open: async ({ page }) => {
    await page.goto("/auth/login?prompt=select_account");
    await new Hosted(page).signInAs(people.grace);
    await page.waitForURL("**/organization");
  } },
  { name: "emulator-single-sign-on", ours: false, hydrates: false, open: at(`/auth/login?login_hint=${people.katherine.email}`) },
  { name: "emulator-social", ours: false, hydrates: false, open: at("/auth/login?provider=google") },
];
