/**
 * Reads events with the official JavaScript SDK of CloudEvents: see docs/events.md.
 *
 * Each argument is a file with a list of events as text, as a consumer got them. `cloud_events.py` reads them in Python.
 */

import assert from "node:assert";
import { readFileSync } from "node:fs";
import { basename } from "node:path";

import { CloudEvent, HTTP } from "cloudevents";

const STRUCTURED = { "content-type": "application/cloudevents+json" };

/** Reads one event as a message of HTTP and as an object; a refusal and a member that is lost are failures. */
function read(text) {
  const told = JSON.parse(text);
  const event = HTTP.toEvent({ headers: STRUCTURED, body: text });
  assert(event.validate(), text);
  for (const [name, value] of Object.entries(told)) {
    assert.deepStrictEqual(JSON.parse(JSON.stringify(event[name])), value, `${name}: ${text}`);
  }
  assert(new CloudEvent(told, true).validate(), text);
}

for (const file of process.argv.slice(2)) {
  const events = JSON.parse(readFileSync(file, "utf8"));
  events.forEach(read);
  console.log(`  the SDK in JavaScript read ${events.length} events of ${basename(file, ".json")}`);
}
