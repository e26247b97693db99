// Everything a browser complains about: console errors and warnings, uncaught errors, failed requests, violations of the content
// security policy.
// A test fails at its end if there was any that it did not announce.

import { type BrowserContext, expect } from "@playwright/test";

/** A page or file that is answered with this status; the browser reports it on its console. */
interface ExpectedStatus {
  status: number;
  path: RegExp;
}

declare global {
  interface Window {
    reportViolation?: (directive: string, where: string) => void;
  }
}

export class Trouble {
  private readonly found: string[] = [];
  private readonly violations: { directive: string; where: string }[] = [];
  private readonly announced = new Set<string>();
  private readonly expected: ExpectedStatus[] = [];
  private applicationMayFail = false;

  /** Listens to a context; to be called before its first page opens. */
  async watch(context: BrowserContext, { scripts }: { scripts: boolean }): Promise<void> {
    await context.exposeFunction("reportViolation", (directive: string, where: string) => this.violations.push({ directive, where }));
    await context.addInitScript(() => {
      addEventListener("securitypolicyviolation", ({ effectiveDirective, blockedURI, documentURI }) => {
        window.reportViolation?.(effectiveDirective, `${blockedURI} on ${documentURI}`);
      });
    });
    // Where scripts are off, the browser refuses and reports what was only meant for them.
    const forScripts = (text: string, url: string): boolean => !scripts && /^csp$|was preloaded using link preload but not used/.test(text) && /\.(js|wasm)$/.test(url);
    context.on("console", (message) => {
      if (message.type() !== "error" && message.type() !== "warning") return;
      if (this.announced.size > 0 && message.text().includes("Content Security Policy")) return;
      const { url } = message.location();
      if (this.applicationMayFail && /\.wasm|\/pkg\//.test(`${url} ${message.text()}`)) return;
      const preloaded = /^The resource (\S+) was preloaded/.exec(message.text())?.[1] ?? "";
      if (!this.isExpected(message.text(), url) && !forScripts(message.text(), preloaded)) {
        this.found.push(`console ${message.type()} on ${message.page()?.url() ?? "?"}: ${message.text()} (${url})`);
      }
    });
    context.on("weberror", (error) => {
      if (this.applicationMayFail && /WebAssembly|dynamically imported module|\.wasm|\/pkg\//.test(`${error.error().message} ${error.error().stack ?? ""}`)) return;
      const { name, message, stack } = error.error();
      // Chromium's own word for a soft change of pages that the next page cut short; it comes even where no script can catch it.
      if (/^(AbortError|InvalidStateError)$/.test(name) && /\btransition\b/i.test(message)) return;
      this.found.push(`uncaught on ${error.page()?.url() ?? "?"}: ${name}: ${message} ${stack ?? ""}`);
    });
    context.on("requestfailed", (request) => {
      const reason = request.failure()?.errorText ?? "?";
      // Aborted is the browser's word for what it gave up itself because its page was left.
      if (this.applicationMayFail && /\/pkg\//.test(request.url())) return;
      if (reason !== "net::ERR_ABORTED" && !forScripts(reason, request.url())) this.found.push(`failed: ${request.method()} ${request.url()}: ${reason}`);
    });
  }

  /** Announces that something whose path matches is answered with this status. */
  expectStatus(status: number, path: RegExp): void {
    this.expected.push({ status, path });
  }

  /** Announces that the application's script or WASM does not arrive, or does not start. */
  expectFailedApplication(): void {
    this.applicationMayFail = true;
  }

  /** Announces that directives of the content security policy are violated, and waits until each has been. */
  async expectViolations(directives: string[], provoke: () => Promise<void>): Promise<void> {
    for (const directive of directives) this.announced.add(directive);
    await provoke();
    await expect.poll(() => [...new Set(this.violations.map(({ directive }) => directive))].sort()).toEqual([...directives].sort());
  }

  /** Fails if something was not announced. */
  check(): void {
    const unannounced = this.violations.filter(({ directive }) => !this.announced.has(directive));
    expect(unannounced, "violations of the content security policy").toEqual([]);
    expect(this.found, "what the browser complained about").toEqual([]);
  }

  private isExpected(text: string, url: string): boolean {
    const status = /^Failed to load resource: the server responded with a status of (\d{3})/.exec(text)?.[1];
    if (status === undefined) return false;
    const { pathname, search } = new URL(url);
    return this.expected.some((one) => one.status === Number(status) && one.path.test(pathname + search));
  }
}
