import { expect, organizations, people, test } from "../fixtures.ts";
import { Dashboard } from "../page-objects/dashboard.ts";
import { hydrated } from "../support/hydration.ts";

test.describe("The dashboard", () => {
  test("greets person and organization and explains their roles and permissions", async ({ page, signIn, emulator }) => {
    await emulator.tamper({ token: "access", claims: { organization_name: organizations.analytical.name } });
    await signIn(page, people.charles, "/dashboard");
    const dashboard = new Dashboard(page);
    await expect(dashboard.greeting).toContainText("Charles");
    await expect(page.getByRole("main")).toContainText(organizations.analytical.name);
    await expect(dashboard.roles).toContainText("member");
    await expect(dashboard.roles).toContainText("Uses the product as part of the organization.");
    for (const permission of ["projects:read", "projects:write", "members:read"]) {
      await expect(dashboard.permissions).toContainText(permission);
    }
    await expect(dashboard.permissions).toContainText("May read projects.");
    await expect(dashboard.permissions).not.toContainText("billing:read");
  });

  test("counts down to the access token's end", async ({ page, signIn }) => {
    await signIn(page, people.ada, "/dashboard");
    const { countdown } = new Dashboard(page);
    await hydrated(page);
    const first = await countdown.textContent();
    await expect(countdown).not.toHaveText(first ?? "");
  });

  test("ticks the next steps that this process's settings show as done", async ({ page, signIn }) => {
    await signIn(page, people.ada, "/dashboard");
    const { nextSteps } = new Dashboard(page);
    const step = (title: string) => nextSteps.getByRole("listitem").filter({ hasText: title });
    // The tests name a Scalekit environment and a database file, but serve plain http.
    await expect(step("Connect your Scalekit environment")).toContainText("Done");
    await expect(step("Keep sessions across restarts")).toContainText("Done");
    await expect(step("Serve it over https")).not.toContainText("Done");
  });

  test("shows changed roles from the next refresh on, without a new sign-in", async ({ page, signIn, emulator }) => {
    await emulator.change({ access_token_lifetime: 3 });
    await signIn(page, people.charles, "/dashboard");
    await expect(new Dashboard(page).roles).toContainText("member");
    await emulator.setRoles(people.charles.id, organizations.analytical.id, ["admin"]);
    const before = await emulator.refreshes();
    await expect.poll(() => emulator.refreshes(), { timeout: 10_000 }).toBeGreaterThan(before);
    await page.reload();
    await expect(new Dashboard(page).roles).toContainText("admin");
    await expect(new Dashboard(page).permissions).toContainText("members:manage");
  });
});
