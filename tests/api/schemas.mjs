/**
 * Compiles every schema of the API document with Ajv: see docs/api.md.
 *
 * JSON Schema 2020-12 recommends to read patterns with the flag `u`; many validators leave it out. So each schema has to compile both ways.
 */

import { readFileSync } from "node:fs";

import Ajv2020 from "ajv/dist/2020.js";
import addFormats from "ajv-formats";

const DOCUMENT = "functions/service/openapi/openapi.json";
const NAME = "https://holdfast.test/openapi.json";
const document = JSON.parse(readFileSync(DOCUMENT, "utf8"));

/** The JSON pointers, as fragments, of all schemas that no other schema holds. */
function* schemas(value, pointer) {
  for (const [name, child] of Object.entries(value ?? {})) {
    const below = `${pointer}/${encodeURIComponent(name.replaceAll("~", "~0").replaceAll("/", "~1"))}`;
    if (name === "schema" || pointer === "#/components/schemas") {
      yield below;
    } else if (typeof child === "object") {
      yield* schemas(child, below);
    }
  }
}

/** Compiles everything in one way; returns how many schemas there are and what does not compile. */
function compile(unicodeRegExp) {
  const ajv = new Ajv2020({ strict: false, unicodeRegExp });
  addFormats(ajv);
  ajv.addSchema(document, NAME);
  const pointers = [...schemas(document, "#")];
  const failures = pointers.flatMap((pointer) => {
    try {
      ajv.compile({ $ref: NAME + pointer });
      return [];
    } catch (error) {
      return [`${pointer}, ${unicodeRegExp ? "with" : "without"} the flag u: ${error.message}`];
    }
  });
  return { count: pointers.length, failures };
}

const [withFlag, without] = [compile(true), compile(false)];
const failures = [...withFlag.failures, ...without.failures];
for (const failure of failures) {
  console.error(failure);
}
if (failures.length > 0 || withFlag.count < 500) {
  console.error(`${failures.length} of the API document's ${withFlag.count} schemas do not compile.`);
  process.exitCode = 1;
}
