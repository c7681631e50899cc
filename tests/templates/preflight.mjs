// Holds transformed CloudFormation templates against the deploy-time rules of cdk-preflight, offline:
//   node preflight.mjs <settings.json> <template.json>...
// Prints the findings as JSON; `stack.lint` says which of them count.
//
// The package is made for apps of the CDK, where its rules run in the validation engine that aws-cdk-lib brings. Both are published separately and
// neither needs the CDK: the rules are plain Rego text, the engine takes a template's file.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename } from 'node:path';

const require = createRequire(import.meta.url);
const engine = require('@aws/cloudformation-validate');
const { BUNDLED_LIBS, BUNDLED_RULES } = require('cdk-preflight/lib/rules.generated.js');

const HEADER = 'package cdk_preflight\n\nimport rego.v1\n';

/** The rules that have something to say about these templates: compiling all of them takes longer than running the ones that matter. */
function relevant(templates) {
  const types = new Set(templates.flatMap(({ content }) => Object.values(content.Resources ?? {}).map(({ Type }) => Type)));
  return BUNDLED_RULES.filter(({ resourceTypes: wanted }) => !wanted.length || wanted.some((type) => type === '*' || types.has(type)));
}

/** One module a service. All rules share one package, so what is a module matters to the compiler's speed only. */
function modules(rules, region) {
  const bodies = new Map();
  for (const { service, rego } of rules) {
    bodies.set(service, [...(bodies.get(service) ?? []), rego.replace(/^(?:package|import)\s.*\n/gm, '')]);
  }
  return [
    ...BUNDLED_LIBS.map(({ name, rego }) => ({ name, content: rego })),
    { name: 'environment', content: `${HEADER}\ndeploy_region := ${JSON.stringify(region)}\n` },
    ...[...bodies].map(([service, parts]) => ({ name: `service_${service}`, content: HEADER + parts.join('\n') })),
  ];
}

/** The findings of one template, as `stack.lint` reads them. */
function findings(validator, { path, content }, { region, parameters }) {
  const given = Object.entries(parameters).filter(([name]) => name in (content.Parameters ?? {}));
  const options = { disableBuiltinRules: true, pseudoParameterOverrides: { region }, parameterOverrides: Object.fromEntries(given) };
  return validator.validateDetailed(new engine.TemplateFile(path), options).diagnostics.map(
    ({ ruleId, severity, message, entity, propertyPath }) =>
      ({ template: basename(path), rule: ruleId, severity, where: [entity?.logicalId, propertyPath].filter(Boolean).join('.'), message }));
}

const [settingsFile, ...paths] = process.argv.slice(2);
if (!paths.length) {
  console.error('usage: node preflight.mjs <settings.json> <template.json>...');
  process.exit(2);
}
const settings = JSON.parse(readFileSync(settingsFile, 'utf8'));
const templates = paths.map((path) => ({ path, content: JSON.parse(readFileSync(path, 'utf8')) }));
const rules = relevant(templates);
const validator = new engine.RegoEngine({ customRules: modules(rules, settings.region) });
console.log(JSON.stringify({
  rules: BUNDLED_RULES.length,
  relevant: rules.length,
  findings: templates.flatMap((template) => findings(validator, template, settings)),
}));
