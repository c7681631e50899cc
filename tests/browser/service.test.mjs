// What a browser makes of the API's own root: JSON, and nothing that it would run.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch } from "./chromium.mjs";

let browser;

before(async () => {
  browser = await launch();
});

after(() => browser?.close());

test("the root says in a browser that the service is up", async () => {
  const page = await browser.newPage();
  const answer = await page.goto(`${process.env.API_URL}/`);
  assert.equal(answer.status(), 200);
  assert.match(answer.headers()["content-type"], /^application\/json/);
  assert.equal((await answer.json()).status, "ok");
});
