// A visit of a page by a browser that notices whatever should not happen.

import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { API, OPERATOR } from "./stack.mjs";

const AXE = readFileSync(new URL("./node_modules/axe-core/axe.min.js", import.meta.url), "utf8");
const PICTURES = fileURLToPath(new URL("../../target/ops-pictures/", import.meta.url));

/** Opens the page at `path`. `expected` are statuses of answers that are no defect, since the test asks for them. */
export async function visit(browser, { path = "ops", expected = [], ...options } = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, locale: "en-GB", timezoneId: "Europe/Moscow", ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  const wrong = [];
  await page.exposeBinding("reportViolation", (_, directive) => wrong.push(`CSP: ${directive}`));
  await page.addInitScript(() => {
    document.addEventListener("securitypolicyviolation", (event) => window.reportViolation(`${event.violatedDirective} ${event.blockedURI}`));
  });
  page.on("pageerror", (error) => wrong.push(`error: ${error.message}`));
  page.on("console", (message) => {
    // What an answer's status is worth is judged below.
    if (["error", "warning"].includes(message.type()) && !message.text().startsWith("Failed to load resource")) wrong.push(`console: ${message.text()}`);
  });
  page.on("request", (request) => {
    const here = request.url().startsWith(`${API}/`) || request.url().startsWith("data:");
    if (!here) wrong.push(`elsewhere: ${request.url()}`);
  });
  page.on("requestfailed", (request) => {
    // What is asked for when the page is left is given up, and nobody misses it.
    if (request.failure()?.errorText !== "net::ERR_ABORTED") wrong.push(`failed: ${request.url()} ${request.failure()?.errorText}`);
  });
  page.on("response", (response) => {
    if (response.status() >= 400 && !expected.includes(response.status())) wrong.push(`${response.status()} ${response.url()}`);
  });
  await page.goto(`${API}/${path}`);
  return Object.assign(page, {
    /** Ends the visit; nothing may have gone wrong in it. */
    async leave() {
      await context.close();
      assert.deepEqual(wrong, []);
    },
  });
}

/** Signs in by the form. */
export async function signIn(page, { email, password } = OPERATOR) {
  await page.getByLabel("Email or phone").fill(email);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
}

/** The cookie of the session, which the browser shows to tests and not to scripts; undefined when there is none. */
export async function sessionCookie(page) {
  return (await page.context().cookies()).find((cookie) => cookie.name === "__Secure-holdfast-ops");
}

/** Opens a view by the navigation and waits for its heading. */
export async function open(page, view) {
  await page.getByRole("navigation", { name: "Views" }).getByRole("link", { name: view, exact: true }).click();
  await heading(page, view);
}

/** Waits until the heading says `text`. */
export function heading(page, text) {
  return page.getByRole("heading", { level: 1, name: text, exact: true }).waitFor();
}

/** Finds nothing that keeps people out, by the rules of WCAG 2.2 AA and of good practice. */
export async function isAccessible(page) {
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(() => window.axe.run(document));
  const told = violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => `${node.html} ${node.failureSummary}`).join("; ")}`);
  assert.deepEqual(told, [], page.url());
}

/** Keeps a picture for people to look at. */
export async function picture(page, name) {
  mkdirSync(PICTURES, { recursive: true });
  await page.screenshot({ path: `${PICTURES}${name}.png`, fullPage: true });
}
